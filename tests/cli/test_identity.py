"""Linked identities by command: beside a running server and without one."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from lastschrift.apis.secuconnect.ids import customer_id
from lastschrift.cli.root import lastschrift
from lastschrift.domain.identity import DebtorId
from lastschrift.settings import CONFIG_FILE, Settings
from tests.cli.installations import command, make_production, refusal, told_json
from tests.serving import running

ISSUER = "https://id.example.org/realms/fuel"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "identity-providers.md"
NOBODY = "0193b7a4-3c1e-7d5a-9f00-5a3c8d2e4b61"


@pytest.fixture(params=["beside a server", "without one"])
def directory(request: pytest.FixtureRequest, production: Path) -> Iterator[Path]:
    """Return an installation, once served and once not."""
    if request.param == "without one":
        yield production
        return
    with running("serve", production, [], {}):
        yield production


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return an installation without a server."""
    return make_production(tmp_path / "a")


def create_contract(directory: Path, *options: str) -> str:
    contract: str = told_json(directory, "contract", "create", "Fuel", *options)["id"]
    return contract


def test_users_are_linked_listed_and_unlinked(directory: Path) -> None:
    contract = create_contract(directory)
    first = told_json(directory, "identity", "link", ISSUER, "jon.smith")
    assert list(first) == ["contract", "issuer", "subject", "debtor", "kind"]
    assert (first["contract"], first["issuer"], first["kind"]) == (contract, ISSUER, "user")
    assert told_json(directory, "identity", "link", ISSUER, "jon.smith") == first

    debtor = ("--debtor", first["debtor"])
    second = told_json(directory, "identity", "link", ISSUER, "4711", *debtor)
    assert second["debtor"] == first["debtor"]

    listed = told_json(directory, "identity", "list")
    assert listed["total"] == 2
    assert [one["subject"] for one in listed["users"]] == ["4711", "jon.smith"]
    told_json(directory, "identity", "unlink", ISSUER, "jon.smith")
    assert told_json(directory, "identity", "list")["total"] == 1


def test_what_cannot_be_linked_is_told(directory: Path) -> None:
    create_contract(directory)
    told_json(directory, "identity", "link", ISSUER, "jon.smith")
    other = told_json(directory, "identity", "link", ISSUER, "jane.doe")["debtor"]
    link = ("identity", "link", ISSUER, "jon.smith")
    assert refusal(directory, *link, "--debtor", other) == (
        "this user is linked to another payer; unlink it first"
    )
    assert refusal(directory, "identity", "link", ISSUER, "x", "--debtor", NOBODY) == (
        "this contract has no such payer, or it is deleted"
    )
    assert refusal(directory, "identity", "link", ISSUER, "x", "--contract", NOBODY) == (
        "there is no contract of this id; `lastschrift contract list` shows all"
    )
    assert refusal(directory, "identity", "link", ISSUER, "x", "--customer", "PCU_1") == (
        "PCU_1 is no customer's id; one begins with PCU_"
    )
    assert refusal(directory, "identity", "unlink", ISSUER, "nobody") == (
        "this user is linked to nobody; `lastschrift identity list` shows who is"
    )


def test_a_contract_says_how_its_users_are_linked(directory: Path) -> None:
    first = create_contract(directory)
    second = create_contract(directory, "--identities", "by-command")
    assert linking(directory) == {first: "first_use", second: "by_command"}
    told_json(directory, "contract", "change", first, "--identities", "by-command")
    told_json(directory, "contract", "change", second, "--identities", "first-use")
    assert linking(directory) == {first: "by_command", second: "first_use"}


def linking(directory: Path) -> dict[str, str]:
    contracts = told_json(directory, "contract", "list")
    return {contract["id"]: contract["identities"] for contract in contracts}


def test_of_several_contracts_one_must_be_named(alone: Path) -> None:
    told = refusal(alone, "identity", "list")
    assert told.startswith("there are 0 contracts: name one with --contract")
    first, _ = create_contract(alone), create_contract(alone)
    told = refusal(alone, "identity", "link", ISSUER, "jon.smith")
    assert told.startswith("there are 2 contracts: name one with --contract")
    told_json(alone, "identity", "link", ISSUER, "jon.smith", "--contract", first)
    listed = told_json(alone, "identity", "list", "--contract", first, "--count", "1")
    assert listed["total"] == 1


def test_without_json_one_line_is_one_thing(alone: Path) -> None:
    contract = create_contract(alone)
    data = ("--data", str(alone))
    debtor = command("identity", "link", ISSUER, "jon.smith", *data).stdout.strip()
    (line,) = command("identity", "list", *data).stdout.splitlines()
    assert line.split("\t")[:4] == [ISSUER, "jon.smith", debtor, "user"]
    unlinked = command("identity", "unlink", ISSUER, "jon.smith", *data)
    assert unlinked.stdout == "jon.smith is unlinked\n"
    changed = command("contract", "change", contract, "--identities", "by-command", *data)
    assert changed.stdout == f"{contract} links identities by-command\n"
    assert command("contract", "list", *data).stdout.endswith("\tby-command\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["link", ISSUER], "Missing argument 'SUBJECT'"),
        (["link", ISSUER, ""], "a subject has 1 to 255"),
        (["link", ISSUER, "x" * 256], "a subject has 1 to 255"),
        (["link", "", "jon"], "an issuer has 1 to 1024"),
        (["link", "a\x07b", "jon"], "an issuer has 1 to 1024"),
        (["link", ISSUER, "jon", "--debtor", "1"], "an id is a UUID"),
        (["link", ISSUER, "jon", "--debtor", NOBODY, "--customer", "PCU_1"], "leave one out"),
        (["list", "--count", "0"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(arguments: list[str], told: str) -> None:
    ended = CliRunner().invoke(lastschrift, ["identity", *arguments], prog_name="lastschrift")
    assert ended.exit_code == 2
    assert told in ended.stderr


# --- the guide ------------------------------------------------------------------------------------


def blocks(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return "".join(found).replace("\\\n", "")


def test_the_guide_s_commands_do_what_it_says(alone: Path) -> None:
    values = {"/var/lib/lastschrift": str(alone)}
    for line in blocks("sh").splitlines():
        program, *words = re.findall(r'"[^"]*"|\S+', line)
        if program != "lastschrift":
            continue
        if "$CUSTOMER" in words:
            payer = told_json(alone, "identity", "link", ISSUER, "payer")["debtor"]
            values["$CUSTOMER"] = customer_id(DebtorId(UUID(payer)))
        ended = command(*[values.get(word, word).strip('"') for word in words])
        assert ended.code == 0, ended.stderr
        if words[:2] == ["contract", "create"]:
            values["$CONTRACT"] = ended.stdout.strip()
    (contract,) = told_json(alone, "contract", "list")
    assert contract["identities"] == "by_command"
    listed = told_json(alone, "identity", "list")["users"]
    assert [one["subject"] for one in listed] == ["4711", "payer"]


def test_the_guide_s_settings_may_be_set(alone: Path) -> None:
    with (alone / CONFIG_FILE).open("a") as config:
        config.write(blocks("toml"))
    (one,) = Settings.load(alone, {}).identity_provider or ()
    assert one.issuer == ISSUER
