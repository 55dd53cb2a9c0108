"""Lists as they are asked for, each with the index that it should be found by."""

from typing import NamedTuple
from uuid import UUID

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import (
    ANY_CHARACTERS,
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
    Order,
    Page,
    Position,
    Search,
    Stretch,
    TextBetween,
)
from lastschrift.storage.codec import Codec
from lastschrift.storage.selecting import (
    BANK_ACCOUNTS,
    CUSTOMERS,
    Listed,
    Statement,
    count_of,
    page_of,
    stretch_of,
)
from tests.storage.filling import NOW, later

SOMEBODY = UUID(int=7)


class AskedList(NamedTuple):
    """A condition and an order; ``is_in_order``: the index has the order, so nothing is sorted.

    ``goes_by_in_postgres`` is said where the engines' indexes differ.
    """

    listed: Listed
    goes_by: str
    condition: Condition = Everything()
    order: tuple[Order, ...] = ()
    is_in_order: bool = False
    goes_by_in_postgres: str = ""


DOE = HasText(Field.FAMILY_NAME, "doe")
DO = Matches(Field.FAMILY_NAME, ("do", ANY_CHARACTERS))
MAIL = HasText(Field.EMAIL, "doe@example.com")
A_WEEK = InstantBetween(Field.CREATED, NOW, later(7 * 24 * 3600))
IN_TOWN = HasText(Field.TOWN, "examplecity")
BY_KEY = "PRIMARY KEY"


def order(field: Field, *, is_descending: bool = False) -> tuple[Order, ...]:
    return (Order(field, is_descending),)


ASKED = {
    "all": AskedList(CUSTOMERS, "debtor_by_creation", is_in_order=True),
    "newest first": AskedList(
        CUSTOMERS,
        "debtor_by_creation",
        order=order(Field.CREATED, is_descending=True),
        is_in_order=True,
    ),
    "by surname": AskedList(
        CUSTOMERS, "debtor_by_family_name", order=order(Field.FAMILY_NAME), is_in_order=True
    ),
    "by e-mail, from its end": AskedList(
        CUSTOMERS,
        "debtor_by_email",
        order=order(Field.EMAIL, is_descending=True),
        is_in_order=True,
    ),
    "by id": AskedList(CUSTOMERS, BY_KEY, order=order(Field.ID)),
    "by town": AskedList(CUSTOMERS, "debtor_by_creation", order=order(Field.TOWN)),
    "an id": AskedList(CUSTOMERS, BY_KEY, HasId(Field.ID, SOMEBODY)),
    "an id and a surname": AskedList(
        CUSTOMERS, BY_KEY, AllOf((DOE, AllOf((HasId(Field.ID, SOMEBODY),))))
    ),
    "a surname": AskedList(CUSTOMERS, "debtor_by_family_name", DOE, is_in_order=True),
    "a surname, newest first": AskedList(
        CUSTOMERS,
        "debtor_by_family_name",
        DOE,
        order(Field.CREATED, is_descending=True),
        is_in_order=True,
    ),
    "a surname's beginning": AskedList(CUSTOMERS, "debtor_by_family_name", DO),
    "surnames from one to another": AskedList(
        CUSTOMERS, "debtor_by_family_name", TextBetween(Field.FAMILY_NAME, "a", "c")
    ),
    "an e-mail address": AskedList(CUSTOMERS, "debtor_by_email", MAIL),
    "a company": AskedList(CUSTOMERS, "debtor_by_company", HasText(Field.COMPANY, "x")),
    "a forename": AskedList(CUSTOMERS, "debtor_by_given_name", HasText(Field.GIVEN_NAME, "x")),
    "a beginning and an address": AskedList(CUSTOMERS, "debtor_by_email", AllOf((DO, MAIL))),
    "a week": AskedList(CUSTOMERS, "debtor_by_creation", A_WEEK, is_in_order=True),
    "a week and a town": AskedList(CUSTOMERS, "debtor_by_creation", AllOf((A_WEEK, IN_TOWN))),
    "one or the other": AskedList(CUSTOMERS, "debtor_by_creation", AnyOf((DOE, MAIL))),
    "not a surname": AskedList(CUSTOMERS, "debtor_by_creation", Not(DOE), is_in_order=True),
    "all accounts": AskedList(BANK_ACCOUNTS, "bank_account_by_creation", is_in_order=True),
    "newest accounts first": AskedList(
        BANK_ACCOUNTS,
        "bank_account_by_creation",
        order=order(Field.CREATED, is_descending=True),
        is_in_order=True,
    ),
    "an account's id": AskedList(BANK_ACCOUNTS, BY_KEY, HasId(Field.ID, SOMEBODY)),
    "an IBAN": AskedList(
        BANK_ACCOUNTS,
        "bank_account_by_fingerprint",
        HasFingerprint(bytes(32)),
        goes_by_in_postgres="bank_account_once",
    ),
    "an IBAN by a new key": AskedList(
        BANK_ACCOUNTS,
        "bank_account_by_fingerprint_even",
        HasFingerprint(bytes(32), version=2),
        goes_by_in_postgres="bank_account_once_even",
    ),
    "a customer's accounts": AskedList(
        BANK_ACCOUNTS,
        "bank_account_once",
        HasId(Field.CUSTOMER, SOMEBODY),
        goes_by_in_postgres="bank_account_of_debtor",
    ),
}


def statements_of(asked: AskedList, codec: Codec, contract: ContractId) -> dict[str, Statement]:
    """Return the statements that find a page, a batch of a scroll, and how many there are."""
    condition, wanted = asked.condition, asked.listed
    search = Search(page=Page(20, 0), condition=condition, order=asked.order)
    place = Position(NOW, SOMEBODY)
    stretch = Stretch(condition=condition, is_descending=False, count=20, after=place, last=place)
    return {
        "page": page_of(wanted, codec, contract, search),
        "stretch": stretch_of(wanted, codec, contract, stretch),
        "count": count_of(wanted, codec, contract, condition, 10_001),
    }
