"""A running server, and for each test a merchant of its own on it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.cli.installations import told_json
from tests.clients.merchant import PACE, Merchant
from tests.clients.node import Driven, driven
from tests.clients.payment_methods import (
    DrivenPaymentMethods,
    PaymentMethods,
    PythonPaymentMethods,
)
from tests.clients.shop import Shop
from tests.serving import RunningServer, running_sandbox

LIBRARIES = ("jsonapi-client", "kitsu", "devour")


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    with running_sandbox() as started:
        yield started


@pytest.fixture
def merchant(server: RunningServer) -> Merchant:
    contract = told_json(server.directory, "contract", "create", "Example Ltd")["id"]
    wanted = ("client", "create", "--contract", contract, "--name", "Shop")
    created = told_json(server.directory, *wanted)
    return Merchant(
        url=server.url,
        client_id=created["client_id"],
        client_secret=created["client_secret"],
    )


@pytest.fixture
def shop(merchant: Merchant) -> Shop:
    return Shop(merchant.url, merchant.client_id, merchant.client_secret)


@pytest.fixture(scope="session")
def library() -> Iterator[Callable[[str], Driven]]:
    """Return what starts a JavaScript library, each once and only if asked for."""
    with ExitStack() as started:
        yield cache(lambda name: started.enter_context(driven(name)))


@pytest.fixture(params=LIBRARIES)
def methods(
    request: pytest.FixtureRequest, merchant: Merchant, library: Callable[[str], Driven]
) -> PaymentMethods:
    """Return PACE's payment methods of a new payer, by each library in turn."""
    url, token = merchant.url + PACE, merchant.token()
    if request.param == "jsonapi-client":
        return PythonPaymentMethods(url, token)
    return DrivenPaymentMethods(library(request.param), url, token)
