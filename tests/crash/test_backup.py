"""Backups made while clients register: each, restored, holds all that they had been told before."""

import asyncio
import json
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from lastschrift.apis.secuconnect.ids import container_id, customer_id
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.opening import all_keys
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.sqlite.connection import open_for_reading
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.vault.keyring import KeyVault
from lastschrift.vault.master_key import load_master_key
from tests.cli.installations import command, told_json
from tests.crash.clients import Told, ibans, register_until_killed
from tests.databases import ENGINES, keeping_on
from tests.promises import control, promise, rounds
from tests.serving import RunningServer, running_sandbox

BACKUPS = rounds(ci=10, soak=50)
COPIES = 10
LOOKS = 5
DEEP = ("structure", "rows", "account numbers", "references", "audit trail")
BETWEEN_S_MAX = 0.1
WAIT_S = 30


@dataclass(frozen=True, slots=True)
class Kept:
    """What a database holds: IBANs by the ids of both wires; registrations in the audit trail."""

    containers: dict[str, tuple[str, str]]
    methods: dict[str, str]
    audited: Counter[UUID]


@contextmanager
def registering(server: RunningServer) -> Iterator[Told]:
    """Let clients register until the block ends, and give what they are told."""
    told = Told()

    def register() -> None:
        with suppress(httpx2.TransportError):
            asyncio.run(register_until_killed(server.url, told, ibans(seed=23), []))

    clients = threading.Thread(target=register)
    clients.start()
    try:
        await_more(told, 0)
        yield told
    finally:
        server.kill()
        clients.join()


def await_more(told: Told, before: int) -> None:
    """Wait until clients have been told more than before."""
    deadline = time.monotonic() + WAIT_S
    while len(told.containers) <= before or not told.methods:
        assert time.monotonic() < deadline, "the clients register nothing"
        time.sleep(0.005)


# --- what is in a database ------------------------------------------------------------------------


def kept_in(database: Path, master_key: Path) -> Kept:
    """Open every account number that a database holds, and read who registered what.

    Raises: DatabaseRefused.
    """
    vault = KeyVault(load_master_key(master_key))
    keys = {
        contract: vault.unlock(contract, wrapped)
        for contract, wrapped in SqliteInstallation(database).read(all_keys).items()
    }
    kept = Kept({}, {}, Counter())
    with closing(open_for_reading(database)) as file:
        for contract, key, debtor, sealed, kind in file.execute(_ACCOUNTS):
            account = AccountId(UUID(bytes=key))
            iban = keys[ContractId(UUID(bytes=contract))].open_iban(account, sealed).reveal()
            if kind == "customer":
                customer = customer_id(DebtorId(UUID(bytes=debtor)))
                kept.containers[container_id(account)] = customer, iban
            else:
                kept.methods[str(account)] = iban
            kept.audited[account] += 0
        kept.audited.update(UUID(bytes=subject) for (subject,) in file.execute(_REGISTRATIONS))
    return kept


_ACCOUNTS = """
SELECT a.contract_id, a.id, a.debtor_id, a.iban_sealed, d.kind
FROM bank_account a JOIN debtor d ON d.contract_id = a.contract_id AND d.id = a.debtor_id
"""
_REGISTRATIONS = "SELECT subject_id FROM audit_entry WHERE action = 'bank_account.registered'"


def check_kept(before: Told, kept: Kept) -> None:
    """Let a database pass that has all that was told before it was written, and no half of more."""
    lost = {key for key, told in before.containers.items() if kept.containers.get(key) != told}
    lost |= {key for key, iban in before.methods.items() if kept.methods.get(key) != iban}
    assert not lost, f"{len(lost)} acknowledged registrations are lost"
    doubled = {told: n for told, n in Counter(kept.containers.values()).items() if n > 1}
    assert not doubled, "a customer has an IBAN twice"
    half = {account for account, entries in kept.audited.items() if entries != 1}
    assert not half, f"{len(half)} accounts or audit entries stand alone"


# --- under load -----------------------------------------------------------------------------------


@promise("backups-restore")
def test_each_backup_under_load_restores_to_all_that_was_told_before(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with running_sandbox(tmp_path / "data") as server, registering(server) as told:
        taken = [back_up(told, tmp_path, number) for number in range(BACKUPS)]
    for number, (before, after) in enumerate(taken):
        restored = restore(tmp_path, number)
        kept = kept_in(restored / "lastschrift.db", restored / "master.key")
        check_kept(before, kept)
        assert len(kept.containers) <= after + 16, "it has more than was ever asked for"
        shutil.rmtree(restored)
    first, last = taken[0][0], taken[-1][0]
    assert len(last.containers) > len(first.containers) + BACKUPS, "there was hardly any load"
    figure(
        f"{BACKUPS} backups, the first of {len(first.containers):,} and the last of "
        f"{len(last.containers):,} acknowledged containers: 0 lost, 0 doubled"
    )


def back_up(told: Told, directory: Path, number: int) -> tuple[Told, int]:
    """Make a backup at some moment; return what had been told by then, and how much after."""
    time.sleep(random.uniform(0, BETWEEN_S_MAX))
    before = told.so_far()
    ended = command("backup", str(directory / f"{number}"), "--data", str(directory / "data"))
    assert ended.code == 0, ended.stderr
    return before, len(told.containers)


def restore(directory: Path, number: int) -> Path:
    """Restore a backup into a directory of its own, which the doctor finds nothing wrong with."""
    restored = directory / f"restored-{number}"
    key = ("--master-key-file", str(directory / "data" / "master.key"))
    told_json(restored, "restore", str(directory / f"{number}"), *key)
    findings = told_json(restored, "doctor", "--deep")
    assert {finding["state"] for finding in findings} == {"ok"}, findings
    return restored


@pytest.mark.parametrize("engine", ENGINES)
def test_the_doctor_s_close_look_raises_no_false_alarm_under_load(
    tmp_path: Path, engine: str
) -> None:
    data = tmp_path / "data"
    with (
        keeping_on(engine) as options,
        running_sandbox(data, *options) as server,
        registering(server) as told,
    ):
        for _ in range(LOOKS):
            before = len(told.containers)
            ended = command("doctor", "--deep", "--json", "--data", str(data))
            found = {each["subject"]: each for each in json.loads(ended.stdout)}
            assert [found[subject] for subject in DEEP if found[subject]["state"] != "ok"] == []
            await_more(told, before)


# --- that the checks find what is wrong -----------------------------------------------------------


@control("backups-restore")
def test_a_file_copied_instead_lacks_what_was_told(tmp_path: Path) -> None:
    """The log is not copied with it, or not of the same moment: no copy of a file is a backup."""
    data = tmp_path / "data"
    copies: list[tuple[Told, Path]] = []
    with running_sandbox(data) as server, registering(server) as told:
        for number in range(COPIES):
            await_more(told, len(told.containers))
            before, copy = told.so_far(), tmp_path / f"copy{number}.db"
            shutil.copyfile(data / "lastschrift.db", copy)
            copies.append((before, copy))
    assert any(lacks(copy, data / "master.key", before) for before, copy in copies)


def lacks(database: Path, master_key: Path, before: Told) -> bool:
    """Whether a database is no good, or has not all that was told before it was copied."""
    try:
        check_kept(before, kept_in(database, master_key))
    except (AssertionError, DatabaseRefused):
        return True
    return False


ACCOUNT = UUID(int=1)
TOLD = Told(containers={"PCT_1": ("PCU_1", "DE1")}, methods={"a": "DE2"})
WHOLE = Kept(dict(TOLD.containers), dict(TOLD.methods), Counter([ACCOUNT]))


@pytest.mark.parametrize(
    "spoiled",
    [
        Kept({}, WHOLE.methods, WHOLE.audited),
        Kept(WHOLE.containers, {}, WHOLE.audited),
        Kept({"PCT_1": ("PCU_1", "DE3")}, WHOLE.methods, WHOLE.audited),
        Kept({**WHOLE.containers, "PCT_2": ("PCU_1", "DE1")}, WHOLE.methods, WHOLE.audited),
        Kept(WHOLE.containers, WHOLE.methods, Counter({ACCOUNT: 0})),
        Kept(WHOLE.containers, WHOLE.methods, Counter({ACCOUNT: 2})),
    ],
)
def test_the_check_finds_what_is_lost_doubled_or_half(spoiled: Kept) -> None:
    check_kept(TOLD, WHOLE)
    with pytest.raises(AssertionError):
        check_kept(TOLD, spoiled)
