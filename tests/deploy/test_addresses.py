"""Where a request comes from: the proxy says so, and nobody else is believed.

Guessing is limited for each address, so that how many guesses get through tells whom the server
takes a client for.
"""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.deploy.proxies import GUESSES_MAX, PROXIES, Behind, free_port, running_proxy
from tests.promises import control, promise, rounds
from tests.serving import running_sandbox

PAYMENT_METHODS = "/pay/2024-1/payment-methods"
GUESS = {"Authorization": "Bearer gm3594cd1vvqffokcf1lc8t735"}

INVENTED = rounds(ci=GUESSES_MAX + 2, soak=1000)
"""How many addresses a client makes up."""

HANDS_ON = {
    "haproxy": {r"    http-request set-header X-Forwarded-For .*\n": ""},
    "nginx": {r"X-Forwarded-For \$remote_addr": "X-Forwarded-For $http_x_forwarded_for"},
}
"""What makes of a proxy one that lets pass what a client says of its address."""


def guesses(client: httpx2.Client, addresses: list[str]) -> int:
    """Guess once in the name of each address, and return how many guesses were looked at.

    Those are not counted that anybody may make again meanwhile: the limit is for a minute.
    """
    looked_at, started_s = 0, time.monotonic()
    for address in addresses:
        told = {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}
        status = client.get(PAYMENT_METHODS, headers={**GUESS, **told}).status_code
        assert status in {401, 429}
        looked_at += status == 401
    allowed_again = int((time.monotonic() - started_s) / 60 * GUESSES_MAX)
    return max(looked_at - allowed_again, min(looked_at, GUESSES_MAX))


def invented() -> list[str]:
    """Return addresses that nobody has."""
    return [f"192.0.{number // 250}.{number % 250}" for number in range(INVENTED)]


@promise("addresses-believed")
def test_what_a_client_says_of_its_address_is_not_believed(
    behind: Behind, figure: Callable[[str], None]
) -> None:
    with behind.proxy.client("127.0.2.1") as client:
        assert guesses(client, invented()) == GUESSES_MAX
    figure(f"{INVENTED:,} invented addresses through the proxy: 0 believed")


@promise("addresses-believed")
def test_who_goes_past_the_proxy_is_not_believed_either(
    behind: Behind, figure: Callable[[str], None]
) -> None:
    transport = httpx2.HTTPTransport(local_address="127.0.3.1")
    with httpx2.Client(transport=transport, base_url=behind.server.url) as client:
        assert guesses(client, invented()) == GUESSES_MAX
    figure(f"{INVENTED:,} invented addresses past the proxy: 0 believed")


def test_who_guesses_is_stopped_by_the_own_address_and_nobody_else(behind: Behind) -> None:
    with behind.proxy.client("127.0.1.1") as guesser, behind.proxy.client("127.0.1.2") as other:
        assert guesses(guesser, ["127.0.1.1"] * (GUESSES_MAX + 2)) == GUESSES_MAX
        assert guesses(other, ["127.0.1.2"]) == 1


@control("addresses-believed")
@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_that_hands_on_what_it_is_told_is_noticed(name: str, tmp_path: Path) -> None:
    port = free_port()
    with (
        running_sandbox(
            LASTSCHRIFT_TRUSTED_PROXIES="127.0.0.1",
            LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX=str(GUESSES_MAX),
        ) as server,
        running_proxy(
            name,
            port=port,
            servers=[f"127.0.0.1:{server.port}"],
            directory=tmp_path,
            broken_by=HANDS_ON[name],
        ) as proxy,
        proxy.client() as client,
    ):
        client.get("/oauth/token")
        assert guesses(client, invented()) > 0.9 * INVENTED
