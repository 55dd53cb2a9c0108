"""Scrolls in SQL."""

from datetime import datetime
from uuid import UUID

import msgspec

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Condition, Position, Scroll, Stretch
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.statements import scrolls
from lastschrift.storage.transaction.engine import SqlPart


class ScrollSqlReader(SqlPart):
    """`operations.ports.ScrollReader` over an engine."""

    async def scroll(
        self, contract: ContractId, listed: str, scroll: UUID, now: datetime
    ) -> Scroll | None:
        rows = await self._engine.fetch(
            scrolls.SCROLL,
            self._codec.put_id(contract),
            self._codec.put_id(scroll),
            listed,
            self._codec.put_instant(now),
        )
        return self._scroll(rows[0]) if rows else None

    def _scroll(self, row: Row) -> Scroll:
        contract, key, listed, condition, is_descending, count, batch, shown = row[:8]
        last_created, last_id, read_created, read_id, lifetime_s, expires = row[8:]
        stretch = Stretch(
            condition=_condition(self._codec.get_json(condition)),
            is_descending=bool(is_descending),
            count=count,
            after=self._position(read_created, read_id),
            last=self._position(last_created, last_id),
        )
        return Scroll(
            contract_id=ContractId(self._codec.get_id(contract)),
            id=self._codec.get_id(key),
            listed=listed,
            stretch=stretch,
            batch=batch,
            shown=shown,
            lifetime_s=lifetime_s,
            expires=self._codec.get_instant(expires),
        )

    def _position(self, created: Value, key: Value) -> Position | None:
        if created is None:
            return None
        return Position(self._codec.get_instant(created), self._codec.get_id(key))


class ScrollSqlWriter(SqlPart):
    """`operations.ports.ScrollWriter` over an engine."""

    async def add_scroll(self, scroll: Scroll) -> None:
        stretch = scroll.stretch
        await self._engine.fetch(
            scrolls.ADD_SCROLL,
            self._codec.put_id(scroll.contract_id),
            self._codec.put_id(scroll.id),
            scroll.listed,
            self._codec.put_json(stretch.condition),
            int(stretch.is_descending),
            stretch.count,
            scroll.batch,
            scroll.shown,
            *self._put_position(stretch.last),
            *self._put_position(stretch.after),
            scroll.lifetime_s,
            self._codec.put_instant(scroll.expires),
        )

    async def advance_scroll(
        self, scroll: Scroll, read: Position | None, taken_by: UUID, expires: datetime
    ) -> bool:
        rows = await self._engine.fetch(
            scrolls.ADVANCE_SCROLL,
            self._codec.put_id(scroll.contract_id),
            self._codec.put_id(scroll.id),
            scroll.batch,
            self._codec.put_id(taken_by),
            self._codec.put_instant(expires),
            *self._put_position(read or scroll.stretch.after),
        )
        return bool(rows)

    async def drop_expired_scrolls(self, contract: ContractId, now: datetime, rows_max: int) -> int:
        rows = await self._engine.fetch(
            scrolls.DROP_EXPIRED_SCROLLS,
            self._codec.put_id(contract),
            self._codec.put_instant(now),
            rows_max,
        )
        return len(rows)

    def _put_position(self, position: Position | None) -> tuple[Value, Value]:
        if position is None:
            return None, None
        return self._codec.put_instant(position.created), self._codec.put_id(position.id)


def _condition(kept: object) -> Condition:
    condition: Condition = msgspec.convert(kept, Condition)
    return condition
