"""Asking an application by ASGI: without a network, and without a client library's time."""

from typing import Any
from urllib.parse import urlsplit

from lastschrift.web.http import AsgiApp
from tests.both_wires import Answered, Asked
from tests.house import BASE_URL, PEER


async def ask_application(app: AsgiApp, asked: Asked) -> Answered:
    """Return the answer to a request."""
    said: dict[str, Any] = {}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401  # as ASGI has it
        said.update(message)

    await app(_scope_of(asked), receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in said["headers"]}
    return Answered(said["status"], headers, said["body"])


def _scope_of(asked: Asked) -> dict[str, Any]:
    host = urlsplit(BASE_URL).netloc
    headers = {**asked.headers, "Host": host, "Content-Length": str(len(asked.body))}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "root_path": "",
        "query_string": asked.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": (PEER, 49_152),
        "server": ("127.0.0.1", 8080),
    }
