"""A shop that keeps its customers' accounts through pretix-secuconnect's API client.

pretix has the client ask for transactions only. What it asks customers and containers with are the
same three calls: one that gets, one that posts, and one that takes any method.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest
from pretix_secuconnect.api_client import SecuconnectAPIClient, SecuconnectException

Members: TypeAlias = Mapping[str, Any]
"""What a JSON object holds."""

CUSTOMERS = "v2/Payment/Customers"
CONTAINERS = "v2/Payment/Containers"
CONTRACTS = "v2/Payment/Contracts"

IBAN = "DE89370400440532013000"
OTHER_IBAN = "DE62100208900001317270"
NOBODY = "PCU_000000000000000000000000000000"
"""Looks like a customer's id, and is none's."""


class TokenCache:
    """What pretix keeps its access token in, for as many seconds as the server says."""

    def __init__(self) -> None:
        self.seconds_kept: dict[str, int] = {}
        self._texts: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._texts.get(key)

    def set(self, key: str, text: str, seconds: int) -> None:
        self._texts[key] = text
        self.seconds_kept[key] = seconds


class Shop:
    """A merchant's software. What is refused raises pretix's `SecuconnectException`."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self.cache = TokenCache()
        self._api = SecuconnectAPIClient(self.cache, "testing", client_id, client_secret)
        self._api.api_base_url = url

    def add_customer(self, surname: str = "Doe", **contact: object) -> Members:
        """Add a person; what else is known of it comes as keywords."""
        named = {"forename": "John", "surname": surname, **contact}
        added: Members = self.add(CUSTOMERS, {"contact": named})
        return added

    def add_account(self, customer: str | None, iban: str) -> Members:
        """Add a bank account, of a customer or of nobody."""
        added: Members = self.add(CONTAINERS, account_of(customer, iban))
        return added

    def add(self, collection: str, members: Members) -> Any:  # noqa: ANN401  # what JSON says
        return self._api._post(collection, json=members)

    def read(self, collection: str, item_id: str) -> Any:  # noqa: ANN401  # what JSON says
        return self._api._get(f"{collection}/{item_id}")

    def find(self, collection: str, **query: str) -> Any:  # noqa: ANN401  # what JSON says
        return self._api._get(collection, params=query)

    def replace(self, collection: str, item_id: str, members: Members) -> Any:  # noqa: ANN401  # what JSON says
        return self.ask("PUT", f"{collection}/{item_id}", members)

    def delete(self, collection: str, item_id: str) -> Any:  # noqa: ANN401  # what JSON says
        return self.ask("DELETE", f"{collection}/{item_id}")

    def ask(self, method: str, path: str, members: Members | None = None) -> Any:  # noqa: ANN401  # what JSON says
        """Ask by any method; without members there is no body."""
        return self._api._perform_request(method, path, json=members)


def account_of(customer: str | None, iban: str) -> Members:
    """Return what a bank account is sent as."""
    owner = {"customer": {"id": customer}} if customer else {}
    return {"type": "bank_account", **owner, "private": {"owner": "John Doe", "iban": iban}}


def refusal(ask: Callable[[], object]) -> tuple[str, str]:
    """Ask for what must be refused, and return by which error it is and what pretix tells of it."""
    with pytest.raises(SecuconnectException) as raised:
        ask()
    return raised.value.error_object["error"], str(raised.value)
