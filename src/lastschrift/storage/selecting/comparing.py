"""Conditions in SQL.

A comparison with a column that may be NULL comes to NULL where it is; NOT takes that for false.
"""

from collections.abc import Iterable
from functools import singledispatchmethod

from lastschrift.operations.ports import (
    AllOf,
    AnyOf,
    Condition,
    Everything,
    Field,
    HasFingerprint,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Not,
    Nothing,
    TextBetween,
)
from lastschrift.storage.selecting.arguments import Arguments
from lastschrift.storage.selecting.listed import Listed, fingerprint_column
from lastschrift.storage.selecting.patterns import like_of, prefix_of, text_behind
from lastschrift.storage.statements import lists

_ALWAYS = "1 = 1"
_NEVER = "1 = 0"


class Comparing:
    """Writes conditions on one list, and takes their arguments."""

    def __init__(self, listed: Listed, arguments: Arguments) -> None:
        self._listed = listed
        self._arguments = arguments

    @singledispatchmethod
    def sql(self, condition: Condition) -> str:
        """Return a condition in SQL."""
        raise NotImplementedError(condition)

    @sql.register
    def _(self, _condition: Everything) -> str:
        return _ALWAYS

    @sql.register
    def _(self, _condition: Nothing) -> str:
        return _NEVER

    @sql.register
    def _(self, condition: AllOf) -> str:
        return self._all(map(self.sql, condition.conditions)) or _ALWAYS

    @sql.register
    def _(self, condition: AnyOf) -> str:
        any_of = " OR ".join(map(self.sql, condition.conditions))
        return f"({any_of})" if any_of else _NEVER

    @sql.register
    def _(self, condition: Not) -> str:
        return f"({self.sql(condition.condition)}) IS NOT TRUE"

    @sql.register
    def _(self, condition: HasId) -> str:
        key = self._arguments.id(condition.id)
        if condition.field is Field.CUSTOMER:
            return f"({lists.OF_CUSTOMER.format(debtor=key)})"
        return f"{self._listed.columns[condition.field]} = {key}"

    @sql.register
    def _(self, condition: HasFingerprint) -> str:
        column = fingerprint_column(condition.version)
        return f"a.{column} = {self._arguments.octets(condition.fingerprint)} /* in runs */"

    @sql.register
    def _(self, condition: HasText) -> str:
        return f"{self._listed.columns[condition.field]} = {self._arguments.text(condition.text)}"

    @sql.register
    def _(self, condition: Matches) -> str:
        """Compare what all that match begin with, too: an index has that."""
        column = self._listed.columns[condition.field]
        prefix = prefix_of(condition.pattern)
        behind = text_behind(prefix)
        like = self._arguments.text(like_of(condition.pattern))
        return self._all(
            [
                *([f"{column} >= {self._arguments.text(prefix)}"] if prefix else []),
                *([f"{column} < {self._arguments.text(behind)}"] if behind else []),
                f"{column} LIKE {like} ESCAPE '\\'",
            ]
        )

    @sql.register
    def _(self, condition: TextBetween) -> str:
        column = self._listed.columns[condition.field]
        first, last = condition.first, condition.last
        return self._all(
            [
                f"{column} >= {self._arguments.text(first)}" if first else f"{column} > ''",
                *([] if last is None else [f"{column} <= {self._arguments.text(last)}"]),
            ]
        )

    @sql.register
    def _(self, condition: InstantBetween) -> str:
        column = self._listed.columns[condition.field]
        since, until = condition.since, condition.until
        return self._all(
            [
                f"{column} IS NOT NULL",
                *([] if since is None else [f"{column} >= {self._arguments.instant(since)}"]),
                *([] if until is None else [f"{column} < {self._arguments.instant(until)}"]),
            ]
        )

    def _all(self, parts: Iterable[str]) -> str:
        all_of = " AND ".join(parts)
        return f"({all_of})" if all_of else ""
