"""A server, and each of the proxies before it in turn."""

from collections.abc import Iterator

import pytest

from tests.deploy.proxies import GUESSES_MAX, PROXIES, Behind, free_port, running_proxy
from tests.serving import running_sandbox


@pytest.fixture(scope="module", params=PROXIES)
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    """Lend a server behind a proxy that has another server too, which is away."""
    directory, port = tmp_path_factory.mktemp(request.param), free_port()
    settings = {
        "LASTSCHRIFT_PUBLIC_URL": f"https://localhost:{port}",
        "LASTSCHRIFT_TRUSTED_PROXIES": "127.0.0.1",
        "LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX": str(GUESSES_MAX),
    }
    with running_sandbox(None, **settings) as server:
        servers = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{server.port}"]
        with running_proxy(request.param, port=port, servers=servers, directory=directory) as proxy:
            yield Behind(server, proxy)
