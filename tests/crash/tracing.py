"""Processes whose calls of the system are counted, and that are killed at one of them (strace)."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

WAIT_S = 10


def require_tracing() -> None:
    """Skip the test where no process may be traced, and say why."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace, which is not installed here")
    tried = subprocess.run(
        ["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip(f"needs to trace processes, which is not allowed here: {tried.stderr.strip()}")


@contextmanager
def traced(process: int, *options: str) -> Iterator[None]:
    """Trace a process that runs, until the block ends or it dies."""
    arguments = ["strace", "-p", str(process), *options]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        try:
            yield
        finally:
            tracer.terminate()
            tracer.wait(WAIT_S)


@contextmanager
def counting_calls(process: int, trace: Path) -> Iterator[list[str]]:
    """Give a list that holds all calls of a process, by name, once the block has ended."""
    calls: list[str] = []
    with traced(process, "-o", str(trace)):
        yield calls
    calls += _names(trace.read_text().splitlines())


@contextmanager
def killed_at(process: int, call: int) -> Iterator[None]:
    """Kill a process at its so-many-th call from now on."""
    with traced(process, "-o", "/dev/null", "-e", f"inject=all:signal=SIGKILL:when={call}"):
        yield


def _names(lines: Sequence[str]) -> list[str]:
    return [line.partition("(")[0] for line in lines if "(" in line]
