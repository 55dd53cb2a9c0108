"""Libraries for JSON:API, each in its own words, made alike for the tests.

None of them knows PACE: it is told the address, the types, and where what is not where a library
looks by itself. Nothing in them is changed.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from jsonapi_client import Modifier, Session
from jsonapi_client.document import Document
from jsonapi_client.exceptions import DocumentError
from jsonapi_client.resourceobject import ResourceObject

from tests.clients.node import Driven, Refused

METHODS = "payment-methods"
METHOD_TYPE = "paymentMethod"

Method: TypeAlias = Mapping[str, Any]
"""A payment method as a library's user gets it: id and attributes side by side."""

Query: TypeAlias = Mapping[str, str | Mapping[str, str]]
"""Of a list, as ``{"page": {"size": "1"}}`` for ``page[size]=1``."""


class PaymentMethods(Protocol):
    """What every library can do with payment methods. All of it raises `Refused`."""

    def create(self, method: Method) -> Method:
        """Register one; ``method`` may have an ``id`` of its own."""

    def all(self, query: Query) -> list[Method]:
        """Return those that there are."""

    def read(self, method_id: str) -> Method:
        """Return one."""

    def change(self, method_id: str, changes: Method) -> Method:
        """Change some attributes, and return it as it is then."""

    def delete(self, method_id: str) -> None:
        """Delete one."""

    def delete_all(self) -> None:
        """Delete all that there are."""

    def kinds(self) -> list[str]:
        """Return which kinds of payment methods there are."""


class DrivenPaymentMethods:
    """What kitsu.mjs and devour.mjs do."""

    def __init__(self, library: Driven, url: str, token: str) -> None:
        self._library = library
        library.call("connect", url, token)

    def create(self, method: Method) -> Method:
        created: Method = self._library.call("create", method)
        return created

    def all(self, query: Query) -> list[Method]:
        found: list[Method] = self._library.call("all", query)
        return found

    def read(self, method_id: str) -> Method:
        found: Method = self._library.call("read", method_id)
        return found

    def change(self, method_id: str, changes: Method) -> Method:
        changed: Method = self._library.call("change", method_id, changes)
        return changed

    def delete(self, method_id: str) -> None:
        self._library.call("delete", method_id)

    def delete_all(self) -> None:
        self._library.call("deleteAll")

    def kinds(self) -> list[str]:
        return [kind["id"] for kind in self._library.call("kinds")]


_TEXT = {"type": ["string", "null"]}
_YES_OR_NO = {"type": ["boolean", "null"]}
_SCHEMA = {
    METHOD_TYPE: {
        "properties": {
            **dict.fromkeys(("kind", "iban", "firstName", "lastName", "email"), _TEXT),
            **dict.fromkeys(("status", "identificationString", "alias", "expiry"), _TEXT),
            **dict.fromkeys(("twoFactor", "implicit", "managed", "pacePay"), _YES_OR_NO),
            "paymentMethodKind": {"relation": "to-one", "resource": ["paymentMethodKind"]},
            "paymentMethodVendor": {"relation": "to-one", "resource": ["paymentMethodVendor"]},
        }
    }
}


class PythonPaymentMethods:
    """What jsonapi-client does: by requests, and deletes by aiohttp.

    When it deletes by requests, it reads JSON from every answer, and so breaks after each 204,
    whoever the server is. It has no word for an id of the client's own.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._options = {"headers": {"Authorization": f"Bearer {token}"}}

    def create(self, method: Method) -> Method:
        resource = self._session().create(METHOD_TYPE, dict(method))
        return self._committed(resource, "sepa-direct-debit")

    def all(self, query: Query) -> list[Method]:
        return [_plain(resource) for resource in self._get(Modifier(_query_text(query))).resources]

    def read(self, method_id: str) -> Method:
        return _plain(self._get(method_id).resource)

    def change(self, method_id: str, changes: Method) -> Method:
        resource = self._get(method_id).resource
        for name, value in changes.items():
            resource.fields[name] = value
        return self._committed(resource, method_id)

    def delete(self, method_id: str) -> None:
        asyncio.run(self._delete(method_id))

    def delete_all(self) -> None:
        for method in self.all({}):
            self.delete(method["id"])

    def kinds(self) -> list[str]:
        return [kind.id for kind in self._session().get("payment-method-kinds").resources]

    def walk(self, query: Query) -> list[str]:
        """Return the ids on all pages, found by the links from each page to the next."""
        pages = self._session().iterate(METHODS, Modifier(_query_text(query)))
        return [resource.id for resource in pages]

    def _session(self, *, enable_async: bool = False) -> Session:
        return Session(
            self._url, schema=_SCHEMA, request_kwargs=self._options, enable_async=enable_async
        )

    def _get(self, which: str | Modifier) -> Document:
        try:
            return self._session().get(METHODS, which)
        except DocumentError as refused:
            raise Refused(refused.response.json()["errors"]) from refused

    def _committed(self, resource: ResourceObject, name: str) -> Method:
        """Have a resource written: a library that follows types would look below /paymentMethod."""
        try:
            resource.commit(f"{self._url}/{METHODS}/{name}")
        except DocumentError as refused:
            raise Refused(refused.response.json()["errors"]) from refused
        return _plain(resource)

    async def _delete(self, method_id: str) -> None:
        async with self._session(enable_async=True) as session:
            resource = (await session.get(METHODS, method_id)).resource
            resource.delete()
            await resource.commit(f"{self._url}/{METHODS}/{method_id}")


def _plain(resource: ResourceObject) -> Method:
    """Return a resource without what it does not have: the library fills up with None."""
    given = {
        name: value for name, value in resource.json["attributes"].items() if value is not None
    }
    return {"id": resource.id, **given}


def _query_text(query: Query) -> str:
    return "&".join(
        f"{name}={value}" if isinstance(value, str) else _family_text(name, value)
        for name, value in query.items()
    )


def _family_text(family: str, members: Mapping[str, str]) -> str:
    return "&".join(f"{family}[{name}]={text}" for name, text in members.items())
