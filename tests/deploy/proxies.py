"""deploy/'s proxies, really run: with a port, a certificate and a directory of the test's own.

with running_proxy("haproxy", servers=["127.0.0.1:8080"], directory=tmp_path) as proxy:
    httpx2.get(proxy.url, verify=proxy.trusting())
"""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serving import RunningServer

DEPLOY = Path(__file__).parents[2] / "deploy"
GUESSES_MAX = 3
"""How many wrong tokens one address may show the tests' servers in a minute."""

START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 10

NGINX_AROUND = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log crit;
events {{}}
http {{
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/lastschrift.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """A proxy that answers at a port of loopback, who it says it is, and what it logs."""

    port: int
    certificate: Path
    log: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def trusting(self) -> ssl.SSLContext:
        """Return what takes the proxy for who it says it is, and nobody else."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def client(self, address: str = "127.0.0.1") -> httpx2.Client:
        """Return a client that asks from an address of loopback."""
        transport = httpx2.HTTPTransport(local_address=address, verify=self.trusting())
        return httpx2.Client(transport=transport, base_url=self.url)


@dataclass(frozen=True, slots=True)
class Behind:
    """A server, and the proxy before it."""

    server: RunningServer
    proxy: RunningProxy


@contextmanager
def running_proxy(
    name: str,
    *,
    port: int,
    servers: Sequence[str],
    directory: Path,
    broken_by: Mapping[str, str] | None = None,
) -> Iterator[RunningProxy]:
    """Run a proxy before some servers until the block ends.

    ``broken_by`` is what of its configuration is exchanged, as for `adapted`.
    """
    certificate = make_certificate(directory)
    log = directory / "requests.log"
    command = command_of(name, port=port, servers=servers, directory=directory)
    configuration = directory / _CONFIGURATIONS[name]
    configuration.write_text(adapted(configuration.read_text(), broken_by or {}))
    with log.open("w") as output, subprocess.Popen(command, stdout=output) as process:
        try:
            await_port(port)
            log = directory / "access.log" if name == "nginx" else log
            yield RunningProxy(port, certificate, log)
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)


def command_of(name: str, *, port: int, servers: Sequence[str], directory: Path) -> list[str]:
    """Write a proxy's configuration, and return how it is started with that."""
    needs(name)
    return _COMMANDS[name](port, servers, directory)


def needs(program: str) -> str:
    """Return where a program is that not every machine has."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on this machine")
    return found


def _haproxy(port: int, servers: Sequence[str], directory: Path) -> list[str]:
    lines = "".join(f"    server app{n} {server}\n" for n, server in enumerate(servers, 1))
    text = adapted(
        (DEPLOY / "haproxy.cfg").read_text(),
        {
            r"log /dev/log local0 info": "log stdout format raw local0 info",
            r"    user haproxy\n    group haproxy\n": "",
            r"maxconn 10000": "maxconn 500",
            r":443,:::443": f"127.0.0.1:{port}",
            r"/etc/haproxy/lastschrift\.pem": f"{directory}/both.pem",
            r"(?m)^    server app1 .*\n": lines,
            r"http-request 10s": "http-request 1s",
        },
    )
    file = directory / "haproxy.cfg"
    file.write_text(text)
    return ["haproxy", "-db", "-f", str(file)]


def _nginx(port: int, servers: Sequence[str], directory: Path) -> list[str]:
    lines = "".join(f"    server {server} max_fails=1 fail_timeout=2s;\n" for server in servers)
    text = adapted(
        (DEPLOY / "nginx.conf").read_text(),
        {
            r"listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            r"    listen \[::\]:443 .*\n": "",
            r"/etc/nginx/lastschrift\.crt": f"{directory}/certificate.pem",
            r"/etc/nginx/lastschrift\.key": f"{directory}/key.pem",
            r"/var/log/nginx/lastschrift\.log": f"{directory}/access.log",
            r"/var/log/nginx/lastschrift-error\.log": f"{directory}/error.log",
            r"(?m)^    server 127\.0\.0\.1:8080 .*\n": lines,
            r"(client_header_timeout|client_body_timeout) 10s": r"\1 1s",
        },
    )
    (directory / "lastschrift.conf").write_text(text)
    around = directory / "nginx.conf"
    around.write_text(NGINX_AROUND.format(directory=directory))
    return ["nginx", "-p", str(directory), "-c", str(around)]


_COMMANDS: Mapping[str, Callable[[int, Sequence[str], Path], list[str]]] = {
    "haproxy": _haproxy,
    "nginx": _nginx,
}
_CONFIGURATIONS = {"haproxy": "haproxy.cfg", "nginx": "lastschrift.conf"}
PROXIES = tuple(_COMMANDS)


def adapted(text: str, changes: Mapping[str, str]) -> str:
    """Return a configuration with what only one machine has exchanged; each must be there."""
    for pattern, replacement in changes.items():
        assert re.search(pattern, text), pattern
        text = re.sub(pattern, replacement, text)
    return text


def await_port(port: int) -> None:
    """Return once something listens."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError(f"nobody listens on {port}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def make_certificate(directory: Path) -> Path:
    """Make a certificate for localhost, signed by itself; beside it its key, and both in one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for file, content in (("certificate", certificate), ("key", private)):
        (directory / f"{file}.pem").write_bytes(content)
    (directory / "both.pem").write_bytes(certificate + private)
    return directory / "certificate.pem"
