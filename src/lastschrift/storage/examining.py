"""Looking at all that a database holds, in short pieces, while it is served.

Each piece is as it is when it is read: nobody waits for it, and what comes or goes meanwhile may be
counted or not. Whether a row's secrets open is for the caller to say, who has the keys.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import NamedTuple

from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.storage.installation import Installation
from lastschrift.storage.tables import REFERENCES, TABLES, Reference
from lastschrift.storage.transfer import TablesInUse

Observer = Callable[[str, str, int, int], None]
"""Told after each piece what is done, with which table, how many rows are, and of how many."""

ROWS_OF_A_PIECE = 2_000
"""Read and opened in some 20 ms."""


# --- account numbers ------------------------------------------------------------------------------

_ACCOUNTS = next(table for table in TABLES if table.name == "bank_account").only(
    "contract_id",
    "id",
    "iban_sealed",
    "fingerprint",
    "fingerprint_even",
    "iban_country",
    "iban_last_four",
)


class KeptNumber(NamedTuple):
    """An account number as it is kept; what is erased of it is None."""

    contract: ContractId
    account: AccountId
    sealed: bytes | None
    fingerprint: bytes | None
    fingerprint_even: bytes | None
    country: str | None
    last_four: str | None


WhyUnfit = Callable[[KeptNumber], str | None]
"""Says what is wrong with an account number that is not erased; None if nothing is."""


class Unfit(NamedTuple):
    """An account number that is not what it should be, and why."""

    number: KeptNumber
    fact: str


@dataclass(frozen=True, slots=True)
class NumbersExamined:
    """How many account numbers are fit, how many are erased, and the others."""

    fit: int
    erased: int
    unfit: Sequence[Unfit]


async def examine_numbers(
    installation: Installation,
    why_unfit: WhyUnfit,
    observe: Observer,
    *,
    rows_max: int = ROWS_OF_A_PIECE,
) -> NumbersExamined:
    """Look at every account number, ``rows_max`` at a time.

    Raises: DatabaseRefused.
    """
    fit = erased = done = 0
    unfit: list[Unfit] = []
    async with installation.as_it_is() as tables:
        total = await tables.count(_ACCOUNTS)
        key = None
        while rows := await tables.rows_after(_ACCOUNTS, key, rows_max):
            for number in starmap(KeptNumber, rows):
                if number.sealed is None:
                    erased += 1
                elif fact := why_unfit(number):
                    unfit.append(Unfit(number, fact))
                else:
                    fit += 1
            key, done = _ACCOUNTS.key_of(rows[-1]), done + len(rows)
            observe("opening", _ACCOUNTS.name, done, max(done, total))
            await asyncio.sleep(0)  # SQLite never waits, and Ctrl-C needs the event loop
    return NumbersExamined(fit, erased, unfit)


# --- counts, references, the audit trail ----------------------------------------------------------


async def count_rows(installation: Installation) -> Sequence[tuple[str, int]]:
    """Return the names of all tables, and how many rows each has.

    Raises: DatabaseRefused.
    """
    async with installation.as_it_is() as tables:
        return [(table.name, await tables.count(table)) for table in TABLES]


async def find_orphans(installation: Installation) -> Sequence[tuple[Reference, int]]:
    """Return the references that lead nowhere, and from how many rows.

    Raises: DatabaseRefused.
    """
    async with installation.as_it_is() as tables:
        counts = [
            (reference, await _number(tables, _orphans_sql(reference))) for reference in REFERENCES
        ]
    return [(reference, rows) for reference, rows in counts if rows]


async def count_unaccounted(installation: Installation) -> int:
    """Return how many bank accounts there are whose registration is not in the audit trail.

    Raises: DatabaseRefused.
    """
    async with installation.as_it_is() as tables:
        return await _number(tables, _UNACCOUNTED)


_UNACCOUNTED = """
SELECT count(*) FROM (
    SELECT contract_id, id FROM bank_account
    EXCEPT
    SELECT contract_id, subject_id FROM audit_entry WHERE action = 'bank_account.registered'
) AS unaccounted
"""
"""One statement, so that accounts and entries are of the same instant."""


def _orphans_sql(reference: Reference) -> str:
    given = " AND ".join(f"a.{column} IS NOT NULL" for column in reference.columns)
    pairs = zip(reference.target_columns, reference.columns, strict=True)
    same = " AND ".join(f"b.{theirs} = a.{ours}" for theirs, ours in pairs)
    return (
        f"SELECT count(*) FROM {reference.table} a WHERE {given}"
        f" AND NOT EXISTS (SELECT 1 FROM {reference.target} b WHERE {same})"
    )


async def _number(tables: TablesInUse, statement: str) -> int:
    ((number,),) = await tables.counted(statement)
    return number
