"""Linking the entries that were written down before 0006: each writer's are a block, as of then."""

import apsw

from lastschrift.storage.chaining import Linking

_ENTRIES = """
SELECT contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source,
    further_subjects
FROM audit_entry ORDER BY contract_id, writer, sequence
"""
_LINK = "UPDATE audit_entry SET link = ?4 WHERE contract_id = ?1 AND writer = ?2 AND sequence = ?3"


def chain_entries(connection: apsw.Connection) -> None:
    """Give the last entry of each writer a link that rests on all before it."""
    linking = Linking()
    for row in connection.execute(_ENTRIES):
        linking.add(row)
    connection.executemany(_LINK, linking.links())
