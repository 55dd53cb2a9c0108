"""Payers told of and erased by command, beside a running server and on each engine."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import apsw
import httpx2
import pytest

from lastschrift.apis.secuconnect.ids import container_id, customer_id
from lastschrift.cli import purging
from tests.cli.installations import command, make_production, refusal, told_json
from tests.retention.canaries import Canary, let_into
from tests.serving import running


@dataclass(frozen=True, slots=True)
class Place:
    """An installation, and one payer among those that it knows."""

    directory: Path
    canary: Canary

    @property
    def whose(self) -> tuple[str, ...]:
        """The options that say whose payers are meant."""
        return "--contract", str(self.canary.contract)

    @property
    def customer(self) -> str:
        return customer_id(self.canary.debtor)


@pytest.fixture
def place(production: Path) -> Place:
    """Return an installation on each engine, with some payers."""
    (canary,) = let_into(production, 5, 1)
    return Place(production, canary)


# --- told -----------------------------------------------------------------------------------------


def test_all_that_is_held_is_told_with_full_ibans(place: Place) -> None:
    told = told_by(place, "debtor", "export", place.customer)
    assert told["id"] == str(place.canary.debtor)
    assert told["contact"]["email"].endswith("@canary.example")
    assert [account["iban"] for account in told["accounts"]] == [place.canary.iban.reveal()]
    assert [user["issuer"] for user in told["users"]] == ["https://id.example.org"]
    actions = [entry["action"] for entry in told["audit_trail"]]
    assert actions[0] == "debtor.registered"
    assert actions[-1] == "debtor.exported"
    assert {"bank_account.registered", "user.linked"} <= set(actions)


def told_by(place: Place, *arguments: str) -> Any:  # noqa: ANN401  # what JSON says
    ended = command(*arguments, *place.whose, "--data", str(place.directory))
    assert ended.code == 0, ended.stderr
    return json.loads(ended.stdout)


def test_it_is_written_into_a_new_file_for_its_owner_only(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "payer.json"
    arguments = ("debtor", "export", str(place.canary.debtor), "--out", str(file), *place.whose)
    assert command(*arguments, "--data", str(place.directory)).stdout == ""
    assert file.stat().st_mode & 0o777 == 0o600
    assert place.canary.iban.reveal() in file.read_text()
    again = command(*arguments, "--data", str(place.directory))
    assert (again.code, again.stderr.strip()) == (1, f"Error: {file}: File exists")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (str(UUID(int=4711)), "this contract has no such payer, or it is deleted"),
        ("PCU_123", "PCU_123 is no customer's id; one begins with PCU_"),
    ],
)
def test_who_is_not_there_is_told(place: Place, key: str, told: str) -> None:
    for verb in (("export",), ("erase", "--yes")):
        assert refusal(place.directory, "debtor", *verb, key, *place.whose) == told


# --- erased ---------------------------------------------------------------------------------------


def test_who_is_erased_is_known_no_more(place: Place) -> None:
    erase = ("debtor", "erase", place.customer, "--yes", *place.whose)
    told = told_json(place.directory, *erase)
    assert told["erased"] == {"debtors": 1, "accounts": 1, "restricted": 0}
    assert told["purged"] is True
    held = told_by(place, "debtor", "export", place.customer)
    assert (held["contact"], held["accounts"], held["users"]) == ({}, [], [])
    assert held["erased"] is not None
    log = (place.directory / "erasures.log").read_text()
    assert log.split()[1:] == ["debtor", str(place.canary.contract), str(place.canary.debtor)]
    assert (place.directory / "erasures.log").stat().st_mode & 0o777 == 0o600
    found = command("doctor", "--deep", "--json", "--data", str(place.directory)).stdout
    state_by_subject = {each["subject"]: each["state"] for each in json.loads(found)}
    for subject in ("erasures", "account numbers", "references", "audit trail"):
        assert state_by_subject[subject] == "ok"


def test_what_law_wants_kept_is_kept_until_its_day(place: Place) -> None:
    erase = ("debtor", "erase", place.customer, "--yes", "--last-collection", "2026-03-05")
    ended = command(*erase, *place.whose, "--data", str(place.directory))
    assert "restricted  1 accounts, until 2035-01-01" in ended.stdout
    held = told_by(place, "debtor", "export", place.customer)
    (account,) = held["accounts"]
    assert account["restricted_until"] == "2035-01-01T00:00:00Z"
    assert told_json(place.directory, "retention", "run")["erased"]["accounts"] == 0


def test_nobody_is_erased_without_a_yes(place: Place) -> None:
    ended = command("debtor", "erase", place.customer, *place.whose, "--data", str(place.directory))
    assert ended.code == 1
    assert not (place.directory / "erasures.log").exists()


def test_one_account_is_erased_by_its_id(place: Place) -> None:
    key = container_id(place.canary.account)
    told = told_json(place.directory, "account", "erase", key, "--yes", *place.whose)
    assert told == {"account": str(place.canary.account), "purged": True}
    assert told_by(place, "debtor", "export", place.customer)["accounts"] == []
    nobody = refusal(place.directory, "account", "erase", str(UUID(int=1)), "--yes", *place.whose)
    assert nobody == "this contract has no such bank account"


def test_where_the_log_can_t_be_written_nobody_is_erased(place: Place) -> None:
    (place.directory / "erasures.log").mkdir()
    told = refusal(place.directory, "debtor", "erase", place.customer, "--yes", *place.whose)
    assert told.startswith("the erasure log can't be written or read, so nothing was erased")
    assert told_by(place, "debtor", "export", place.customer)["erased"] is None


# --- an older database ----------------------------------------------------------------------------


@contextmanager
def an_older_database(place: Place) -> Iterator[None]:
    """Erase a payer by the log only, as if the database had been put back since."""
    log = place.directory / "erasures.log"
    told_json(place.directory, "debtor", "erase", place.customer, "--yes", *place.whose)
    lines = log.read_text()
    log.unlink()
    (other,) = let_into(place.directory, 1, 1)
    later = lines.replace(str(place.canary.debtor), str(other.debtor))
    log.write_text(lines + later.replace(str(place.canary.contract), str(other.contract)))
    yield


def test_the_doctor_tells_of_erasures_that_the_database_does_not_know(place: Place) -> None:
    with an_older_database(place):
        found = doctor(place.directory)
        assert found["state"] == "wrong"
        assert found["text"].startswith("1 of 2 in ")
        told = told_json(place.directory, "debtor", "replay-erasures")
        assert told["erased"] == {"debtors": 1, "accounts": 1, "restricted": 0}
        assert doctor(place.directory)["state"] == "ok"


def doctor(directory: Path) -> dict[str, str]:
    """Return what the doctor finds of erasures."""
    ended = command("doctor", "--json", "--data", str(directory))
    findings: list[dict[str, str]] = json.loads(ended.stdout)
    return next(finding for finding in findings if finding["subject"] == "erasures")


def test_a_server_erases_them_before_it_answers(place: Place) -> None:
    with an_older_database(place), running("serve", place.directory, [], {}) as server:
        assert httpx2.get(f"{server.url}/readyz").status_code == 200
        assert doctor(place.directory)["state"] == "ok"
        assert b"erased again" in server.log.read_bytes()


def test_a_server_does_not_begin_without_the_log_that_it_should_read(place: Place) -> None:
    (place.directory / "erasures.log").mkdir()
    told = command("serve", "--data", str(place.directory))
    assert told.code == 1
    assert "look at the setting erasure_log" in told.stderr


# --- files that are purged ------------------------------------------------------------------------


def test_tables_are_written_anew_on_postgresql_only(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    told = refusal(directory, "retention", "run", "--rewrite-tables")
    assert told.endswith("is purged as it is: leave out --rewrite-tables")


def test_who_reads_for_long_holds_purging_up_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_PATIENCE_S", 0.0)
    directory = make_production(tmp_path / "a")
    (canary,) = let_into(directory, 3, 1)
    place = Place(directory, canary)
    erase = ("debtor", "erase", place.customer, "--yes", *place.whose, "--data", str(directory))
    with (
        running("serve", directory, [], {}),
        closing(apsw.Connection(str(directory / "lastschrift.db"))) as reading,
    ):
        reading.execute("BEGIN; SELECT * FROM contract")
        ended = command(*erase)
    assert ended.code == 0
    assert "the database's files hold it still" in ended.stderr
    assert "files are not purged of the last ones yet" in doctor(directory)["text"]
    told_json(directory, "retention", "run")
    assert doctor(directory)["text"].endswith("all known")


def test_what_is_told_is_in_no_log(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    (canary,) = let_into(directory, 3, 1)
    with running("serve", directory, [], {"LASTSCHRIFT_LOG_LEVEL": "debug"}) as server:
        told_by(Place(directory, canary), "debtor", "export", str(canary.debtor))
        assert canary.iban.reveal().encode() not in server.log.read_bytes()
