"""Linking the entries that were written down before 0006: each writer's are a block, as of then."""

from uuid import UUID

from lastschrift.storage.chaining import Linking, written_as_kept
from lastschrift.storage.codec import Row
from lastschrift.storage.postgres.connecting import Connection

_PIECE = 1_000
_FIRST = (UUID(int=0), UUID(int=0), -1)

_ENTRIES = """
SELECT contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source,
    further_subjects
FROM audit_entry WHERE (contract_id, writer, sequence) > ($1::uuid, $2::uuid, $3::bigint)
ORDER BY contract_id, writer, sequence LIMIT $4
"""
_LINK = "UPDATE audit_entry SET link = $4 WHERE contract_id = $1 AND writer = $2 AND sequence = $3"


async def chain_entries(connection: Connection) -> None:
    """Give the last entry of each writer a link that rests on all before it."""
    linking = Linking()
    last: Row = _FIRST
    while rows := await connection.fetch(_ENTRIES, *last, _PIECE):
        for row in rows:
            linking.add(written_as_kept(row))
        last = tuple(rows[-1])[:3]
    links = [
        (UUID(bytes=contract), UUID(bytes=writer), sequence, link)
        for contract, writer, sequence, link in linking.links()
    ]
    await connection.executemany(_LINK, links)
