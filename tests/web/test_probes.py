"""What is served beside the APIs, asked of the real application."""

import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx2
import pytest

from lastschrift.operations.ports import Reader, Store
from lastschrift.operations.ports.store import T
from lastschrift.web.app import build_app
from lastschrift.web.http import Edge
from lastschrift.web.metrics import Metrics
from lastschrift.web.probes import Readiness, probe_routes
from tests.house import BASE_URL, House, all_apis

pytestmark = pytest.mark.anyio


@pytest.fixture
def ending() -> threading.Event:
    return threading.Event()


@pytest.fixture
async def client(house: House, ending: threading.Event) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(house, Readiness(house.store, ending)) as opened:
        yield opened


def serving(house: House, readiness: Readiness) -> httpx2.AsyncClient:
    apis, metrics = all_apis(), Metrics(version="1")
    app = build_app(
        apis,
        Edge(
            ports=house.ports,
            bearer=house.bearer,
            limits=house.limits,
            body_bytes_max=65_536,
            public_url=None,
            has_cors=True,
        ),
        more_routes=probe_routes(apis, metrics, readiness, others=[]),
        observer=metrics,
        log_unexpected=house.reports.log_unexpected,
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE_URL)


async def test_a_server_that_runs_is_up_and_ready(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "up"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert ready.headers["cache-control"] == "no-store"


async def test_a_server_that_ends_is_up_but_not_ready(
    client: httpx2.AsyncClient, ending: threading.Event
) -> None:
    ending.set()
    assert (await client.get("/healthz")).status_code == 200
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"status": "not ready", "reason": "ShuttingDown"}


async def test_a_server_whose_store_cannot_read_is_not_ready(
    house: House, ending: threading.Event
) -> None:
    class BrokenStore(Store):
        async def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
            raise OSError("no disk, and nothing of this text goes out")

    broken = BrokenStore()  # type: ignore[abstract]  # nothing else of it is asked for
    async with serving(house, Readiness(broken, ending)) as client:
        ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"status": "not ready", "reason": "OSError"}


async def test_the_figures_are_in_prometheus_text_format(client: httpx2.AsyncClient) -> None:
    await client.get("/oauth/nowhere")
    figures = await client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'lastschrift_requests_total{route="/oauth/…",status="404"} 1.0' in figures.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
async def test_head_is_answered_too(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.head(path)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
async def test_other_methods_are_told_which_ones_there_are(
    client: httpx2.AsyncClient, path: str
) -> None:
    refused = await client.post(path)
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("path", ["/nowhere", "/oauth", "/favicon.ico", "/healthz/", "//healthz"])
async def test_a_path_of_no_api_is_not_found(client: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        refused = await client.request(method, BASE_URL + path)
        assert (refused.status_code, refused.json()["error"]) == (404, "not found")


@pytest.mark.parametrize("path", ["/oauth/nowhere", "/OAUTH/nowhere", "/api/nowhere"])
async def test_a_path_below_an_api_is_answered_in_its_words(
    client: httpx2.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).json()["error"] != "not found"


WELL_KNOWN = "/.well-known/oauth-authorization-server"


@pytest.mark.parametrize("path", [WELL_KNOWN, WELL_KNOWN.upper()])
async def test_a_route_of_an_api_is_found_outside_its_prefix_too(
    client: httpx2.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).status_code == 200
    assert (await client.post(path)).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "path", ["/.well-known", "/.well-known/", WELL_KNOWN + "/", WELL_KNOWN + "/x", WELL_KNOWN + "x"]
)
async def test_what_is_near_it_is_no_apis(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).json()["error"] == "not found"


@pytest.mark.parametrize(
    "path", ["/.well-\u212anown/oauth-authorization-server", WELL_KNOWN + "%0A"]
)
async def test_only_the_letters_a_to_z_are_folded(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).json()["error"] == "not found"


async def test_the_front_page_names_what_there_is(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/")).json()
    assert set(page["apis"].values()) == {api.prefix for api in all_apis()}
    assert "/readyz" in page["probes"]
