r"""From PostgreSQL's form of a statement to SQLite's.

``$n::type`` becomes ``?n``: a plain ``$1`` would be a *name* to SQLite, bound by its first
appearance, and ``CAST(... AS uuid)`` would silently give a number. ``FOR SHARE`` and
``FOR UPDATE`` go: the one writer of SQLite locks out all others. ``COLLATE "C"`` goes: SQLite
compares bytes anyway. ``/* by name */`` becomes ``INDEXED BY name``, and the index's own condition
goes: that is for PostgreSQL (`storage.selecting.indexes`), and SQLite would read the index from
there on. ``position(part in whole)`` becomes ``instr(whole, part)``. A fingerprint that has
``/* in runs */`` behind it is looked for run by run (`storage.sqlite.runs`). What this does not
know stops the start.

>>> to_sqlite("SELECT name FROM contract WHERE id = $1::uuid FOR SHARE")
'SELECT name FROM contract WHERE id = ?1'
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from lastschrift.storage.statements import all_statements

_ARGUMENT = re.compile(r"\$(\d+)::[a-z]+\b")
_ROW_LOCK = re.compile(r"\s+FOR (?:SHARE|UPDATE)(?: OF [a-z]+)?")
_OF_AN_INDEX = re.compile(r" AND [a-z]\.\w+ (?:< 'infinity'|>= '')(?= AND)")
_INDEX = re.compile(r"/\* by (\w+) \*/")
_IN_RUNS = re.compile(r"a\.(fingerprint(?:_even)?) = (\?\d+) /\* in runs \*/")
_POSITION = re.compile(r"\bposition\((\S+) in (\w+)\)")
_COLLATION = ' COLLATE "C"'
_UNKNOWN = re.compile(
    r"\$|::|\bFOR (?:SHARE|UPDATE|NO KEY|KEY)\b|\bCAST\b|\bunnest\b", re.IGNORECASE
)


_BY_RUNS = r"""
    a.\1 = \2 AND substr(a.\1, 1, 8) = substr(\2, 1, 8) AND a.fingerprint_run IN (
        WITH RECURSIVE run(number) AS (
            SELECT 0 UNION ALL SELECT number + 1 FROM run WHERE number < (
                SELECT max(r.fingerprint_run) FROM bank_account r INDEXED BY bank_account_by_\1
                WHERE r.contract_id = ?1 AND r.deleted IS NULL AND r.\1 IS NOT NULL
            )
        )
        SELECT number FROM run
    )"""
"""The contract is the first argument of every statement of `storage.selecting`."""


class NotTranslatable(Exception):
    """A statement holds something of PostgreSQL that SQLite has no form for."""


def to_sqlite(statement: str) -> str:
    """Return the statement as SQLite understands it.

    Raises: NotTranslatable.
    """
    translated = _ROW_LOCK.sub("", _ARGUMENT.sub(r"?\1", statement)).replace(_COLLATION, "")
    translated = _POSITION.sub(r"instr(\2, \1)", translated)
    translated = _IN_RUNS.sub(_BY_RUNS, translated)
    if _INDEX.search(translated):
        translated = _OF_AN_INDEX.sub("", _INDEX.sub(r"INDEXED BY \1", translated))
    if _UNKNOWN.search(translated):
        raise NotTranslatable(statement)
    return translated


TRANSLATED: Mapping[str, str] = {
    statement: to_sqlite(statement) for statement in all_statements().values()
}
"""Every statement of `storage.statements`, translated when this module is imported."""


@lru_cache(maxsize=1024)
def selected_to_sqlite(statement: str) -> str:
    """Return a statement that was made for one search; the last ones are remembered."""
    return to_sqlite(statement)
