"""Fetching from providers: what is asked, what counts as an answer, and how much of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lastschrift import __version__
from lastschrift.identity_providers.fetching import (
    ANSWER_BYTES_MAX,
    Address,
    AddressRefused,
    Fetcher,
    FetchFailed,
)
from tests.identity_providers.issuer import answer, ec_key

pytestmark = pytest.mark.anyio

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def talking(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Let something talk to who connects, and give its port."""
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(task) if (task := asyncio.current_task()) else None
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()


def saying(*parts: bytes) -> Talk:
    """Return what reads a head, and says these parts, each for itself."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()

    return talk


async def fetched(talk: Talk, fetcher: Fetcher | None = None) -> bytes:
    async with talking(talk) as port:
        address = Address.parse(f"http://127.0.0.1:{port}/keys?a=b")
        return await (fetcher or Fetcher()).fetch(address)


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://id.example.org", Address("id.example.org", 443, "/", has_tls=True)),
        ("https://a:8443/x?y=z", Address("a", 8443, "/x?y=z", has_tls=True)),
        ("https://[2001:db8::1]/x", Address("2001:db8::1", 443, "/x", has_tls=True)),
        ("http://127.0.0.1:80/x", Address("127.0.0.1", 80, "/x", has_tls=False)),
        ("http://127.1.2.3/x", Address("127.1.2.3", 80, "/x", has_tls=False)),
        ("http://localhost:8080/x", Address("localhost", 8080, "/x", has_tls=False)),
        ("http://[::1]/x", Address("::1", 80, "/x", has_tls=False)),
    ],
)
def test_an_address_is_where_a_url_leads(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.org/keys",
        "http://10.0.0.1/keys",
        "http://127.0.0.1.example.org/keys",
        "http://localhost.example.org/keys",
        "ftp://id.example.org/keys",
        "file:///etc/passwd",
        "//id.example.org/keys",
        "https:///keys",
        "https://user@id.example.org/keys",
        "https://user:password@id.example.org/keys",
        "https://id.example.org:65536/keys",
        "https://id.example.org:a/keys",
        "https://[::1/keys",
        "https://id.example.org/a b",
        "https://id.example.org/a\r\nX: y",
        "https://id.example.org/ä",
        "https://ïd.example.org/",
        "",
    ],
)
def test_what_we_do_not_fetch_from_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        Address.parse(url)


def test_a_provider_elsewhere_cannot_send_us_to_this_machine() -> None:
    with pytest.raises(AddressRefused):
        Address.parse("http://127.0.0.1/keys", is_plain_allowed=False)


async def test_the_request_says_what_is_wanted() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer(200, b"{}"))
        await writer.drain()

    async with talking(talk) as port:
        await Fetcher().fetch(Address.parse(f"http://127.0.0.1:{port}/keys?a=b"))
    assert heads == [
        b"GET /keys?a=b HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"Accept: application/json\r\n"
        b"User-Agent: lastschrift/%s\r\n"
        b"Connection: close\r\n\r\n" % (port, __version__.encode())
    ]


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        [answer(200, b"keys")],
        [b"HTTP/1.1 200 OK\r\n\r\nke", b"ys"],
        [b"HTTP/1.0 200 OK\r\n\r\nkeys"],
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nke\r\n",
            b"2\r\nys\r\n0\r\n\r\n",
        ],
        [b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 4\r\n\r\nke", b"ys"],
    ],
)
async def test_an_answer_may_come_in_any_way_that_http_knows(parts: list[bytes]) -> None:
    assert await fetched(saying(*parts)) == b"keys"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([answer(404, b"")], "no 200"),
        ([answer(302, b"", b"Location: http://127.0.0.1/elsewhere")], "no 200"),
        ([answer(204, b"")], "no 200"),
        ([b""], "no 200, or not whole"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nkeys"], "not whole"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nke\r\n"], "not whole"),
        ([b"HTTP/1.1 200 OK\r\nContent-Len"], "not whole"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "no HTTP"),
        ([answer(200, b" " * ANSWER_BYTES_MAX)], "too long"),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * ANSWER_BYTES_MAX], "too long"),
    ],
)
async def test_what_is_no_whole_200_of_some_size_is_none(parts: list[bytes], said: str) -> None:
    with pytest.raises(FetchFailed, match=said):
        await fetched(saying(*parts))


async def test_who_dribbles_is_not_waited_for() -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(FetchFailed, match="too long"):
        await fetched(dribble, Fetcher(timeout_s=0.1))


async def test_who_is_not_there_cannot_be_reached() -> None:
    async with talking(saying()) as port:
        pass
    with pytest.raises(FetchFailed, match="can't be reached"):
        await Fetcher().fetch(Address.parse(f"http://127.0.0.1:{port}/"))


# --- TLS ------------------------------------------------------------------------------------------


def certificate(directory: Path) -> Path:
    """Make a certificate for localhost, signed by itself, and its key; return their file."""
    key = ec_key().private
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(hosts, critical=False)
        .sign(key, SHA256())
    )
    file = directory / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file


@pytest.mark.parametrize(
    ("trusted", "host", "said"),
    [
        (True, "localhost", None),
        (True, "127.0.0.1", "not trusted"),
        (False, "localhost", "not trusted"),
    ],
)
async def test_a_certificate_must_be_the_hosts_and_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, host: str, said: str | None
) -> None:
    file = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with talking(saying(answer(200, b"keys")), tls) as port:
        address = Address.parse(f"https://{host}:{port}/")
        if said is None:
            assert await Fetcher().fetch(address) == b"keys"
        else:
            with pytest.raises(FetchFailed, match=said):
                await Fetcher().fetch(address)
