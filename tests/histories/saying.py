"""What an answer says, in short: so that it can be compared with what a model says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.both_wires import Answered

Shown = Any
"""An object in short, several of them, the id in a Location, or an error's name."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in short."""

    status: int
    shown: Shown = None
    is_replayed: bool = False


UNKNOWN = Said(404, "ProductNotFoundException")
DENIED = Said(403, "ProductNotAllowedException")
DUPLICATE = Said(409, "ProductDuplicateException")
KEY_TAKEN = Said(422, "ProductFormatException")
"""What secuconnect says where something can't be done."""

NO_METHOD = Said(404)
ID_TAKEN = Said(409)
DONE = Said(204)
"""What PACE says without an object."""


def exists(method: str) -> Said:
    """Return what PACE says where there is such a payment method."""
    return Said(303, method)


def said(answer: Answered) -> Said:
    """Return what an answer says."""
    if answer.status == 303:
        return exists(answer.headers["location"].rpartition("/")[2])
    if not answer.body:
        return Said(answer.status)
    is_replayed = answer.headers.get("idempotency-replayed") == "true"
    return Said(answer.status, _shown(answer.json()), is_replayed)


def _shown(body: Shown) -> Shown:
    """Return what a body shows: a secuconnect object, a list of them, or a JSON:API document."""
    if isinstance(body, list):
        return [_object(item) for item in body]
    if "errors" in body:
        return None
    if "error" in body:
        return body["error"]
    if "data" not in body:
        return _object(body)
    if isinstance(body["data"], dict):
        return _object(body["data"])
    found = {"data": [_object(item) for item in body["data"]]}
    return {**found, "count": body["count"]} if "count" in body else found


def _object(item: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = item.get("object") or item["type"]
    return _SHORT[kind](item)


def _customer(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": item["id"], "surname": item["contact"]["surname"]}


def _container(item: Mapping[str, Any]) -> Mapping[str, Any]:
    assert item["private"] == item["public"]
    customer = item.get("customer", {}).get("id")
    return {"id": item["id"], "iban": item["private"]["iban"], "customer": customer}


def _method(item: Mapping[str, Any]) -> Mapping[str, Any]:
    attributes = item["attributes"]
    last_four = attributes["identificationString"][-4:]
    return {"id": item["id"], "last four": last_four, "alias": attributes.get("alias")}


_SHORT: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "payment.customers": _customer,
    "payment.containers": _container,
    "paymentMethod": _method,
}
