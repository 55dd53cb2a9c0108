"""What a merchant has: customers, accounts, and what is remembered of requests and lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeVar
from uuid import UUID

from lastschrift.apis.secuconnect.ids import container_id, customer_id
from lastschrift.domain.identity import AccountId, DebtorId
from tests.histories.saying import Shown

Holder = str
"""A customer's id; or who pays by PACE, of whom secuconnect shows nothing."""

Place = tuple[datetime, bytes]
"""Where an object stands in lists, oldest first."""


def is_customer(holder: Holder) -> bool:
    """Whether it is one whom the merchant saved."""
    return holder.startswith("PCU_")


class State(Enum):
    """Whether an account is listed, can still be read, or is gone."""

    LIVE = "live"
    ARCHIVED = "archived"
    DELETED = "deleted"


@dataclass(slots=True, kw_only=True)
class Customer:
    """A payer whom the merchant saved."""

    id: UUID
    surname: str
    created: datetime
    is_listed: bool = True

    @property
    def place(self) -> Place:
        return self.created, self.id.bytes

    @property
    def shown(self) -> Shown:
        return {"id": customer_id(DebtorId(self.id)), "surname": self.surname}


@dataclass(slots=True, kw_only=True)
class Account:
    """A bank account: a container on one wire, a payment method on the other."""

    id: UUID
    iban: str
    holder: Holder | None
    created: datetime
    alias: str | None = None
    state: State = State.LIVE

    @property
    def customer(self) -> str | None:
        return self.holder if self.holder is not None and is_customer(self.holder) else None

    @property
    def is_listed(self) -> bool:
        return self.state is State.LIVE

    @property
    def place(self) -> Place:
        return self.created, self.id.bytes

    @property
    def shown(self) -> Shown:
        shown_id = container_id(AccountId(self.id))
        return {"id": shown_id, "iban": self.iban, "customer": self.customer}

    @property
    def as_method(self) -> Shown:
        return {"id": str(self.id), "last four": self.iban[-4:], "alias": self.alias}


@dataclass(slots=True)
class KeyUse:
    """What an idempotency key was used for."""

    content: object
    result: UUID
    expires: datetime


@dataclass(slots=True, kw_only=True)
class Scroll:
    """A list that is read batch by batch: behind ``after``, up to ``last``."""

    things: str
    count: int
    after: Place | None
    last: Place | None
    expires: datetime


Listed = TypeVar("Listed", Customer, Account)


def listed(things: Iterable[Listed]) -> list[Listed]:
    """Return the things that are listed, oldest first."""
    return sorted((thing for thing in things if thing.is_listed), key=lambda thing: thing.place)
