"""Two servers of one installation, on the cluster's database, and their merchant's credentials."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import command_line, environment, run

PORTS = (8081, 8082)

_SHARED_FILES = ("lastschrift.toml", "master.key")
_START_TIMEOUT_S = 30
_STOP_TIMEOUT_S = 30
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the OAuth client that registers."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers answer, and who may ask."""

    urls: Sequence[str]
    credentials: Credentials


@contextmanager
def running_servers(directory: Path, database_url: str) -> Iterator[Servers]:
    """Install Lastschrift twice on one database, and serve until the block ends."""
    homes = [directory / f"server{number}" for number, _ in enumerate(PORTS, 1)]
    credentials = _install(homes[0], database_url)
    for home in homes[1:]:
        home.mkdir(mode=0o700)
        for name in _SHARED_FILES:
            shutil.copy(homes[0] / name, home)
    processes = [_start(home, port) for home, port in zip(homes, PORTS, strict=True)]
    try:
        urls = [f"http://127.0.0.1:{port}" for port in PORTS]
        for url in urls:
            _await_ready(url)
        yield Servers(urls, credentials)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            _end(process)


def _install(home: Path, database_url: str) -> Credentials:
    _lastschrift("init", "--data", str(home), "--database", database_url)
    contract = _lastschrift("contract", "create", "Merchant", "--data", str(home), "--json")
    whose = ("--contract", json.loads(contract)["id"], "--name", "Shop")
    told = json.loads(_lastschrift("client", "create", *whose, "--data", str(home), "--json"))
    return Credentials(told["client_id"], told["client_secret"])


def _lastschrift(*arguments: str) -> str:
    done = run(*arguments)
    if done.returncode:
        raise ChildProcessError(done.stderr)
    return done.stdout


def _start(home: Path, port: int) -> subprocess.Popen[bytes]:
    with home.with_suffix(".log").open("wb") as log:
        arguments = command_line("serve", "--data", str(home), "--port", str(port))
        return subprocess.Popen(arguments, env=environment(), stdout=log, stderr=log)


def _await_ready(url: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url + "/readyz", timeout=_START_TIMEOUT_S):
                return
        except OSError:
            time.sleep(_POLL_S)
    raise TimeoutError(url)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
