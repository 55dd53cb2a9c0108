"""Looking closely at an installation, for ``doctor --deep``: storage and vault meet here.

Each examination returns what there is to say where nothing is wrong, and raises CannotDo where
something is.
"""

# ruff: noqa: PLC0415  # a command waits for no room that it does not enter (`lastschrift.main`)

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from lastschrift.cli.house import CannotDo
from lastschrift.opening import all_keys, installation_of, master_key_source, told

if TYPE_CHECKING:
    from lastschrift.domain.identity import ContractId
    from lastschrift.settings import Settings
    from lastschrift.storage.examining import KeptNumber, NumbersExamined
    from lastschrift.vault.keyring import ContractKeyRing

Progress = Callable[[str, str, int, int], None]

_NEWEST_BACKUP = "go back to the newest backup that is in order"


def examinations(settings: Settings, progress: Progress) -> Sequence[tuple[str, Callable[[], str]]]:
    """Return all of them, each under what it looks at."""
    return (
        ("structure", partial(_structure, settings)),
        ("rows", partial(_rows, settings)),
        ("account numbers", partial(_account_numbers, settings, progress)),
        ("references", partial(_references, settings)),
        ("audit trail", partial(_audit_trail, settings, progress)),
    )


def _structure(settings: Settings) -> str:
    """Have the engine look at its own order."""
    with told():
        return installation_of(settings).check_structure()


def _rows(settings: Settings) -> str:
    """Count the rows of every table."""
    from lastschrift.storage.examining import count_rows

    with told():
        counts = asyncio.run(count_rows(installation_of(settings)))
    return ", ".join(f"{table} {rows:,}" for table, rows in counts)


def _account_numbers(settings: Settings, progress: Progress) -> str:
    """Open every account number, and hold it against what stands beside it."""
    from lastschrift.storage.examining import examine_numbers
    from lastschrift.vault.envelope import KeyVersionUnknown

    def examined() -> NumbersExamined:
        rings = _rings(settings)
        judge = partial(why_unfit, rings)
        return asyncio.run(examine_numbers(installation_of(settings), judge, progress))

    with told():
        found = examined()
        if any(fact == KeyVersionUnknown.__name__ for _, fact in found.unfit):
            found = examined()  # A key may have been turned since the keys were read.
    if found.unfit:
        first, fact = found.unfit[0]
        raise CannotDo(
            f"{len(found.unfit):,} of {found.fit + len(found.unfit):,} are not what they should "
            f"be, the first is account {first.account} of contract {first.contract} ({fact}); "
            f"{_NEWEST_BACKUP}"
        )
    return f"{found.fit:,} open and have their fingerprints, {found.erased:,} are erased"


def _rings(settings: Settings) -> Mapping[ContractId, ContractKeyRing]:
    """Return the keys of every contract, unlocked."""
    from lastschrift.vault.keyring import KeyVault

    vault = KeyVault(master_key_source(settings).load())
    keys_by_contract = installation_of(settings).read(all_keys)
    return {contract: vault.unlock(contract, keys) for contract, keys in keys_by_contract.items()}


def why_unfit(rings: Mapping[ContractId, ContractKeyRing], number: KeptNumber) -> str | None:
    """Return what is wrong with an account number; None if nothing is."""
    from lastschrift.operations.ports import Fingerprints
    from lastschrift.vault.envelope import CannotOpen

    keys = rings.get(number.contract)
    if keys is None or number.sealed is None:
        return None  # The contract has come since its keys were read; or nothing is left to open.
    try:
        iban = keys.open_iban(number.account, number.sealed)
    except CannotOpen as fact:
        return type(fact).__name__
    if not keys.are_fingerprints_of(
        iban, Fingerprints(odd=number.fingerprint, even=number.fingerprint_even)
    ):
        return "FingerprintDiffers"
    if (number.country, number.last_four) not in ((None, None), (iban.country, iban.last_four)):
        return "ShownPartDiffers"
    return None


def _references(settings: Settings) -> str:
    """Look for rows that name what is not there."""
    from lastschrift.storage.examining import find_orphans
    from lastschrift.storage.tables import REFERENCES

    with told():
        orphans = asyncio.run(find_orphans(installation_of(settings)))
    if orphans:
        texts = (f"{rows:,} of {each.table} to {each.target}" for each, rows in orphans)
        raise CannotDo(f"some lead nowhere: {', '.join(texts)}; {_NEWEST_BACKUP}")
    return f"all lead somewhere, of {len(REFERENCES)} kinds"


def _audit_trail(settings: Settings, progress: Progress) -> str:
    """Hold the audit trail against its chains, and look whether it tells of every registration."""
    from lastschrift.storage.examining import count_unaccounted
    from lastschrift.storage.verifying import verify_trail

    with told():
        trail = asyncio.run(verify_trail(installation_of(settings), (), progress))
        unaccounted = asyncio.run(count_unaccounted(installation_of(settings)))
    if trail.faults:
        first = trail.faults[0]
        raise CannotDo(
            f"{trail.faults_total:,} blocks do not hold, the first is that of entry {first.last} "
            f"by writer {first.writer} in contract {first.contract}; lastschrift audit verify "
            "tells of all"
        )
    if unaccounted:
        raise CannotDo(
            f"the registration of {unaccounted:,} bank accounts is not in it; {_NEWEST_BACKUP}"
        )
    return (
        f"{trail.entries:,} entries in {trail.chains:,} chains, which hold; every registration "
        "among them"
    )


def check_erasures(settings: Settings) -> str:
    """Hold the database against the erasure log: an older one may be in its place."""
    from lastschrift.operations.replay_erasures import unknown_among
    from lastschrift.storage.erasure_log import erasures_in

    erasures = erasures_in(settings.erasure_log)
    with told():
        installation = installation_of(settings)
        unknown = installation.read(lambda reader: unknown_among(reader, erasures))
        marks = installation.read(lambda reader: reader.erasure_marks())
    if unknown:
        raise CannotDo(
            f"{len(unknown):,} of {len(erasures):,} in {settings.erasure_log} are not done in this "
            "database: `lastschrift debtor replay-erasures` does them"
        )
    left = "" if marks.erasures == marks.purged else ", files are not purged of the last ones yet"
    return f"{len(erasures):,} in {settings.erasure_log}, all known{left}"
