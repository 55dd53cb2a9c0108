"""A small client for what comes before and after the load: token, customers, pilot, count."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.load import BenchFailed
from bench.wires import CUSTOMER, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, SECUCONNECT_SCOPE

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def member(self, name: str) -> str:
        """Return a member of the body's JSON object, as text."""
        return str(json.loads(self.body)[name])

    def header(self, name: str) -> str:
        """Return a header, empty if it is not there."""
        return next((text for key, text in self.headers if key.lower() == name.lower()), "")


class Client:
    """One keep-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        """Take the port on 127.0.0.1; nothing is sent yet."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> Answer:
        """Send one request and return its answer, whatever its status."""
        self._connection.request(method, path, body.encode() or None, dict(headers or {}))
        response = self._connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())

    def token(self, scope: str) -> str:
        """Return a new bearer token of the demo client."""
        form = {
            "grant_type": "client_credentials",
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
            "scope": scope,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask("POST", "/oauth/token", headers=headers, body=urlencode(form))
        return succeeded("token", answer).member("access_token")

    def customers(self, count: int) -> list[str]:
        """Return the ids of `count` new customers."""
        headers = secuconnect_headers(self.token(SECUCONNECT_SCOPE))
        ids = []
        for _ in range(count):
            answer = self.ask("POST", "/api/v2/Payment/Customers", headers=headers, body=CUSTOMER)
            ids.append(succeeded("customer", answer).member("id"))
        return ids

    def account_count(self) -> int:
        """Return how many bank accounts the merchant has, by whichever wire they came."""
        headers = secuconnect_headers(self.token(SECUCONNECT_SCOPE))
        answer = self.ask("GET", "/api/v2/Payment/Containers?count=1", headers=headers)
        return int(succeeded("list of containers", answer).member("count"))


def secuconnect_headers(token: str) -> Mapping[str, str]:
    """Return the headers of a secuconnect request."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def succeeded(what: str, answer: Answer) -> Answer:
    """Return the answer if it is 200 or 201.

    Raises: BenchFailed with what was asked and what came.
    """
    if answer.status not in {200, 201}:
        raise BenchFailed(f"{what}: {answer.status} {answer.body[:300].decode(errors='replace')}")
    return answer
