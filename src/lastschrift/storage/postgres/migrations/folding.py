"""Filling the columns of 0004, which hold what no SQL can make: folded letters."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from lastschrift.domain.party import Party
from lastschrift.storage.codec import Row
from lastschrift.storage.folding import folded_column, folded_columns
from lastschrift.storage.postgres.codec import put_json
from lastschrift.storage.postgres.connecting import Connection

_PIECE = 1_000
_FIRST = (UUID(int=0), UUID(int=0))

_DEBTORS = """
SELECT contract_id, id, contact FROM debtor WHERE (contract_id, id) > ($1::uuid, $2::uuid)
ORDER BY contract_id, id LIMIT $3
"""
_FOLD_DEBTOR = """
UPDATE debtor SET folded_given_name = $3, folded_family_name = $4, folded_company = $5,
    folded_email = $6, folded_contact = $7
WHERE contract_id = $1 AND id = $2
"""
_OWNERS = """
SELECT contract_id, id, owner FROM bank_account WHERE (contract_id, id) > ($1::uuid, $2::uuid)
ORDER BY contract_id, id LIMIT $3
"""
_FOLD_OWNER = "UPDATE bank_account SET folded_owner = $3 WHERE contract_id = $1 AND id = $2"


async def fill_folded(connection: Connection) -> None:
    """Fold what was kept before there were these columns."""
    await _fill(connection, _DEBTORS, _FOLD_DEBTOR, _folded_debtor)
    await _fill(connection, _OWNERS, _FOLD_OWNER, lambda row: (*row[:2], folded_column(row[2])))


def _folded_debtor(row: Row) -> Row:
    contract, key, contact = row
    *texts, others = folded_columns(msgspec.json.decode(contact, type=Party))
    return contract, key, *texts, put_json(others)


async def _fill(
    connection: Connection, select: str, update: str, folded: Callable[[Row], Row]
) -> None:
    last: Row = _FIRST
    while rows := await connection.fetch(select, *last, _PIECE):
        await connection.executemany(update, [folded(tuple(row)) for row in rows])
        last = tuple(rows[-1])[:2]
