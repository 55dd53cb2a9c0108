"""The application: read the body, send the recorded answer."""

from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """The bytes that go out, status apart."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def write_answer(path: Path, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Keep an answer in a file that `read_answer` reads."""
    head = [f"HTTP/1.1 {status}", *(f"{name}: {text}" for name, text in headers)]
    path.write_bytes("\r\n".join([*head, "", ""]).encode("latin-1") + body)


def read_answer(path: Path) -> RecordedAnswer:
    """Return the answer that is kept in a file."""
    head, _, body = path.read_bytes().partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    pairs = (line.split(b": ", 1) for line in lines)
    return RecordedAnswer(
        status=int(status_line.split()[1]),
        headers=[(name.lower(), text) for name, text in pairs],
        body=body,
    )


def create_app(answer: RecordedAnswer) -> ASGIApp:
    """Return the application; a GET is answered by 200, to tell that it is ready."""
    start: Message = {
        "type": "http.response.start",
        "status": answer.status,
        "headers": answer.headers,
    }
    ready: Message = {**start, "status": 200}
    rest: Message = {"type": "http.response.body", "body": answer.body}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send(ready if scope["method"] == "GET" else start)
        await send(rest)

    return app
