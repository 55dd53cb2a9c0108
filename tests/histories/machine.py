"""What a history is played on: a server, its books, and the things that steps are about."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from lastschrift.apis.secuconnect.ids import customer_id
from lastschrift.domain.identity import DebtorId
from tests.both_wires import Asked, Pace, Secuconnect
from tests.databases import Database, lent_database
from tests.histories.comparing import NOTHING, Comparison, Effect, Fate, Request
from tests.histories.world import World

T = TypeVar("T")

Payer = tuple[int, str | None]
"""A merchant, and a user of the provider; or None, and the merchant's own token pays."""

PLACES = 12
OFTEN = 9
"""In so many of these places stands what a merchant has now, in the others anything there was."""


MEMORY = next(filter(os.path.isdir, ["/dev/shm"]), None)
"""Where files lie in memory, if anywhere: no power is cut here, so nobody waits for a disk."""


class Machine(RuleBasedStateMachine):
    """A server of its own for each history, on a database of its own."""

    engine: ClassVar[str]
    world: ClassVar[type[World]] = World

    def __init__(self) -> None:
        super().__init__()
        self.lent = ExitStack()
        self.runner = asyncio.Runner()
        self.doors = AsyncExitStack()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        directory = Path(self.lent.enter_context(TemporaryDirectory(dir=MEMORY)))
        opening = self.world.opened(self.database(directory))
        self.comparison = Comparison(self.run(self.doors.enter_async_context(opening)))
        self.let_pass(1)
        self.stock()

    def stock(self) -> None:
        """Let there be something from the first step on."""

    def database(self, directory: Path) -> Database:
        return self.lent.enter_context(lent_database(self.engine, directory))

    def teardown(self) -> None:
        try:
            if sys.exception() is None:
                self.run(self.comparison.check_all())
        finally:
            self.run(self.doors.aclose())
            self.runner.close()
            self.lent.close()

    @invariant()
    def all_that_is_there_is_what_the_books_have(self) -> None:
        self.run(self.comparison.check_changed())

    # --- asking ---

    def wire(self, merchant: int) -> Secuconnect:
        return self.comparison.merchant(merchant)

    def pace(self, payer: Payer) -> Pace:
        return self.comparison.payer(*payer)

    def ask(self, merchant: int, asked: Asked, effect: Effect, fate: Fate = Fate.HEARD) -> None:
        """Ask as a merchant, and let a second pass."""
        self.ask_as((merchant, None), asked, effect, fate)

    def ask_as(self, payer: Payer, asked: Asked, effect: Effect, fate: Fate = Fate.HEARD) -> None:
        """Ask as who pays, and let a second pass: so long is it remembered who a token's is."""
        merchant, user = payer
        self.run(self.comparison.ask(Request(merchant, asked, effect, user), fate))
        self.let_pass(1)

    def look(self, merchant: int, asked: Asked, effect: Effect) -> None:
        """Ask for what changes nothing."""
        self.run(self.comparison.ask(Request(merchant, asked, effect, changes=False), Fate.HEARD))

    def let_pass(self, seconds: int) -> None:
        self.run(self.comparison.let_pass(seconds))

    # --- what it is about ---

    def some_customer(self, merchant: int, place: int) -> str:
        books = self.comparison.books
        own = [customer.id for customer in books[merchant].customers_listed]
        everybody = [customer.id for book in books for customer in book.customers.values()]
        return customer_id(DebtorId(_pick(place, own, everybody)))

    def some_customer_or_none(self, merchant: int, place: int | None) -> str | None:
        return None if place is None else self.some_customer(merchant, place)

    def some_account(self, merchant: int, place: int) -> UUID:
        books = self.comparison.books
        own = [account.id for account in books[merchant].accounts_listed]
        return _pick(place, own, [account for book in books for account in book.accounts])

    def some_method(self, payer: Payer, place: int) -> UUID:
        merchant, user = payer
        books = self.comparison.books[merchant]
        if user is not None and user not in books.links:
            return self.some_account(merchant, place)
        own = [account.id for account in books.held_by(books.payer(user))]
        return _pick(place, own, list(books.accounts))

    def some_scroll(self, merchant: int, place: int) -> UUID:
        books = self.comparison.books
        own = list(books[merchant].scrolls)
        return _pick(place, own, [scroll for book in books for scroll in book.scrolls])


def _pick(place: int, own: Sequence[UUID], everything: Sequence[UUID]) -> UUID:
    """Return an id: often of what a merchant has, else of what anybody has, or had."""
    things = own if own and place < OFTEN else everything
    return things[place % len(things)] if things else NOTHING
