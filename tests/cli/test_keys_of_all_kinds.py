"""`lastschrift keys rotate` without a name, and fingerprint keys; the clockwork stands still here.

What takes its time is tried in tests/turning, and second by second in tests/operations.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lastschrift.admin.key_verbs import (
    KEYS_BEGIN,
    KEYS_COMPLETE,
    KEYS_RENEW,
    Announced,
    KeyTold,
    RenewFrom,
)
from lastschrift.admin.verb import Verb
from lastschrift.cli.renewing import drop_old_fingerprints, rotate_fingerprint_keys
from lastschrift.operations.ports import KEYS_KNOWN_AFTER, KEYS_SETTLED_AFTER, KeyPurpose
from lastschrift.operations.renew_fingerprints import Renewed
from tests.cli.accounts import ACCOUNTS, register_some
from tests.cli.installations import Ended, command, lent_production, told_json
from tests.databases import ENGINES

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONTRACT = UUID(int=1)
WAITS = (
    "lastschrift.operations.complete_fingerprint_rotation.KEYS_SETTLED_AFTER",
    "lastschrift.operations.retire_data_keys.KEYS_SETTLED_AFTER",
    "lastschrift.operations.retire_fingerprint_keys.KEYS_SETTLED_AFTER",
    "lastschrift.operations.retire_fingerprint_keys.KEYS_KNOWN_AFTER",
    "lastschrift.vault.fingerprint.KEYS_KNOWN_AFTER",
    "lastschrift.cli.renewing.KEYS_KNOWN_AFTER",
    "lastschrift.cli.resealing.KEYS_KNOWN_AFTER",
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be waited for: no server runs beside these commands."""
    monkeypatch.setattr("lastschrift.cli.turning.wait_until", lambda _instant: None)
    for name in WAITS:
        monkeypatch.setattr(name, timedelta(0))


@pytest.fixture(params=ENGINES)
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    with lent_production(request.param, tmp_path / "a") as production:
        register_some(production)
        yield production


def keys(directory: Path, *arguments: str, **variables: str) -> str:
    ended = told(directory, *arguments, **variables)
    assert ended.code == 0, ended
    return ended.stdout


def told(directory: Path, *arguments: str, **variables: str) -> Ended:
    return command("keys", *arguments, "--data", str(directory), **variables)


def versions(directory: Path) -> set[tuple[str, int, int]]:
    found = told_json(directory, "keys", "list")
    return {(key["purpose"], key["version"], key["master_version"]) for key in found}


def check_all_is_well(directory: Path) -> None:
    deep = command("doctor", "--deep", "--data", str(directory))
    assert f"{ACCOUNTS} open and have their fingerprints" in deep.stdout, deep


# --- all of them ----------------------------------------------------------------------------------


def rotate_all(directory: Path) -> str:
    """Turn all keys; where other servers may be, the file is copied to them in between."""
    said = keys(directory, "rotate")
    if "Copy the file to each of them" in said:
        assert "Run `lastschrift keys rotate` again" in said
        said = keys(directory, "rotate")
    return said


def test_all_keys_are_turned_the_master_key_first(directory: Path) -> None:
    assert rotate_all(directory).splitlines() == [
        "2 keys of 1 contracts are locked by master key 2",
        f"{ACCOUNTS} rows of 1 contracts were encrypted anew",
        f"{ACCOUNTS} accounts of 1 contracts were fingerprinted anew",
        "`lastschrift keys retire` forgets the old keys, two minutes from now or later",
    ]
    kinds = ("data", "fingerprint")
    assert versions(directory) == {(kind, version, 2) for kind in kinds for version in (1, 2)}
    check_all_is_well(directory)
    assert keys(directory, "retire", "--yes", "--despite-backups").splitlines()[:3] == [
        "1 old data keys are forgotten",
        "1 old fingerprint keys are forgotten",
        "1 old versions of the master key are forgotten",
    ]
    assert versions(directory) == {("data", 2, 2), ("fingerprint", 2, 2)}
    check_all_is_well(directory)


@pytest.mark.parametrize("broken_off_after", ["master", "data", "fingerprint"])
def test_what_broke_off_goes_on(directory: Path, broken_off_after: str) -> None:
    for name in ("master", "data", "fingerprint"):
        keys(directory, "rotate", name)
        if name == "master" and all(version[2] == 1 for version in versions(directory)):
            keys(directory, "rotate", name)
        if name == broken_off_after:
            break
    rotate_all(directory)
    found = versions(directory)
    assert {(kind, version) for kind, version, _ in found} == {
        (kind, version) for kind in ("data", "fingerprint") for version in (1, 2)
    }
    assert len({master for *_, master in found}) == 1
    check_all_is_well(directory)


def test_keys_that_are_being_turned_are_listed_so(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_instant: datetime) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lastschrift.cli.turning.wait_until", break_off)
    told(directory, "rotate", "fingerprint")
    assert "not yet: is being turned" in keys(directory, "list")
    check_all_is_well(directory)


# --- a master key that is no file of ours ---------------------------------------------------------


@pytest.mark.parametrize("source", ["variable", "command"])
def test_a_master_key_from_elsewhere_is_turned_through_a_file(
    directory: Path, tmp_path: Path, source: str
) -> None:
    kept, following = tmp_path / "kept elsewhere", tmp_path / "next.key"
    (directory / "master.key").rename(kept)

    def variables() -> dict[str, str]:
        if source == "variable":
            return {"LASTSCHRIFT_MASTER_KEY": kept.read_text()}
        return {"LASTSCHRIFT_MASTER_KEY_COMMAND": f"cat '{kept}'"}

    refused = told(directory, "rotate", "master", **variables())
    assert refused.code == 2
    assert "name a file for its next version: --new-key-file FILE" in refused.stderr
    asked = ("rotate", "master", "--new-key-file", str(following))
    said = keys(directory, *asked, **variables())
    assert f"{following} holds the master key, version 2 added" in said
    assert following.read_text().splitlines()[-1] not in said
    following.rename(kept)
    assert keys(directory, *asked, **variables()) == (
        "2 keys of 1 contracts are locked by master key 2\n"
    )
    assert not following.exists()
    retired = keys(directory, "retire", "--yes", "--despite-backups", **variables())
    last = retired.splitlines()[-1]
    assert last.startswith(f"versions to take out of the {source}")
    assert last.endswith(": 1")
    opened = command("doctor", "--data", str(directory), **variables())
    assert f"ok\tmaster key\tthe {source} " in opened.stdout


def test_a_command_that_fails_is_told_in_one_line(directory: Path) -> None:
    variables = {"LASTSCHRIFT_MASTER_KEY_COMMAND": "cat /nowhere/master.key"}
    ended = command("contract", "create", "x", "--data", str(directory), **variables)
    assert ended.code == 1
    assert "the command cat: ended with 1: cat: /nowhere/master.key: No such" in ended.stderr


# --- the order of things --------------------------------------------------------------------------


class Desk:
    """Tells what it was asked and what was waited for; some rows are stragglers."""

    def __init__(self, complete_from: datetime | None = None) -> None:
        self.log: list[object] = []
        self._complete_from = complete_from
        self._passes = [500, 3, 0]

    def ask(self, verb: Verb[Any, Any], arguments: Any) -> Any:  # noqa: ANN401  # as the verb says
        if verb is KEYS_BEGIN:
            self.log.append(("begin", arguments.purpose, arguments.announced_for_s))
            return Announced(
                version=2, active_from=NOW, rows=1_000, complete_from=self._complete_from
            )
        if verb is KEYS_COMPLETE:
            self.log.append("complete")
            return None
        assert verb is KEYS_RENEW
        assert isinstance(arguments, RenewFrom)
        if arguments.after is None:
            return Renewed(rows=500, renewed=0, after=UUID(int=7))
        self.log.append(("pass", arguments.versions))
        return Renewed(rows=500, renewed=self._passes.pop(0), after=None)

    def wait(self, instant: datetime) -> None:
        self.log.append(instant - NOW)


@pytest.mark.parametrize("has_other_servers", [False, True])
def test_accounts_are_gone_through_until_none_can_lack_a_fingerprint(
    has_other_servers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lastschrift.cli.renewing.KEYS_KNOWN_AFTER", KEYS_KNOWN_AFTER)
    desk, told = Desk(), list[tuple[int, int]]()
    renewed = rotate_fingerprint_keys(
        desk.ask,
        [CONTRACT],
        has_other_servers=has_other_servers,
        progress=lambda _work, _table, rows, total: told.append((rows, total)),
        wait=desk.wait,
    )
    assert desk.log == [
        ("begin", KeyPurpose.FINGERPRINT, 15 if has_other_servers else 0),
        timedelta(0),
        ("pass", (1, 2)),
        KEYS_SETTLED_AFTER,
        ("pass", (1, 2)),
        ("pass", (1, 2)),
        "complete",
    ]
    assert renewed == 503
    assert (told[0], told[-1]) == ((0, 1_000), (1_000, 1_000))


def test_what_is_complete_is_not_gone_through_again() -> None:
    desk = Desk(complete_from=NOW)
    assert (
        rotate_fingerprint_keys(
            desk.ask, [CONTRACT], has_other_servers=False, progress=lambda *_: None, wait=desk.wait
        )
        == 0
    )
    assert len(desk.log) == 1


def key(version: int, complete_from: datetime | None, purpose: str = "fingerprint") -> KeyTold:
    return KeyTold(
        contract=CONTRACT,
        purpose=purpose,
        version=version,
        master_version=1,
        active_from=NOW,
        complete_from=complete_from,
    )


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        ([key(1, NOW)], []),
        ([key(1, NOW), key(2, None)], []),
        ([key(1, NOW), key(2, NOW)], [("pass", (2,))] * 3),
        ([key(1, NOW), key(1, None, "data"), key(2, None, "data")], []),
    ],
)
def test_old_fingerprints_are_dropped_where_nobody_needs_them(
    found: list[KeyTold], passes: list[object]
) -> None:
    desk = Desk()
    drop_old_fingerprints(desk.ask, found, lambda *_: None)
    assert desk.log == passes
