"""A server and the books of its merchants, held against each other with each request."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from lastschrift.apis.secuconnect.ids import (
    customer_id,
    parse_container_id,
    parse_customer_id,
)
from lastschrift.domain.debtor import DebtorKind
from lastschrift.domain.errors import DebtorUnknown, UserLinkedAlready
from lastschrift.domain.users import LinkedUser
from lastschrift.operations.link_user import LinkUser, link_user
from lastschrift.operations.list_linked_users import list_linked_users
from lastschrift.operations.ports import Page
from tests.both_wires import CONTAINERS, CUSTOMERS, Answered, Asked, Headers, Pace, Secuconnect
from tests.histories.books import Books
from tests.histories.lists import page
from tests.histories.saying import Said, said
from tests.histories.things import is_customer
from tests.histories.world import MERCHANTS, World

Effect = Callable[[Books, UUID], Said]
"""What a request does to the books, and what is said; the id is that of what it makes."""

Seen = Mapping[object, Any]
"""All that is told of a merchant's books when it is asked for."""

NOTHING = UUID(int=0)
"""The id of what is not made."""

ALL = 1_000


class Fate(Enum):
    """What becomes of a request."""

    HEARD = "it is answered"
    LOST = "the answer is lost, so it is asked again"
    TWICE = "it is asked twice at once"
    BESIDE = "it is asked at the same moment as the request that comes next"
    CRASH_AT_ONCE = "the server crashes before it writes, and is asked again"
    CRASH_MIDWAY = "the server crashes after one write, and is asked again"
    CRASH_AT_LAST = "the server crashes before it answers, and is asked again"


WRITES_BEFORE_CRASH = {Fate.CRASH_AT_ONCE: 0, Fate.CRASH_MIDWAY: 1, Fate.CRASH_AT_LAST: 1_000}


@dataclass(frozen=True, slots=True)
class Request:
    """What a merchant, or who pays a merchant, asks for; and what comes of it."""

    merchant: int
    asked: Asked
    effect: Effect
    user: str | None = None
    changes: bool = True


class Comparison:
    """Whatever is asked, is answered and kept as the books have it.

    ``changed``: the merchants whose books are to be looked at.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = [Books(world.clock.now()) for _ in range(MERCHANTS)]
        self.changed: set[int] = set()
        self._waiting: Request | None = None
        self._tokens: list[Headers] = []
        self._expiries = [world.clock.now()] * MERCHANTS

    # --- time ---

    async def let_pass(self, seconds: float) -> None:
        """Move the clock; a token that has expired is refused, and renewed."""
        if seconds > 1 or min(self._expiries) <= self.world.clock.now() + timedelta(seconds=1):
            await self.ask_what_waits()
        self.world.clock.advance(seconds)
        now = self.world.clock.now()
        for merchant, books in enumerate(self.books):
            books.now = now
            if self._expiries[merchant] <= now:
                await self._renew(merchant)

    async def _renew(self, merchant: int) -> None:
        if len(self._tokens) > merchant:
            expired = self._tokens[merchant]
            by_both = [Secuconnect(expired).listed(CUSTOMERS), Pace(expired).listed()]
            answers = [await self.world.ask(asked) for asked in by_both]
            _compare([answer.status for answer in answers], [403, 401])
        headers, self._expiries[merchant] = await self.world.new_token(merchant)
        self._tokens[merchant : merchant + 1] = [headers]

    # --- who asks ---

    def merchant(self, merchant: int) -> Secuconnect:
        """Return a merchant's client."""
        return Secuconnect(self._tokens[merchant])

    def payer(self, merchant: int, user: str | None) -> Pace:
        """Return who pays: a user, or the payer behind the merchant's own token."""
        return Pace(self._tokens[merchant] if user is None else self.world.user_headers(user))

    # --- requests ---

    async def ask(self, request: Request, fate: Fate) -> None:
        """Ask, and see that all that is told is what the books say.

        What outside users ask for does not wait for others: they become payers on the way, by a
        transaction of its own, and what is done in between shows.
        """
        if request.user is not None:
            await self.ask_what_waits()
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            await self._ask_both(waiting, request)
        elif fate is Fate.BESIDE and request.user is None:
            self._waiting = request
        elif fate is Fate.TWICE:
            await self._ask_both(request, request)
        else:
            await self._ask_until_heard(request, fate)

    async def _ask_until_heard(self, request: Request, fate: Fate) -> None:
        if fate is Fate.LOST:
            await self._ask_once(request)
        if fate in WRITES_BEFORE_CRASH:
            await self.world.crash_while_asked(request.asked, WRITES_BEFORE_CRASH[fate])
            self.books[request.merchant] = await self._books_after_crash(request)
        await self._ask_once(request)

    async def ask_what_waits(self) -> None:
        """Ask for what was to be asked beside another thing."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            await self._ask_once(waiting)

    async def _ask_once(self, request: Request) -> None:
        self._note(request)
        answer = await self.world.ask(request.asked)
        _compare(said(answer), request.effect(self.books[request.merchant], made_by(answer)))

    async def _ask_both(self, *requests: Request) -> None:
        """Ask two things at once: it comes to what it would one after the other."""
        for request in requests:
            self._note(request)
        answers = await asyncio.gather(*[self.world.ask(request.asked) for request in requests])
        told = list(zip(requests, answers, strict=True))
        fitting = [books for order in (told, told[::-1]) if (books := self._after(order))]
        if fitting and fitting[0] != fitting[-1]:
            fitting = [books for books in fitting if await self._is_there(books, requests)]
        assert fitting, (told, self.books)
        self.books = fitting[0]

    def _after(self, answered: Sequence[tuple[Request, Answered]]) -> list[Books] | None:
        """Return all books after requests in this order; None if they would say otherwise."""
        books = deepcopy(self.books)
        for request, answer in answered:
            if request.effect(books[request.merchant], made_by(answer)) != said(answer):
                return None
        return books

    async def _is_there(self, books: Sequence[Books], requests: Iterable[Request]) -> bool:
        """Whether all that those who asked have is as in these books: answers may not tell."""
        for merchant in {request.merchant for request in requests}:
            if books[merchant].changes != await self.world.audited(merchant):
                return False
            if expected_of(books[merchant]) != await self._seen(merchant):
                return False
        return True

    def _note(self, request: Request) -> None:
        if request.changes:
            self.changed.add(request.merchant)

    async def _books_after_crash(self, request: Request) -> Books:
        """Return the books with all of a request's effect, or with nothing of it.

        That a user becomes a payer is an effect of its own, which is there before the other.
        """
        books = self.books[request.merchant]
        seen = await self._seen(request.merchant)
        audited = await self.world.audited(request.merchant)
        for candidate in _candidates(books, request, _made_since(books, seen)):
            if candidate.changes == audited and expected_of(candidate) == seen:
                return candidate
        raise AssertionError(seen, audited, books)

    async def crash(self) -> None:
        """Crash while nobody asks."""
        await self.world.crash()
        self.changed.update(range(MERCHANTS))

    async def link(self, merchant: int, user: str, customer: str) -> None:
        """Link a user to a customer by command; the books say whether that can be."""
        self.changed.add(merchant)
        debtor = parse_customer_id(customer)
        assert debtor is not None
        contract = self.world.contract(merchant)
        command = LinkUser(contract_id=contract, user=self.world.user(user), debtor_id=debtor)
        try:
            await link_user(self.world.ports, command)
        except (DebtorUnknown, UserLinkedAlready):
            assert not self.books[merchant].link(user, customer)
        else:
            assert self.books[merchant].link(user, customer)

    # --- what is there ---

    async def check_changed(self) -> None:
        """See that all that is there is what the books have, on both wires, of who changed it."""
        while self.changed:
            merchant = self.changed.pop()
            _compare(await self._seen(merchant), expected_of(self.books[merchant]))

    async def check_all(self) -> None:
        """See this of all merchants, and that the audit trail tells of each change once."""
        await self.ask_what_waits()
        self.changed.update(range(MERCHANTS))
        await self.check_changed()
        for merchant, books in enumerate(self.books):
            _compare(await self.world.audited(merchant), books.changes)

    async def _seen(self, merchant: int) -> Seen:
        """Ask for all that there is. Only users who are payers are asked for, or they would be."""
        links = await self._links(merchant)
        wire = self.merchant(merchant)
        told: dict[object, Any] = {"links": links}
        for path in (CUSTOMERS, CONTAINERS):
            told[path] = said(await self.world.ask(wire.listed(path, count=ALL)))
        for user in (None, *links):
            told[user] = said(await self.world.ask(self.payer(merchant, user).listed()))
        return told

    async def _links(self, merchant: int) -> Mapping[str, str | None]:
        """Return which users are linked, and which customer each of them is, if one."""
        contract = self.world.contract(merchant)
        listing = await list_linked_users(self.world.ports, contract, Page(ALL, 0))
        return {linked.user.subject: _customer_in(linked) for linked in listing.items}


def _compare(told: object, expected: object) -> None:
    assert told == expected, f"\n    told {told}\nexpected {expected}"


def expected_of(books: Books) -> Seen:
    """Return what has to be seen of these books."""
    seen: dict[object, Any] = {
        "links": {
            user: holder if is_customer(holder) else None for user, holder in books.links.items()
        },
        CUSTOMERS: page(books.customers_listed, ALL, 0),
        CONTAINERS: page(books.accounts_listed, ALL, 0),
    }
    for user in (None, *books.links):
        methods = [account.as_method for account in books.held_by(books.payer(user))]
        seen[user] = Said(200, {"data": methods})
    return seen


def made_by(answer: Answered) -> UUID:
    """Return the id of what an answer shows."""
    if answer.status not in (200, 201):
        return NOTHING
    body = answer.json()
    if isinstance(body, list):
        return NOTHING
    if "scroll_id" in body:
        return UUID(body["scroll_id"])
    if answer.status == 201:
        return UUID(body["data"]["id"])
    return _id_in(body.get("id", "")) or NOTHING


def _made_since(books: Books, seen: Seen) -> UUID:
    """Return what is listed that is not in the books: one thing at most."""
    listed = [item["id"] for path in (CUSTOMERS, CONTAINERS) for item in seen[path].shown["data"]]
    known = {*books.accounts, *[customer.id for customer in books.customers.values()]}
    made = [key for key in map(_id_in, listed) if key not in known]
    assert len(made) <= 1
    return made[0] if made and made[0] is not None else NOTHING


def _candidates(books: Books, request: Request, made: UUID) -> Iterator[Books]:
    yield books
    if request.user is not None:
        linked = deepcopy(books)
        linked.payer(request.user)
        yield linked
    done = deepcopy(books)
    request.effect(done, made)
    yield done


def _customer_in(linked: LinkedUser) -> str | None:
    debtor = linked.debtor
    return customer_id(debtor.id) if debtor.kind is DebtorKind.CUSTOMER else None


def _id_in(shown: str) -> UUID | None:
    return parse_customer_id(shown) or parse_container_id(shown)
