"""Contracts and clients: the same commands beside a running server and without one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from lastschrift.cli.root import lastschrift
from tests.cli.installations import command, make_production, refusal, told_json
from tests.serving import RunningServer, running

SCOPES = [
    "https://scope.secucard.com/e/api",
    "pay:payment-methods:create",
    "pay:payment-methods:create:sepa",
    "pay:payment-methods:read",
    "pay:payment-methods-per-user:read:one",
    "pay:payment-methods:patch",
    "pay:payment-methods:delete",
    "pay:payment-tokens:read",
]
NOBODY = "0193b7a4-3c1e-7d5a-9f00-5a3c8d2e4b61"


@pytest.fixture(params=["beside a server", "without one"])
def directory(request: pytest.FixtureRequest, production: Path) -> Iterator[Path]:
    """Return an installation, once served and once not."""
    if request.param == "without one":
        yield production
        return
    with running("serve", production, [], {}):
        yield production


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    installation = make_production(tmp_path_factory.mktemp("served") / "a")
    with running("serve", installation, [], {}) as started:
        yield started


def create_contract(directory: Path, name: str = "Stadtwerke Beispiel") -> str:
    contract: str = told_json(directory, "contract", "create", name)["id"]
    return contract


def create_client(directory: Path, contract: str, *options: str) -> Any:  # noqa: ANN401  # what JSON says
    wanted = ("--contract", contract, "--name", "Shop", *options)
    return told_json(directory, "client", "create", *wanted)


def test_contracts_and_clients_are_made_listed_and_revoked(directory: Path) -> None:
    contract = told_json(directory, "contract", "create", "Stadtwerke Beispiel")
    assert list(contract) == ["id", "name"]
    assert contract["name"] == "Stadtwerke Beispiel"
    (listed,) = told_json(directory, "contract", "list")
    assert (listed["id"], listed["name"]) == (contract["id"], contract["name"])

    client = create_client(directory, contract["id"])
    assert list(client) == ["client_id", "client_secret", "scopes"]
    assert re.fullmatch(r"[0-9a-f]{32}", client["client_id"])
    assert re.fullmatch(r"[0-9a-f]{64}", client["client_secret"])
    assert client["scopes"] == SCOPES

    renewed = told_json(directory, "client", "rotate-secret", client["client_id"])
    assert renewed["client_id"] == client["client_id"]
    assert renewed["client_secret"] != client["client_secret"]

    told_json(directory, "client", "revoke", client["client_id"])
    (listed,) = told_json(directory, "client", "list")
    assert (listed["client_id"], listed["contract"]) == (client["client_id"], contract["id"])
    assert listed["revoked"] is not None
    assert "client_secret" not in listed


def test_what_is_unknown_is_told(directory: Path) -> None:
    assert refusal(directory, "client", "create", "--contract", NOBODY, "--name", "Shop") == (
        "there is no contract of this id; `lastschrift contract list` shows all"
    )
    assert refusal(directory, "client", "revoke", NOBODY) == (
        "there is no client of this id; `lastschrift client list` shows all"
    )


def test_without_json_one_line_is_one_thing(server: RunningServer) -> None:
    data = ("--data", str(server.directory))
    contract = command("contract", "create", "Müller & Söhne", *data).stdout
    assert re.fullmatch(r"[0-9a-f-]{36}\n", contract)
    listed = command("contract", "list", *data).stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed if "Müller" in line] == [
        [contract.strip(), "Müller & Söhne"]
    ]
    created = command("client", "create", "--contract", contract.strip(), "--name", "Shop", *data)
    assert re.fullmatch(
        r"client_id      [0-9a-f]{32}\nclient_secret  [0-9a-f]{64}\nscopes         .*\n",
        created.stdout,
    )


def test_a_client_is_given_the_scopes_that_are_named(server: RunningServer) -> None:
    contract = create_contract(server.directory)
    named = ("--scope", SCOPES[3], "--scope", SCOPES[1], "--scope", SCOPES[3])
    assert create_client(server.directory, contract, *named)["scopes"] == [SCOPES[3], SCOPES[1]]


def test_a_client_may_be_made_to_manage_what_it_registers(server: RunningServer) -> None:
    contract = create_contract(server.directory)
    managing = create_client(server.directory, contract, "--manages")["client_id"]
    other = create_client(server.directory, contract)["client_id"]
    clients = {each["client_id"]: each for each in told_json(server.directory, "client", "list")}
    assert (clients[managing]["manages"], clients[other]["manages"]) == (True, False)


def test_a_contract_s_id_may_be_given_without_dashes(server: RunningServer) -> None:
    contract = create_contract(server.directory)
    create_client(server.directory, contract.replace("-", ""))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["client", "create", "--name", "A", "--contract", "1"], "an id is a UUID"),
        (["client", "revoke", "hello"], "an id is a UUID"),
        (["client", "create", "--contract", NOBODY, "--name", ""], "a name has 1 to 140"),
        (["client", "create", "--contract", NOBODY], "Missing option '--name'"),
        (["contract", "create", "a\x07b"], "a name has 1 to 140"),
        (["contract", "create", "x" * 141], "a name has 1 to 140"),
        (["contract", "create", "\udcff"], "a name has 1 to 140"),
        (["contract"], "Usage: lastschrift contract"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(arguments: list[str], told: str) -> None:
    ended = CliRunner().invoke(lastschrift, arguments, prog_name="lastschrift")
    assert ended.exit_code == 2
    assert told in ended.stderr


def test_an_unknown_scope_is_told_with_the_known_ones() -> None:
    wanted = ["--contract", NOBODY, "--name", "Shop", "--scope", "everything"]
    ended = CliRunner().invoke(lastschrift, ["client", "create", *wanted])
    assert ended.exit_code == 2
    assert all(scope in ended.stderr for scope in SCOPES)


def test_a_directory_that_is_no_installation_is_told(tmp_path: Path) -> None:
    told = refusal(tmp_path / "a", "contract", "list")
    assert told == f"{tmp_path}/a/lastschrift.toml is missing; lastschrift init makes one"
    assert not (tmp_path / "a").exists()


# --- how fast it counts on a running server that the command goes through ------------------------


def ask_token(server: RunningServer, client: dict[str, str]) -> httpx2.Response:
    credentials = {name: client[name] for name in ("client_id", "client_secret")}
    return httpx2.post(
        f"{server.url}/oauth/token", data={"grant_type": "client_credentials", **credentials}
    )


def list_customers(server: RunningServer, token: str) -> int:
    return httpx2.get(
        f"{server.url}/api/v2/Payment/Customers", headers={"Authorization": f"Bearer {token}"}
    ).status_code


def test_a_revoked_client_and_its_tokens_are_refused_at_once(server: RunningServer) -> None:
    client = create_client(server.directory, create_contract(server.directory))
    token = ask_token(server, client).json()["access_token"]
    assert list_customers(server, token) == 200
    told_json(server.directory, "client", "revoke", client["client_id"])
    assert list_customers(server, token) == 403
    assert ask_token(server, client).json()["error"] == "invalid_client"


def test_a_rotated_secret_counts_at_once(server: RunningServer) -> None:
    client = create_client(server.directory, create_contract(server.directory))
    renewed = told_json(server.directory, "client", "rotate-secret", client["client_id"])
    assert ask_token(server, client).status_code == 400
    assert ask_token(server, renewed).status_code == 200


def test_a_client_without_identity_has_no_payer(server: RunningServer) -> None:
    contract = create_contract(server.directory)
    client = create_client(server.directory, contract, "--no-identity", "--scope", SCOPES[3])
    token = ask_token(server, client).json()["access_token"]
    answer = httpx2.get(
        f"{server.url}/pay/2024-1/payment-methods", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 401
    assert "missing-linked-identity" in answer.text
