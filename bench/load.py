"""The load: `wrk` with 32 keep-alive connections, every answer's status counted.

drive(Load(request, customers, status_expected=200, account_first=0), port=8080, seconds=5)
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
# One thread makes the requests fast enough; a second one only takes a core from the server.
THREADS = 1
# Slower answers count as errors. Far above what any of the servers needs.
TIMEOUT_S = 10
SCRIPT = Path(__file__).with_name("registrations.lua")
ADVICE_WRK = "the benchmark needs wrk: apt install wrk"


class BenchFailed(Exception):
    """The run can't be trusted, or can't be made; the message says why in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent: a request with gaps, and what fills them."""

    request_template: str
    customers: Sequence[str]
    status_expected: int
    account_first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What came back: only expected answers, and how long they took."""

    duration_s: float
    answered: int
    p50_ms: float
    p99_ms: float


def find_wrk() -> str:
    """Return where `wrk` is.

    Raises: BenchFailed with the advice how to get it.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchFailed(ADVICE_WRK)
    return wrk


def drive(load: Load, *, port: int, seconds: int) -> LoadResult:
    """Send registrations for `seconds` and return what came back.

    Raises: BenchFailed if wrk is missing or fails, or if any answer was not the expected one.
    """
    with tempfile.TemporaryDirectory(prefix="lastschrift-load-") as name:
        template, customers = Path(name, "request"), Path(name, "customers")
        template.write_text(load.request_template, newline="")
        customers.write_text("\n".join(load.customers))
        command = [
            find_wrk(),
            f"--threads={THREADS}",
            f"--connections={CONNECTIONS}",
            f"--duration={seconds}s",
            f"--timeout={TIMEOUT_S}s",
            f"--script={SCRIPT}",
            f"http://127.0.0.1:{port}",
            "--",
            *(str(template), str(customers), str(load.status_expected), str(load.account_first)),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise BenchFailed(f"wrk failed: {last_line(run.stderr or run.stdout)}")
    return read_result(last_line(run.stdout))


def last_line(text: str) -> str:
    """Return the last line that is not blank."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def read_result(line: str) -> LoadResult:
    """Return what the script's last line says.

    Raises: BenchFailed if an answer was missing or not the expected one, or if there was none.
    """
    try:
        counts = json.loads(line)
    except ValueError:
        raise BenchFailed(f"wrk said no result, but: {line}") from None
    if counts["unexpected"]:
        raise BenchFailed(
            f"{counts['unexpected']} answers were not the expected ones, "
            f"the first: {counts['unexpected_first']}"
        )
    if counts["socket_errors"]:
        raise BenchFailed(f"{counts['socket_errors']} requests got no answer")
    if not counts["expected"]:
        raise BenchFailed("no request was answered")
    return LoadResult(
        duration_s=counts["duration_us"] / 1e6,
        answered=counts["expected"],
        p50_ms=counts["p50_us"] / 1e3,
        p99_ms=counts["p99_us"] / 1e3,
    )
