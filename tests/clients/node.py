"""JavaScript libraries as processes of their own, called one line at a time.

with driven("kitsu") as library:
    library.call("connect", url, token)
"""

import json
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent.parent
NODE_VERSION_MIN = 20

_ANSWER_TIMEOUT_S = 30
_END_TIMEOUT_S = 10


class Refused(Exception):
    """What a library tells its user when the server says no: JSON:API's error objects."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors

    @property
    def statuses(self) -> set[str]:
        """The statuses told."""
        return {error["status"] for error in self.errors}

    @property
    def fields(self) -> set[str]:
        """The names of the fields at fault."""
        return {error["source"]["pointer"].rpartition("/")[2] for error in self.errors}


class Driven:
    """A library that is called; `drive.mjs` says how."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, verb: str, *values: object) -> Any:  # noqa: ANN401  # what JSON says
        """Call one of its verbs, and return what it gave.

        Raises: Refused; AssertionError, if the library broke.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, *values]) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], _ANSWER_TIMEOUT_S)
        assert ready, f"no answer to {verb}"
        line = self._process.stdout.readline()
        assert line, f"ended before it answered to {verb}"
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"])
        assert "gave" in answer, answer
        return answer["gave"]


@contextmanager
def driven(library: str) -> Iterator[Driven]:
    """Start what drives a library, and end it with the block. Without Node.js, skip the test."""
    require_node()
    command = ["node", str(TESTS / "clients" / "drive.mjs"), library]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Driven(process)
        finally:
            process.terminate()
            process.wait(_END_TIMEOUT_S)


def require_node() -> None:
    """Skip the test where Node.js is missing or too old; fail it where only its packages are."""
    if not _has_node():
        pytest.skip(f"needs Node.js {NODE_VERSION_MIN} or newer, with npm")
    assert (TESTS / "node_modules" / ".setup").exists(), "no JavaScript packages: run make setup"


@cache
def _has_node() -> bool:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    version = subprocess.run(["node", "-v"], capture_output=True, text=True, check=False).stdout
    return int(version.removeprefix("v").partition(".")[0] or 0) >= NODE_VERSION_MIN
