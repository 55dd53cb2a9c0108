"""What is asked: lists by their first pages, searches by indexes, and some that have none."""

from typing import NamedTuple
from urllib.parse import urlencode

CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"


class Question(NamedTuple):
    """A list and its parameters; ``is_indexed``: it must be answered in time."""

    name: str
    path: str
    parameters: dict[str, str]
    is_indexed: bool = True

    @property
    def target(self) -> str:
        """What stands in the request's first line."""
        return f"{self.path}?{urlencode(self.parameters)}"


def questions(customer: str, iban: str) -> list[Question]:
    """Return all questions; the customer and the account number are there."""
    return [
        *(_page(CUSTOMERS, sort) for sort in ("", "created:desc", "contact.surname:asc")),
        *(_page(CUSTOMERS, sort) for sort in ("contact.email:desc", "contact.companyname:asc")),
        *(_page(CONTAINERS, sort) for sort in ("", "created:desc")),
        _search("an id", f"id:{customer}"),
        _search("a frequent surname", "contact.surname:müller"),
        _search("a rare surname", "contact.surname:Bababebo"),
        _search("a surname's first three letters", "contact.surname:mül*"),
        _search("a surname's first letter", "contact.surname:m*"),
        _search("an e-mail address", "contact.email:anna.müller4711@example.com"),
        _search("an e-mail address's beginning", "contact.email:anna.mü*"),
        _search("a day", "created:2021-02-03"),
        _search("a month", "created:[2021-02-01 TO 2021-02-28]"),
        _search("four years", "created:[2021-01-01 TO 2024-12-31]"),
        _search("surname and forename", "contact.surname:bababe AND contact.forename:Anna"),
        Question("an IBAN", CONTAINERS, {"q": f"private.iban:{iban}"}),
        _search("a town that many live in", "contact.address.city:Berlin", is_indexed=False),
        _search("a town that nobody lives in", "contact.address.city:Nowhere", is_indexed=False),
        _search("a surname's end", "contact.surname:*nobody", is_indexed=False),
    ]


def _page(path: str, sort: str) -> Question:
    listed = path.rpartition("/")[2].lower()
    by = f", by {sort}" if sort else ""
    return Question(f"first page of {listed}{by}", path, {"sort": sort} if sort else {})


def _search(name: str, query: str, *, is_indexed: bool = True) -> Question:
    return Question(name, CUSTOMERS, {"q": query}, is_indexed)
