"""deploy/haproxy.cfg and deploy/nginx.conf, really run in front of a server, with TLS."""

import re
import socket
import ssl
import subprocess
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.web.security_headers import SECURITY_HEADERS
from tests.deploy.proxies import (
    PROXIES,
    Behind,
    RunningProxy,
    command_of,
    free_port,
    make_certificate,
    running_proxy,
)
from tests.serving import running_sandbox

CUSTOMERS = "/api/v2/Payment/Customers"
PAYMENT_METHODS = "/pay/2024-1/payment-methods"
REGISTER = PAYMENT_METHODS + "/sepa-direct-debit"
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": DEMO_CLIENT_ID,
    "client_secret": DEMO_CLIENT_SECRET,
}
GUESS = {"Authorization": "Bearer gm3594cd1vvqffokcf1lc8t735"}


def token_of(client: httpx2.Client, **more: str) -> dict[str, str]:
    answer = client.post("/oauth/token", data={**CREDENTIALS, **more})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


# --- the configurations ---------------------------------------------------------------------------

CHECKS = {"haproxy": ["-c"], "nginx": ["-t"]}


@pytest.mark.parametrize("name", PROXIES)
def test_the_proxy_takes_its_configuration_without_a_warning(name: str, tmp_path: Path) -> None:
    make_certificate(tmp_path)
    command = command_of(name, port=free_port(), servers=["127.0.0.1:8080"], directory=tmp_path)
    checked = subprocess.run([*command, *CHECKS[name]], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr.lower()


# --- asked through it -----------------------------------------------------------------------------


def test_the_seeds_requests_are_answered_through_it(behind: Behind) -> None:
    with behind.proxy.client() as client:
        authorized = token_of(client)
        customer = client.post(CUSTOMERS, headers=authorized, json={"contact": {"forename": "A"}})
        container = {
            "type": "bank_account",
            "customer": customer.json()["id"],
            "private": {"owner": "John Doe", "iban": "DE89370400440532013000"},
        }
        asked = [
            client.post("/api/v2/Payment/Containers", headers=authorized, json=container)
            for _ in range(2)
        ]
    assert [answer.status_code for answer in asked] == [200, 409]
    assert all(answer.headers["access-control-allow-origin"] == "*" for answer in asked)


def test_a_second_registration_is_led_to_the_public_url(behind: Behind) -> None:
    method = {
        "data": {
            "type": "paymentMethod",
            "id": "2a1319c3-c136-495d-b59a-47b3246d08af",
            "attributes": {
                "kind": "sepa",
                "iban": "DE89370400440532013000",
                "firstName": "Jon",
                "lastName": "Smith",
                "address": {
                    "street": "Haid-und-Neu-Str.",
                    "houseNo": "18",
                    "postalCode": "76131",
                    "city": "Karlsruhe",
                    "countryCode": "DE",
                },
            },
        }
    }
    with behind.proxy.client() as client:
        scope = "pay:payment-methods:create pay:payment-methods:read"
        headers = {**token_of(client, scope=scope), "Content-Type": "application/vnd.api+json"}
        first, second = (client.post(REGISTER, headers=headers, json=method) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 303)
    assert second.headers["location"].startswith(f"{behind.proxy.url}{PAYMENT_METHODS}/")


def lacking(answer: httpx2.Response) -> dict[str, list[str]]:
    """Return the headers that every answer has, where this one has them otherwise, or twice."""
    wanted = {name.decode(): [value.decode()] for name, value in SECURITY_HEADERS}
    wanted["strict-transport-security"] = ["max-age=31536000"]
    found = {name: answer.headers.get_list(name) for name in wanted}
    return {name: values for name, values in found.items() if values != wanted[name]}


def test_browsers_are_told_the_same_by_the_server_and_by_the_proxy(behind: Behind) -> None:
    with behind.proxy.client() as client:
        answers = [client.get(CUSTOMERS), client.get("/nowhere")]
    assert [answer.status_code for answer in answers] == [403, 404]
    for answer in answers:
        assert lacking(answer) == {}
        assert "haproxy" not in str(answer.headers).lower()
        assert not re.search(r"\d", answer.headers.get("server", ""))


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/readyz", "/metrics", "/%6detrics", "//metrics", "/api/../metrics",
     "/metrics/../api/v2", "/api/..%2fmetrics", "/openapi/", "/METRICS"],
)  # fmt: skip
def test_probes_and_figures_are_not_for_everybody(behind: Behind, path: str) -> None:
    with behind.proxy.client() as client:
        request = client.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = client.send(request)
    assert answer.status_code in {403, 404, 405}
    assert "lastschrift_" not in answer.text
    assert "status" not in answer.json() or answer.json()["status"] == "error"


def test_without_a_server_the_answer_says_when_to_come_again(tmp_path: Path) -> None:
    port, nobody = free_port(), f"127.0.0.1:{free_port()}"
    with (
        running_proxy("haproxy", port=port, servers=[nobody], directory=tmp_path) as proxy,
        proxy.client() as client,
    ):
        answer = client.post("/oauth/token", data=CREDENTIALS)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert lacking(answer) == {}


def test_a_restart_of_the_server_is_waited_out(tmp_path: Path) -> None:
    server_port, port = free_port(), free_port()
    place = (tmp_path / "data", "--port", str(server_port))
    with (
        running_proxy(
            "haproxy", port=port, servers=[f"127.0.0.1:{server_port}"], directory=tmp_path
        ) as proxy,
        ThreadPoolExecutor() as pool,
    ):
        with running_sandbox(*place, LASTSCHRIFT_DRAIN_S="3") as server:
            await_answer(proxy)
            asking = pool.submit(asked_until_stopped, proxy, stop := Event())
            assert server.stop() == 0
        try:
            with running_sandbox(*place):
                await_answer(proxy)
                stop.set()
                answered = asking.result()
        finally:
            stop.set()
    assert set(answered) <= {405, 503}
    assert answered[0] == answered[-1] == 405


def asked_until_stopped(proxy: RunningProxy, stop: Event) -> list[int]:
    """Ask on and on, once more after being stopped; return what was answered."""
    with proxy.client() as client:
        answered = [client.get("/oauth/token").status_code]
        while not stop.is_set():
            answered.append(client.get("/oauth/token").status_code)
        return [*answered, client.get("/oauth/token").status_code]


def await_answer(proxy: RunningProxy) -> None:
    """Return once the proxy has a server."""
    deadline = time.monotonic() + 20
    with proxy.client() as client:
        while client.get("/oauth/token").status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)


# --- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "is_taken"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)]
)
def test_tls_begins_with_version_1_2(behind: Behind, version: str, is_taken: bool) -> None:
    context = behind.proxy.trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):  # Python warns of versions as old as that.
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", behind.proxy.port)) as connection:
        if is_taken:
            with context.wrap_socket(connection, server_hostname="localhost") as secured:
                assert secured.version() == version.replace("_", ".")
            return
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):  # what the other side said
            context.wrap_socket(connection, server_hostname="localhost")


def test_a_request_that_does_not_arrive_is_cut(behind: Behind) -> None:
    """The limit is set to a second for the test; here it must not take much longer."""
    context = behind.proxy.trusting()
    with (
        socket.create_connection(("127.0.0.1", behind.proxy.port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as secured,
    ):
        secured.sendall(b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n")
        started = time.monotonic()
        answer = secured.recv(65_536)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - started < 5


def test_a_body_beyond_the_limit_is_refused(behind: Behind) -> None:
    with behind.proxy.client() as client:
        authorized = token_of(client)
        answer = client.post(CUSTOMERS, headers=authorized, content=b" " * 70_000)
    assert answer.status_code == 413


def test_its_log_tells_no_query_and_no_secret(behind: Behind) -> None:
    query = {"q": "contact.surname:Doe", "iban": "DE89370400440532013000"}
    with behind.proxy.client() as client:
        client.get(CUSTOMERS, headers=token_of(client), params=query)
        client.get(CUSTOMERS + "/PCU_END", headers=GUESS)
    logged = awaited(behind.proxy.log, "PCU_END")
    assert re.search(rf"{CUSTOMERS}\s", logged)
    for secret in ("Doe", "DE89", DEMO_CLIENT_SECRET, "Bearer"):
        assert secret not in logged


def awaited(log: Path, text: str) -> str:
    """Return a log once it has some text."""
    deadline = time.monotonic() + 10
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)
    return log.read_text()
