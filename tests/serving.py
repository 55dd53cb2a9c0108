"""The real program as a process of its own, for tests: started, asked, stopped.

with running_sandbox() as server:
    httpx2.get(server.url + "/healthz")
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
PROGRAM = (sys.executable, "-m", "lastschrift.main")
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30
POLL_S = 0.005

_URL = re.compile(r"(http://[^\s/]+:[0-9]+)\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that answers. ``log`` is where its standard error goes, ``said`` what it printed."""

    url: str
    directory: Path
    process: subprocess.Popen[str]
    log: Path
    said: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """Ask it to end (SIGTERM), and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment for the program, with these variables of its own only."""
    inherited = {
        name: text for name, text in os.environ.items() if not name.startswith("LASTSCHRIFT_")
    }
    return {**inherited, "PYTHONPATH": f"{SOURCES}:{ROOT}", **variables}


def command_line(*arguments: str) -> list[str]:
    """Return how the program is called."""
    return [*PROGRAM, *arguments]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return what it said."""
    return subprocess.run(
        command_line(*arguments),
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )


@contextmanager
def running_sandbox(
    data_dir: Path | None = None,
    *options: str,
    program: Sequence[str] = PROGRAM,
    **variables: str,
) -> Iterator[RunningServer]:
    """Run ``lastschrift sandbox`` on a free port, in a fresh directory unless one is given."""
    with running("sandbox", data_dir, options, variables, program) as server:
        yield server


@contextmanager
def running(
    command: str,
    data_dir: Path | None,
    options: Sequence[str],
    variables: Mapping[str, str],
    program: Sequence[str] = PROGRAM,
) -> Iterator[RunningServer]:
    """Run ``sandbox`` or ``serve`` until the block ends; ``program`` may be another than ours."""
    place = Path(tempfile.mkdtemp(prefix="lastschrift-test-"))
    directory = data_dir or place / "data"
    said, log = place / "said", place / "log"
    arguments = [*program, command, "--port", "0", "--data", str(directory), *options]
    try:
        with said.open("w") as output, log.open("w") as errors:
            process = subprocess.Popen(
                arguments, env=environment(**variables), stdout=output, stderr=errors, text=True
            )
        try:
            url = _await_url(process, said, log)
            yield RunningServer(url=url, directory=directory, process=process, log=log, said=said)
        finally:
            _end(process)
    finally:
        shutil.rmtree(place)


class DidNotStart(AssertionError):
    """The server has not answered; ``status`` is with what it ended, if it did."""

    def __init__(self, status: int | None, output: str) -> None:
        super().__init__(f"the server did not start ({status}): {output}")
        self.status = status


def _await_url(process: subprocess.Popen[str], said: Path, log: Path) -> str:
    """Return the address that the server prints once it answers."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        found = _URL.search(said.read_text())
        if found is not None:
            return found[1]
        time.sleep(POLL_S)
    raise DidNotStart(process.returncode, said.read_text() + log.read_text())


def _end(process: subprocess.Popen[str]) -> None:
    """End the process if it runs: asked first, then killed."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
