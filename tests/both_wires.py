"""Requests of both wires as clients write them, to be sent whichever way a test likes.

asked = Secuconnect(headers).save_container("DE89370400440532013000", customer)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
METHODS = "/pay/2024-1/payment-methods"
ADDRESS = {
    "street": "Haid-und-Neu-Str.",
    "houseNo": "18",
    "postalCode": "76131",
    "city": "Karlsruhe",
    "countryCode": "DE",
}

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request; ``content`` is sent as JSON."""

    method: str = "POST"
    path: str
    query: str = ""
    headers: Headers
    content: object = None

    @property
    def body(self) -> bytes:
        """What is sent."""
        return b"" if self.content is None else json.dumps(self.content).encode()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer; the names of headers are in lower case."""

    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  # what JSON says
        """Return what the body says."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Secuconnect:
    """A merchant's client; an optional ``key`` is sent as the idempotency key."""

    headers: Headers

    def save_customer(self, surname: str, key: str | None = None) -> Asked:
        """Save a customer."""
        return self._keyed(CUSTOMERS, key, _customer(surname))

    def replace_customer(self, customer: str, surname: str) -> Asked:
        """Replace a customer's contact data."""
        return self._ask("PUT", f"{CUSTOMERS}/{customer}", _customer(surname))

    def delete_customer(self, customer: str) -> Asked:
        """Delete a customer."""
        return self._ask("DELETE", f"{CUSTOMERS}/{customer}")

    def save_container(
        self, iban: str, customer: str | None = None, key: str | None = None, owner: str = "Doe"
    ) -> Asked:
        """Save a container, of a customer or of nobody."""
        return self._keyed(CONTAINERS, key, _container(iban, customer, owner))

    def replace_container(self, container: str, iban: str, customer: str | None) -> Asked:
        """Replace a container's bank account, and its customer if one is named."""
        return self._ask("PUT", f"{CONTAINERS}/{container}", _container(iban, customer, "Doe"))

    def read_container(self, container: str) -> Asked:
        """Read a container."""
        return self._ask("GET", f"{CONTAINERS}/{container}")

    def delete_container(self, container: str) -> Asked:
        """Delete a container."""
        return self._ask("DELETE", f"{CONTAINERS}/{container}")

    def archive(self, container: str) -> Asked:
        """Archive a container."""
        return self._ask("PUT", f"{CONTAINERS}/{container}/archive")

    def assign(self, container: str, customer: str) -> Asked:
        """Assign a container to a customer."""
        return self._ask("POST", f"{CONTAINERS}/{container}/assign/{customer}")

    def unassign(self, container: str) -> Asked:
        """Take a container from its customer."""
        return self._ask("DELETE", f"{CONTAINERS}/{container}/assign")

    def listed(self, path: str, **query: object) -> Asked:
        """List customers or containers."""
        return Asked(method="GET", path=path, query=urlencode(query), headers=self.headers)

    def _keyed(self, path: str, key: str | None, content: object) -> Asked:
        headers = self.headers if key is None else {**self.headers, "Idempotency-Key": key}
        return Asked(path=path, headers=headers, content=content)

    def _ask(self, method: str, path: str, content: object = None) -> Asked:
        return Asked(method=method, path=path, headers=self.headers, content=content)


def _customer(surname: str) -> object:
    return {"contact": {"surname": surname}}


def _container(iban: str, customer: str | None, owner: str) -> object:
    return {"private": {"owner": owner, "iban": iban}, "customer": customer}


@dataclass(frozen=True, slots=True)
class Pace:
    """Who pays by PACE."""

    headers: Headers

    def register(self, iban: str, chosen_id: str | None = None) -> Asked:
        """Register a payment method, under an id of the client's own if one is given."""
        attributes = {"kind": "sepa", "iban": iban, "lastName": "Doe", "address": ADDRESS}
        chosen = {} if chosen_id is None else {"id": chosen_id}
        path = f"{METHODS}/sepa-direct-debit"
        return self._ask("POST", path, {**chosen, "attributes": attributes})

    def read(self, method: str) -> Asked:
        """Read a payment method."""
        return self._ask("GET", f"{METHODS}/{method}")

    def patch(self, method: str, alias: str) -> Asked:
        """Call a payment method something else."""
        changed = {"id": method, "attributes": {"alias": alias}}
        return self._ask("PATCH", f"{METHODS}/{method}", changed)

    def delete(self, method: str) -> Asked:
        """Delete a payment method."""
        return self._ask("DELETE", f"{METHODS}/{method}")

    def delete_all(self) -> Asked:
        """Delete all payment methods of the payer's."""
        return self._ask("DELETE", METHODS)

    def listed(self) -> Asked:
        """List the payer's payment methods."""
        return self._ask("GET", METHODS)

    def _ask(self, method: str, path: str, resource: Mapping[str, object] | None = None) -> Asked:
        content = None if resource is None else {"data": {"type": "paymentMethod", **resource}}
        headers = {**self.headers, "Content-Type": "application/vnd.api+json"}
        return Asked(method=method, path=path, headers=headers, content=content)
