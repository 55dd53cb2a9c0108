"""Filling the columns of 0004, which hold what no SQL can make: folded letters."""

from collections.abc import Callable

import apsw
import msgspec

from lastschrift.domain.party import Party
from lastschrift.storage.codec import Row
from lastschrift.storage.folding import folded_column, folded_columns
from lastschrift.storage.sqlite.codec import SQLITE_CODEC

_PIECE = 1_000
_FIRST = (b"", b"")

_DEBTORS = """
SELECT contract_id, id, contact FROM debtor WHERE (contract_id, id) > (?, ?)
ORDER BY contract_id, id LIMIT ?
"""
_FOLD_DEBTOR = """
UPDATE debtor SET folded_given_name = ?3, folded_family_name = ?4, folded_company = ?5,
    folded_email = ?6, folded_contact = ?7
WHERE contract_id = ?1 AND id = ?2
"""
_OWNERS = """
SELECT contract_id, id, owner FROM bank_account WHERE (contract_id, id) > (?, ?)
ORDER BY contract_id, id LIMIT ?
"""
_FOLD_OWNER = "UPDATE bank_account SET folded_owner = ?3 WHERE contract_id = ?1 AND id = ?2"


def fill_folded(connection: apsw.Connection) -> None:
    """Fold what was kept before there were these columns."""
    _fill(connection, _DEBTORS, _FOLD_DEBTOR, _folded_debtor)
    _fill(connection, _OWNERS, _FOLD_OWNER, lambda row: (*row[:2], folded_column(row[2])))


def _folded_debtor(row: Row) -> Row:
    contract, key, contact = row
    *texts, others = folded_columns(msgspec.json.decode(contact, type=Party))
    return contract, key, *texts, SQLITE_CODEC.put_json(others)


def _fill(
    connection: apsw.Connection, select: str, update: str, folded: Callable[[Row], Row]
) -> None:
    last: Row = _FIRST
    while rows := connection.execute(select, (*last, _PIECE)).fetchall():
        connection.executemany(update, [folded(row) for row in rows])
        last = rows[-1][:2]
