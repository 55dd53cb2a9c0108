"""The examples that the APIs' descriptions show, made to fit a sandbox."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lastschrift.domain.access import Scope
from lastschrift.web.openapi.examples import example
from tests.apis.golden import read_exchange
from tests.apis.steps.given import world_of
from tests.apis.steps.world import World
from tests.house import House
from tests.web.descriptions import DOCUMENTS, OPERATIONS, Operation

WITH_BODY = [operation for operation in OPERATIONS if "requestBody" in operation.described]

SHOWN = {  # the ids in the examples, by the names that a sandbox has for its own
    "customer": "PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA",
    "container": "PCT_26VH44YJM2MG4Y6WX75XUVH65QYVAB",
    "method": "2a1319c3-c136-495d-b59a-47b3246d08af",
}

GIVEN = [f"a token with {' '.join(Scope)}", "a customer"]


@asynccontextmanager
async def in_sandbox(house: House, *given: str) -> AsyncIterator[World]:
    """Make a sandbox with a token for everything, a customer, and what else is given."""
    head = "".join(f"# given: {step}\n" for step in [*GIVEN, *given])
    async with world_of(read_exchange(f"{head}GET /\n\nHTTP/1.1 200\n"), house) as world:
        yield world


def given_for(operation: Operation) -> list[str]:
    """Return what there must be, beside a customer, for an operation to do something."""
    is_about_nothing_yet = operation.method == "POST" and "{" not in operation.path
    return [] if is_about_nothing_yet else [_ACCOUNT[operation.document]]


_ACCOUNT = {"pace": "a payment method", "secuconnect": "a bank account of the customer"}


def path_example(operation: Operation) -> str:
    """Return a path as the description shows it."""
    path = operation.path
    for parameter in operation.described["parameters"]:
        shown = str(example(parameter["schema"], {}))
        path = path.replace(f"{{{parameter['name']}}}", shown)
    return path


def request_example(operation: Operation) -> dict[str, Any]:
    """Return a body as the description shows it."""
    schemas = DOCUMENTS[operation.document]["components"]["schemas"]
    found = example(operation.request_schema, schemas)
    assert isinstance(found, dict)
    return copy.deepcopy(found)


def fitted(text: str, world: World) -> str:
    """Return an example with the sandbox's own ids."""
    for name, shown in SHOWN.items():
        text = text.replace(shown, world.bindings.get(name, shown))
    return text
