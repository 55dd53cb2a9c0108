"""Looking into the audit trail by commands, beside a running server or without one."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lastschrift.settings import PostgresDatabase, Settings
from lastschrift.system import who_commands
from tests.cli.accounts import ACCOUNTS, register_some
from tests.cli.installations import change_database, command, make_production, told_json
from tests.postgres import execute
from tests.serving import running


@pytest.fixture
def filled(production: Path) -> Path:
    """Return an installation with accounts in it, on each engine in turn."""
    register_some(production)
    return production


def listed(directory: Path, *filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told_json(directory, "audit", "list", *filters)
    return found


def spoil(directory: Path, statement: str) -> None:
    """Change the trail past its triggers."""
    database = Settings.load(directory, {}).database
    if isinstance(database, PostgresDatabase):
        replica = "SET LOCAL session_replication_role = replica"
        execute(database.url, f"DO $$ BEGIN {replica}; {statement}; END $$")
    else:
        drop = "DROP TRIGGER audit_entry_stays; DROP TRIGGER audit_entry_stays_as_it_is"
        change_database(directory, f"{drop}; {statement}")


# --- verify ---------------------------------------------------------------------------------------


def test_a_trail_that_nobody_changed_holds(filled: Path) -> None:
    told = command("audit", "verify", "--data", str(filled))
    assert told.code == 0
    assert told.stdout.endswith(" 0 anchors: 0 faults\n")
    assert "verifying audit_entry: " in told.stderr


def test_what_was_changed_is_named(filled: Path) -> None:
    spoil(filled, "UPDATE audit_entry SET source = 'elsewhere' WHERE action = 'client.created'")
    told = command("audit", "verify", "--json", "--data", str(filled))
    assert told.code == 1
    (fault,) = json.loads(told.stdout)["faults"]
    (entry,) = listed(filled, "--action", "client.created")
    assert (fault["contract"], fault["writer"]) == (entry["contract"], entry["writer"])
    assert fault["first"] <= entry["sequence"] <= fault["last"]
    assert "was changed" in fault["fact"] or "were changed" in fault["fact"]
    text = command("audit", "verify", "--data", str(filled))
    assert (text.code, f"\t{fault['writer']}\t" in text.stdout) == (1, True)


def test_an_anchor_tells_that_the_end_is_gone(filled: Path, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.txt"
    told = command("audit", "anchor", str(anchors), "--data", str(filled))
    assert (told.code, told.stdout) == (0, f"1 anchors were added to {anchors}\n")
    assert command("audit", "anchor", "--data", str(filled)).stdout == anchors.read_text()
    spoil(filled, "DELETE FROM audit_entry WHERE action = 'bank_account.registered'")
    assert command("audit", "verify", "--data", str(filled)).code == 0
    told = command("audit", "verify", "--anchor", str(anchors), "--data", str(filled))
    assert told.code == 1
    assert "the rest is gone" in told.stdout


def test_a_trail_goes_on_in_a_restored_backup(tmp_path: Path) -> None:
    there, backup, anchors = make_production(tmp_path / "a"), tmp_path / "b", tmp_path / "anchors"
    register_some(there)
    assert command("audit", "anchor", str(anchors), "--data", str(there)).code == 0
    assert command("backup", str(backup), "--data", str(there)).code == 0
    told_json(there, "restore", str(backup), "--force")
    told_json(there, "contract", "create", "Afterwards")
    told = command("audit", "verify", "--anchor", str(anchors), "--data", str(there))
    assert (told.code, told.stdout.endswith(" 1 anchors: 0 faults\n")) == (0, True)


def test_an_anchor_tells_what_a_restored_backup_lacks(tmp_path: Path) -> None:
    there, backup, anchors = make_production(tmp_path / "a"), tmp_path / "b", tmp_path / "anchors"
    assert command("backup", str(backup), "--data", str(there)).code == 0
    register_some(there)
    assert command("audit", "anchor", str(anchors), "--data", str(there)).code == 0
    told_json(there, "restore", str(backup), "--force")
    assert command("audit", "verify", "--data", str(there)).code == 0
    assert command("audit", "verify", "--anchor", str(anchors), "--data", str(there)).code == 1


def test_a_file_without_an_anchor_is_no_anchor(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    told = command("audit", "verify", "--anchor", str(tmp_path / "empty"), "--data", str(filled))
    assert told.code == 1
    assert "there is no anchor" in told.stderr


def test_a_server_s_log_is_an_anchor(tmp_path: Path) -> None:
    directory, log = make_production(tmp_path / "a"), tmp_path / "log"
    with running("serve", directory, [], {}) as server:
        created = command("contract", "create", "Example", "--data", str(directory))
        assert created.code == 0, created.stderr
        assert command("audit", "verify", "--data", str(directory)).code == 0
        server.stop()
        log.write_text(server.log.read_text())
    told = told_json(directory, "audit", "verify", "--anchor", str(log))
    assert (told["entries"], told["anchors"], told["faults_total"]) == (1, 1, 0)


# --- list -----------------------------------------------------------------------------------------


def test_all_that_was_done_is_listed_the_newest_first(filled: Path) -> None:
    found = listed(filled)
    actions = [entry["action"] for entry in found]
    assert actions[-2:] == ["client.created", "contract.created"]
    assert actions.count("bank_account.registered") == ACCOUNTS
    assert [entry["at"] for entry in found] == sorted((e["at"] for e in found), reverse=True)
    assert {entry["source"] for entry in found} == {who_commands(os.getpid(), os.getuid())}


def test_who_commands_is_a_user_and_a_machine() -> None:
    no_process, no_user, machine = 2**22 + 1, 4_000_000_000, os.uname().nodename
    assert who_commands(no_process, no_user) == f"{no_user}@{machine}"
    assert who_commands(no_process, 0) == f"root@{machine}"


def test_entries_are_found_by_each_filter(filled: Path) -> None:
    every = listed(filled)
    newest, one = every[0], every[3]
    assert listed(filled, "--count", "1") == [newest]
    assert listed(filled, "--object", one["subjects"][0]) == [one]
    assert listed(filled, "--client", newest["client"], "--count", "1") == [newest]
    for named in ("contract", "action", "source"):
        some = listed(filled, f"--{named}", newest[named])
        assert some == [entry for entry in every if entry[named] == newest[named]]
    nobody = "00000000-0000-7000-8000-000000000000"
    for named in ("contract", "client", "debtor", "object"):
        assert listed(filled, f"--{named}", nobody) == []
    assert listed(filled, "--since", one["at"]) == [e for e in every if e["at"] >= one["at"]]
    assert listed(filled, "--until", one["at"]) == [e for e in every if e["at"] < one["at"]]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert listed(filled, "--since", tomorrow) == []


def test_entries_are_a_table_for_people(filled: Path) -> None:
    told = command("audit", "list", "--count", "1", "--data", str(filled))
    (line,) = told.stdout.splitlines()
    assert line.split("\t")[1] == "bank_account.registered"


@pytest.mark.parametrize(
    ("option", "text"), [("--since", "yesterday"), ("--object", "PCT_1"), ("--object", "x")]
)
def test_what_is_no_instant_and_no_id_is_refused(filled: Path, option: str, text: str) -> None:
    told = command("audit", "list", option, text, "--data", str(filled))
    assert told.code != 0
    assert "Error" in told.stderr
