"""Who is erased is gone: from rows, free pages, the log, and old backups that are put back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from lastschrift.opening import with_ports
from lastschrift.operations.erase_debtor import EraseDebtor, erase_debtor
from lastschrift.operations.export_debtor import export_debtor
from lastschrift.operations.ports import Ports, PurgeStep, SealedBankAccount
from lastschrift.operations.purge import purge
from lastschrift.settings import Settings
from lastschrift.storage.sqlite import connection
from lastschrift.storage.sqlite.store import SqliteStore
from tests.cli.installations import command, make_production, told_json
from tests.postgres import execute, running_postgres
from tests.promises import control, promise, rounds
from tests.retention.canaries import Canary, files_below, let_into, traces_of
from tests.serving import running

LAST_COLLECTION = "2026-11-20"
PRAGMAS = connection._WRITE_PRAGMAS


def sizes() -> tuple[int, int]:
    """Return how many payers there are, and how many of them are erased."""
    return rounds(ci=600, soak=2_000), rounds(ci=10, soak=100)


def erase(directory: Path, canary: Canary, *options: str) -> None:
    told = told_json(
        directory,
        *("debtor", "erase", str(canary.debtor), "--yes"),
        *("--contract", str(canary.contract), *options),
    )
    assert told["purged"] is True
    assert told["erased"]["debtors"] == 1


# --- on SQLite ------------------------------------------------------------------------------------


@promise("erased")
def test_on_sqlite_nothing_is_left_of_whom_a_running_server_erased(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    directory = make_production(tmp_path / "a")
    payers, many = sizes()
    canaries = let_into(directory, payers, many)
    old = tmp_path / "old.backup"
    told_json(directory, "backup", str(old))
    assert traces_of(canaries, list(files_below(directory))) == {"lastschrift.db": many}
    kept, *gone = canaries
    with running("serve", directory, [], {}):
        for canary in gone:
            erase(directory, canary)
        erase(directory, kept, "--last-collection", LAST_COLLECTION)
        assert traces_of(gone, list(files_below(tmp_path))) == {}
    assert traces_of(gone, list(files_below(tmp_path))) == {}
    assert_kept(directory, kept)
    restored = restore(tmp_path, directory, old)
    assert traces_of(gone, list(files_below(tmp_path))) == {}
    assert_kept(restored, kept)
    findings = told_json(restored, "doctor", "--deep")
    assert {finding["state"] for finding in findings} == {"ok"}
    figure(f"SQLite: {len(gone)} of {payers:,} payers erased: 0 traces; 1 kept for its period")


def restore(tmp_path: Path, directory: Path, old: Path, *options: str) -> Path:
    """Put an old backup back, on a machine that has the copies of key and erasure log."""
    restored = tmp_path / "restored"
    key = ("--master-key-file", str(directory / "master.key"))
    told_json(restored, "restore", str(old), *key, *options)
    return restored


def assert_kept(directory: Path, kept: Canary) -> None:
    """What law wants kept is there, and shown to nobody; all else of the payer is gone."""
    settings = Settings.load(directory, {})
    held = asyncio.run(
        with_ports(settings, lambda ports: export_debtor(ports, kept.contract, kept.debtor))
    )
    (account,) = held.accounts
    assert account.revealed.iban == kept.iban
    assert account.restricted_until is not None
    assert (held.debtor.contact.email, list(held.users)) == (None, [])
    assert asyncio.run(with_ports(settings, lambda ports: _shown(ports, kept))) is None


async def _shown(ports: Ports, kept: Canary) -> SealedBankAccount | None:
    return await ports.store.read(
        lambda reader: reader.readable_bank_account(kept.contract, kept.account)
    )


async def leave(_store: SqliteStore, _step: int) -> PurgeStep:
    """Purge nothing."""
    return PurgeStep(following=None, done=1, total=1)


@control("erased")
def test_what_is_not_overwritten_when_it_is_deleted_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = [pragma.replace("secure_delete = ON", "secure_delete = OFF") for pragma in PRAGMAS]
    assert careless != list(PRAGMAS)
    monkeypatch.setattr(connection, "_WRITE_PRAGMAS", careless)
    monkeypatch.setattr(SqliteStore, "purge", leave)
    directory = make_production(tmp_path / "a")
    canaries = let_into(directory, 200, 20)
    for canary in canaries:
        erase(directory, canary)
    assert traces_of(canaries, [directory / "lastschrift.db"])


@control("erased")
def test_what_stays_in_the_log_without_purging_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def erase_all(ports: Ports) -> dict[str, int]:
        for canary in canaries:
            await erase_debtor(
                ports, EraseDebtor(contract_id=canary.contract, debtor_id=canary.debtor)
            )
        await purge(ports)
        return traces_of(canaries, list(files_below(directory)))

    monkeypatch.setattr(SqliteStore, "purge", leave)
    directory = make_production(tmp_path / "a")
    canaries = let_into(directory, 20, 4)
    found = asyncio.run(with_ports(Settings.load(directory, {}), erase_all))
    assert found["lastschrift.db-wal"] == 4


@control("erased")
def test_an_old_backup_without_the_erasure_log_brings_them_back(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    canaries = let_into(directory, 20, 4)
    old = tmp_path / "old.backup"
    told_json(directory, "backup", str(old))
    for canary in canaries:
        erase(directory, canary)
    (directory / "erasures.log").unlink()
    restored = restore(tmp_path, directory, old)
    assert traces_of(canaries, list(files_below(restored))) == {"lastschrift.db": 4}


# --- on PostgreSQL --------------------------------------------------------------------------------


@promise("erased")
def test_on_postgresql_nothing_is_left_once_tables_and_log_are_written_anew(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    payers, many = sizes()
    with running_postgres(is_forgetful=True, wal_recycle="off", min_wal_size="32MB") as server:
        directory = tmp_path / "a"
        url = server.create_database()
        assert command("init", "--data", str(directory), "--database", url).code == 0
        canaries = let_into(directory, payers, many)
        execute(url, "ANALYZE")
        execute(url, "CHECKPOINT")
        data = server.directory / "data"
        assert max(traces_of(canaries, list(files_below(data))).values()) == many
        kept, *gone = canaries
        for canary in gone:
            erase(directory, canary)
        erase(directory, kept, "--last-collection", LAST_COLLECTION)
        execute(url, "CHECKPOINT")
        in_pages = traces_of(gone, list(files_below(data / "base")))
        told_json(directory, "retention", "run", "--rewrite-tables")
        for _ in range(2):
            execute(url, "SELECT pg_switch_wal()")
            execute(url, "CHECKPOINT")
        assert traces_of(gone, list(files_below(data))) == {}
        assert_kept(directory, kept)
    figure(
        f"PostgreSQL: {len(gone)} of {payers:,} payers erased: "
        f"{max(in_pages.values(), default=0)} in pages' gaps after VACUUM, 0 after a rewrite"
    )
