"""Keys listed, turned and retired by command, beside a running server and without one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lastschrift.admin.key_verbs import KEYS_BEGIN, KEYS_RESEAL, Announced, ResealFrom
from lastschrift.admin.verb import Verb
from lastschrift.cli.resealing import rotate_data_keys
from lastschrift.operations.ports import KEYS_KNOWN_AFTER, KEYS_REMEMBERED_FOR
from lastschrift.operations.reseal import Place, Resealed
from tests.cli.installations import command, make_production, refusal, told_json
from tests.serving import running

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONTRACT = UUID(int=1)


@pytest.fixture(params=["beside a server", "without one"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return an installation with two contracts, once served and once not."""
    production = tmp_path / "a"
    make_production(production)
    for name in ("Example Inc.", "Stadtwerke Beispiel"):
        told_json(production, "contract", "create", name)
    if request.param == "without one":
        yield production
        return
    with running("serve", production, [], {}):
        yield production


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock that a rotation waits by stand at the time waited for."""
    monkeypatch.setattr("lastschrift.cli.turning.wait_until", lambda _instant: None)


def listed(directory: Path, purpose: str) -> set[tuple[int, int]]:
    """Return the versions of a key and of its master key that all contracts have."""
    found = told_json(directory, "keys", "list")
    return {(key["version"], key["master_version"]) for key in found if key["purpose"] == purpose}


def done(directory: Path, *arguments: str) -> str:
    ended = command("keys", *arguments, "--data", str(directory))
    assert ended.code == 0, ended
    return ended.stdout


def test_the_master_key_is_turned_and_its_old_version_retired(directory: Path) -> None:
    assert listed(directory, "data") == listed(directory, "fingerprint") == {(1, 1)}
    told = done(directory, "rotate", "master")
    assert told == "4 keys of 2 contracts are locked by master key 2\n"
    assert listed(directory, "data") == listed(directory, "fingerprint") == {(1, 2)}
    told = done(directory, "retire", "--yes", "--despite-backups")
    assert told == (
        "0 old data keys are forgotten\n"
        "0 old fingerprint keys are forgotten\n"
        "1 old versions of the master key are forgotten\n"
    )
    assert command("doctor", "--data", str(directory)).code == 0
    keys = (directory / "master.key").read_text().splitlines()
    assert [line[:2] for line in keys if not line.startswith("#")] == ["2:"]


def test_a_rotation_of_the_master_key_that_broke_off_goes_on(directory: Path) -> None:
    from lastschrift.vault.master_key import add_master_version  # noqa: PLC0415  # what it did

    add_master_version(directory / "master.key")
    assert "locked by master key 2" in done(directory, "rotate", "master")


def test_data_keys_are_turned_and_the_old_ones_stay_until_they_are_settled(
    directory: Path,
) -> None:
    assert "of 2 contracts were encrypted anew" in done(directory, "rotate", "data")
    assert listed(directory, "data") == {(1, 1), (2, 1)}
    told = refusal(directory, "keys", "retire", "--yes")
    assert "the old key may be in use still" in told
    done(directory, "rotate", "data")
    assert listed(directory, "data") == {(1, 1), (2, 1)}


def test_nothing_is_retired_without_a_yes(directory: Path) -> None:
    ended = command("keys", "retire", "--data", str(directory))
    assert ended.code == 1
    assert listed(directory, "data") == {(1, 1)}


def test_one_contract_alone_can_be_turned(directory: Path) -> None:
    contract = told_json(directory, "contract", "list")[0]["id"]
    done(directory, "rotate", "data", "--contract", contract)
    found = told_json(directory, "keys", "list")
    turned = {key["contract"] for key in found if key["version"] == 2}
    assert turned == {contract}


def test_a_contract_that_there_is_not_is_told(directory: Path) -> None:
    told = refusal(directory, "keys", "rotate", "data", "--contract", str(UUID(int=404)))
    assert "there is no contract of this id" in told


# --- the order of things --------------------------------------------------------------------------


class Desk:
    """Tells what it was asked and what was waited for; some rows are stragglers."""

    def __init__(self, stragglers: int) -> None:
        self.log: list[object] = []
        self._passes = [500, stragglers, 0]

    def ask(self, verb: Verb[Any, Any], arguments: Any) -> Any:  # noqa: ANN401  # as the verb says
        if verb is KEYS_BEGIN:
            self.log.append(("begin", arguments.announced_for_s))
            return Announced(version=2, active_from=NOW, rows=1_000)
        assert verb is KEYS_RESEAL
        assert isinstance(arguments, ResealFrom)
        if arguments.place == Place():
            return Resealed(rows=500, resealed=0, place=Place(UUID(int=7)))
        self.log.append("pass")
        return Resealed(rows=500, resealed=self._passes.pop(0), place=None)

    def wait(self, instant: datetime) -> None:
        self.log.append(instant - NOW)


@pytest.mark.parametrize("has_other_servers", [False, True])
def test_rows_are_gone_through_until_nobody_can_have_the_old_key(has_other_servers: bool) -> None:
    desk, told = Desk(stragglers=3), list[tuple[int, int]]()
    resealed = rotate_data_keys(
        desk.ask,
        [CONTRACT],
        has_other_servers=has_other_servers,
        progress=lambda _work, _table, rows, total: told.append((rows, total)),
        wait=desk.wait,
    )
    announced_for_s = 15 if has_other_servers else 0
    assert desk.log == [
        ("begin", announced_for_s),
        timedelta(0),
        "pass",
        KEYS_KNOWN_AFTER,
        "pass",
        "pass",
    ]
    assert resealed == 503
    assert told[0] == (0, 1_000)
    assert told[-1] == (1_000, 1_000)


def test_keys_are_announced_for_longer_than_they_are_remembered() -> None:
    assert KEYS_KNOWN_AFTER > KEYS_REMEMBERED_FOR


def test_a_version_of_the_master_key_is_kept_for_as_long_as_backups_may_need_it(
    directory: Path,
) -> None:
    done(directory, "rotate", "master")
    told = done(directory, "retire", "--yes")
    assert "versions kept for backups of the last 90 days: 1" in told
    assert "0 old versions of the master key are forgotten" in told
    noted = directory / "master-versions.json"
    (since,) = json.loads(noted.read_text()).values()
    long_ago = datetime.fromisoformat(since) - timedelta(days=90)
    noted.write_text(json.dumps({"1": long_ago.isoformat()}))
    assert "1 old versions of the master key are forgotten" in done(directory, "retire", "--yes")


def test_where_it_is_not_known_since_when_a_version_is_unused_it_is_kept(directory: Path) -> None:
    done(directory, "rotate", "master")
    (directory / "master-versions.json").unlink()
    assert "versions kept for backups" in done(directory, "retire", "--yes")
