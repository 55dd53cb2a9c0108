"""The real server limits guessing as it is set to, by the address that a connection comes from."""

import httpx2

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.serving import running_sandbox

CUSTOMERS = "/api/v2/Payment/Customers"
PAYMENT_METHODS = "/pay/2024-1/payment-methods"
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


def client_at(address: str, url: str) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.HTTPTransport(local_address=address), base_url=url)


def test_guessing_is_limited_by_client_and_by_address() -> None:
    form = {"grant_type": "client_credentials", "client_id": DEMO_CLIENT_ID}
    right, wrong = ({**form, "client_secret": text} for text in (DEMO_CLIENT_SECRET, "wrong"))
    guess = {"Authorization": "Bearer gm3594cd1vvqffokcf1lc8t735"}
    with (
        running_sandbox(
            LASTSCHRIFT_CLIENT_FAILURES_PER_MINUTE_MAX="2",
            LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX="4",
        ) as server,
        client_at(HERE, server.url) as here,
        client_at(ELSEWHERE, server.url) as elsewhere,
    ):
        asked = [here.post("/oauth/token", data=wrong).status_code for _ in range(3)]
        assert asked == [400, 400, 429]
        used = [here.post(CUSTOMERS, headers=guess, json={}) for _ in range(3)]
        assert [answer.status_code for answer in used] == [403, 403, 429]
        assert 1 <= int(used[-1].headers["retry-after"]) <= 15

        forwarded = {**guess, "X-Forwarded-For": ELSEWHERE, "Forwarded": f"for={ELSEWHERE}"}
        assert here.get(PAYMENT_METHODS, headers=forwarded).status_code == 429
        assert here.post("/oauth/token", data=right).status_code == 429
        assert elsewhere.post("/oauth/token", data=right).status_code == 200
        assert elsewhere.get(PAYMENT_METHODS, headers=guess).status_code == 401


def test_behind_a_trusted_proxy_the_address_is_the_one_that_it_tells() -> None:
    guess = {"Authorization": "Bearer gm3594cd1vvqffokcf1lc8t735"}
    with (
        running_sandbox(
            LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX="1", LASTSCHRIFT_TRUSTED_PROXIES=HERE
        ) as server,
        client_at(HERE, server.url) as proxy,
    ):
        told = [
            proxy.get(PAYMENT_METHODS, headers={**guess, "X-Forwarded-For": address}).status_code
            for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2, 192.0.2.1")
        ]
    assert told == [401, 429, 401, 429]
