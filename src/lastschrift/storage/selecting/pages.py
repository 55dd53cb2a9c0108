"""Statements that find and count what is listed."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import (
    Condition,
    Field,
    Order,
    Page,
    Position,
    Search,
    Stretch,
)
from lastschrift.storage.codec import Codec, Value
from lastschrift.storage.selecting.arguments import Arguments
from lastschrift.storage.selecting.comparing import Comparing
from lastschrift.storage.selecting.indexes import index_of
from lastschrift.storage.selecting.listed import Listed

SEARCH_S_MAX: Final = 1.0
"""How long one statement of a list may take; then who asked is told to ask for less."""

_NO_LIMIT = 2**53


class Statement(NamedTuple):
    """A text in PostgreSQL's form, and its arguments."""

    text: str
    arguments: Sequence[Value]


def page_of(listed: Listed, codec: Codec, contract: ContractId, search: Search) -> Statement:
    """Return what finds a page of a list."""
    selection = _Selection(listed, codec)
    where = selection.where(contract, search.condition, search.order)
    return selection.page(where, selection.order(search.order), search.page)


def stretch_of(listed: Listed, codec: Codec, contract: ContractId, stretch: Stretch) -> Statement:
    """Return what finds the objects that come next in the order of creation."""
    selection = _Selection(listed, codec)
    order = (Order(Field.CREATED, is_descending=stretch.is_descending),)
    where = [*selection.where(contract, stretch.condition, order), *selection.limits(stretch)]
    return selection.page(where, selection.order(order), Page(stretch.count, 0))


def count_of(
    listed: Listed, codec: Codec, contract: ContractId, condition: Condition, most: int | None
) -> Statement:
    """Return what counts the objects of a list; no more than ``most``, if there is such a limit."""
    selection = _Selection(listed, codec)
    where = selection.where(contract, condition, ())
    return selection.count(where, _NO_LIMIT if most is None else most)


class _Selection:
    """A statement in the making."""

    def __init__(self, listed: Listed, codec: Codec) -> None:
        self._listed = listed
        self._arguments = Arguments(codec)
        self._index = ""

    def where(
        self, contract: ContractId, condition: Condition, order: Sequence[Order]
    ) -> list[str]:
        """Return what must hold, the index that is gone by among it."""
        is_ours = f"{self._listed.contract} = {self._arguments.id(contract)}"
        asked = Comparing(self._listed, self._arguments).sql(condition)
        index = index_of(self._listed, condition, order)
        if index is None:
            return [is_ours, self._listed.listed, asked]
        self._index = f" /* by {index.name} */"
        return [is_ours, self._listed.listed, index.condition, asked]

    def limits(self, stretch: Stretch) -> Iterator[str]:
        """Yield where a stretch begins and where it ends."""
        further, no_further = ("<", ">=") if stretch.is_descending else (">", "<=")
        if stretch.after is not None:
            yield self._compared(further, stretch.after)
        if stretch.last is not None:
            yield self._compared(no_further, stretch.last)

    def _compared(self, operator: str, position: Position) -> str:
        columns = self._listed.columns
        place = f"({self._arguments.instant(position.created)}, {self._arguments.id(position.id)})"
        return f"({columns[Field.CREATED]}, {columns[Field.ID]}) {operator} {place}"

    def order(self, wanted: Sequence[Order]) -> str:
        """Return the order, down to one that leaves no two objects equal.

        What is equal otherwise comes in the direction of the last key: an index has it so.
        """
        is_descending = wanted[-1].is_descending if wanted else False
        last = [Order(field, is_descending) for field in (Field.CREATED, Field.ID)]
        return ", ".join(map(self._order_key, _once([*wanted, *last])))

    def _order_key(self, key: Order) -> str:
        column = self._listed.columns[key.field]
        if key.field is Field.UPDATED:  # what was never changed comes before all that was
            return f"{column} DESC NULLS LAST" if key.is_descending else f"{column} NULLS FIRST"
        return f"{column} DESC" if key.is_descending else column

    def page(self, where: Sequence[str], order: str, page: Page) -> Statement:
        """Return the statement of a page."""
        text = self._listed.page.format(
            index=self._index,
            where=" AND ".join(where),
            order=order,
            count=self._arguments.number(page.count),
            offset=self._arguments.number(page.offset),
        )
        return Statement(text, self._arguments.values)

    def count(self, where: Sequence[str], most: int) -> Statement:
        """Return the statement that counts."""
        text = self._listed.count.format(
            index=self._index, where=" AND ".join(where), count=self._arguments.number(most)
        )
        return Statement(text, self._arguments.values)


def _once(keys: Sequence[Order]) -> list[Order]:
    """Return the first key of each field: another one can't part what is equal."""
    by_field: dict[Field, Order] = {}
    for key in keys:
        by_field.setdefault(key.field, key)
    return list(by_field.values())
