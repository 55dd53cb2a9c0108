"""What lists of customers and containers have to show: pages, searches, and scrolls."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from tests.both_wires import CUSTOMERS
from tests.histories.books import Books
from tests.histories.saying import UNKNOWN, Said
from tests.histories.things import Account, Customer, Scroll

SCROLLS_LAST = timedelta(minutes=5)

Things = Sequence[Customer] | Sequence[Account]


def page(things: Things, count: int, offset: int) -> Said:
    """Return what a page of a list shows."""
    shown = [thing.shown for thing in things[offset : offset + count]]
    return Said(200, {"count": len(things), "data": shown})


def listed_at(books: Books, path: str) -> Things:
    """Return all that a list shows."""
    return books.customers_listed if path == CUSTOMERS else books.accounts_listed


def called(books: Books, surname: str) -> Things:
    """Return the customers of a name."""
    return [customer for customer in books.customers_listed if customer.surname == surname]


def held_or_with(books: Books, customer: str, iban: str) -> Things:
    """Return the containers of a customer, and those of an IBAN."""
    return [
        account
        for account in books.accounts_listed
        if account.customer == customer or account.iban == iban
    ]


def begin_scroll(books: Books, scroll_id: UUID, path: str, count: int) -> Said:
    """Return what the first batch shows; what comes later is not shown at all."""
    things = listed_at(books, path)
    first = things[:count]
    books.scrolls[scroll_id] = Scroll(
        things=path,
        count=count,
        after=first[-1].place if first else None,
        last=things[-1].place if things else None,
        expires=books.now + SCROLLS_LAST,
    )
    return page(things, count, 0)


def next_batch(books: Books, scroll_id: UUID, path: str) -> Said:
    """Return what the next batch shows."""
    scroll = books.scrolls.get(scroll_id)
    if scroll is None or scroll.things != path or scroll.expires <= books.now:
        return UNKNOWN
    left = [thing for thing in listed_at(books, path) if _is_left(scroll, thing)]
    batch = left[: scroll.count]
    scroll.expires = books.now + SCROLLS_LAST
    if batch:
        scroll.after = batch[-1].place
    return Said(200, {"data": [thing.shown for thing in batch]})


def _is_left(scroll: Scroll, thing: Customer | Account) -> bool:
    is_behind = scroll.after is None or thing.place > scroll.after
    return is_behind and scroll.last is not None and thing.place <= scroll.last
