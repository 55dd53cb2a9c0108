"""How a bank account is registered and found again on each wire, and what the answers say.

On secuconnect a request may have an idempotency key or not, which makes two kinds of clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx2

from lastschrift.apis.secuconnect.ids import container_id, parse_container_id
from lastschrift.domain.identity import AccountId
from tests.crash.clients import CONTAINERS, JSON_API, PACE_SCOPES, PAYMENT_METHODS

_ADDRESS = {
    "street": "Haid-und-Neu-Str.",
    "houseNo": "18",
    "postalCode": "76131",
    "city": "Karlsruhe",
    "countryCode": "DE",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """One account to be registered; asked again, it is the same bytes again."""

    iban: str
    account: UUID
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Wire(Protocol):
    """One of the two APIs, and how a client uses it."""

    name: str
    scope: str
    path: str
    headers: Mapping[str, str]

    def new(self, iban: str, customer: str) -> Registration:
        """Return a registration of an account number."""
        ...

    def is_final(self, status: int) -> bool:
        """Whether an answer says that the account is there, by this request or an earlier try."""
        ...

    def account(self, asked: Registration, answer: httpx2.Response) -> UUID | None:
        """Return the id of the account that a final answer is about, if it is known by now."""
        ...

    def place(self, account: UUID) -> str:
        """Return the path that an account is found at."""
        ...

    def shows(self, answer: httpx2.Response, iban: str) -> bool:
        """Whether an answer shows the account that was registered."""
        ...


class Secuconnect:
    """A container of a customer; the server makes its id, which a repeated request is not told."""

    name = "secuconnect"
    scope = "https://scope.secucard.com/e/api"
    path = CONTAINERS
    headers: Mapping[str, str] = {}

    def new(self, iban: str, customer: str) -> Registration:
        """Return a registration of an account number."""
        body = {"customer": customer, "private": {"owner": "John Doe", "iban": iban}}
        return Registration(iban, uuid4(), body)

    def is_final(self, status: int) -> bool:
        """Saved, or ProductDuplicateException."""
        return status in {HTTPStatus.OK, HTTPStatus.CONFLICT}

    def account(self, asked: Registration, answer: httpx2.Response) -> UUID | None:
        """Return the id that the server made."""
        return parse_container_id(answer.json()["id"]) if answer.status_code == 200 else None

    def place(self, account: UUID) -> str:
        """Return the container's path."""
        return f"{CONTAINERS}/{container_id(AccountId(account))}"

    def shows(self, answer: httpx2.Response, iban: str) -> bool:
        """Whether the container has the account number."""
        return bool(answer.status_code == 200 and answer.json()["private"]["iban"] == iban)


class KeyedSecuconnect(Secuconnect):
    """The same under an idempotency key: a repeated request is told which container it made."""

    name = "secuconnect with keys"

    def new(self, iban: str, customer: str) -> Registration:
        """Return a registration of an account number, under a key of its own."""
        return replace(super().new(iban, customer), headers={"Idempotency-Key": str(uuid4())})

    def is_final(self, status: int) -> bool:
        """Saved; who is told 409 has asked while an earlier try is running."""
        return status == HTTPStatus.OK


class Pace:
    """A payment method of the client's own payer, under an id that the client chose."""

    name = "PACE"
    scope = PACE_SCOPES
    path = PAYMENT_METHODS + "/sepa-direct-debit"
    headers: Mapping[str, str] = JSON_API

    def new(self, iban: str, customer: str) -> Registration:
        """Return a registration of an account number."""
        attributes = {
            "kind": "sepa",
            "iban": iban,
            "firstName": "Jon",
            "lastName": "Smith",
            "address": _ADDRESS,
        }
        account = uuid4()
        data = {"type": "paymentMethod", "id": str(account), "attributes": attributes}
        return Registration(iban, account, {"data": data})

    def is_final(self, status: int) -> bool:
        """Created, or where it is already."""
        return status in {HTTPStatus.CREATED, HTTPStatus.SEE_OTHER}

    def account(self, asked: Registration, answer: httpx2.Response) -> UUID | None:
        """Return the id that the client chose."""
        return asked.account

    def place(self, account: UUID) -> str:
        """Return the payment method's path."""
        return f"{PAYMENT_METHODS}/{account}"

    def shows(self, answer: httpx2.Response, iban: str) -> bool:
        """Whether the payment method has the account number's last four; it never shows more."""
        shown = answer.json()["data"]["attributes"] if answer.status_code == 200 else {}
        return bool(str(shown.get("identificationString", "")).endswith(iban[-4:]))


_WIRES: tuple[Wire, ...] = (Secuconnect(), Pace(), KeyedSecuconnect())
WIRES: Mapping[str, Wire] = {wire.name: wire for wire in _WIRES}
