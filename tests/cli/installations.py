"""Installations for the tests of commands: made by the real ``init``, asked by real commands.

A command that ends by itself runs in the process of the test, which saves its loading time; one
that could begin to serve runs as a process of its own.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import apsw
from click.testing import CliRunner

from lastschrift.cli.root import lastschrift
from lastschrift.main import WholeHouse
from tests.serving import run

SERVING = {"sandbox", "serve"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


def command(*arguments: str, **variables: str) -> Ended:
    """Run a command, with these variables of its own only, and return how it ended."""
    if arguments[0] in SERVING:
        process = run(*arguments, **variables)
        return Ended(process.returncode, process.stdout, process.stderr)
    unset = {name: None for name in os.environ if name.startswith("LASTSCHRIFT_")}
    result = CliRunner().invoke(
        lastschrift,
        arguments,
        prog_name="lastschrift",
        obj=WholeHouse(),
        env={**unset, **variables},
    )
    return Ended(result.exit_code, result.stdout, result.stderr)


def make_production(directory: Path) -> Path:
    """Return a production installation of the test's own: copied, as making one takes a while."""
    shutil.copytree(_template(), directory)
    return directory


@cache
def _template() -> Path:
    directory = Path(_scratch().name) / "production"
    ended = command("init", "--data", str(directory))
    assert ended.code == 0, ended.stderr
    return directory


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a directory that lives as long as the test run."""
    return tempfile.TemporaryDirectory()


def told_json(directory: Path, *arguments: str) -> Any:  # noqa: ANN401  # what JSON says
    """Run a command with ``--json``, and return what it printed."""
    ended = command(*arguments, "--json", "--data", str(directory))
    assert ended.code == 0, ended.stderr
    return json.loads(ended.stdout)


def refusal(directory: Path, *arguments: str, **variables: str) -> str:
    """Run a command that can't do its work, and return the one line that says why."""
    ended = command(*arguments, "--data", str(directory), **variables)
    assert (ended.code, ended.stdout) == (1, ""), ended
    (line,) = ended.stderr.splitlines()
    return line.removeprefix("Error: ")


def mark_database(directory: Path, kind: str) -> None:
    """Say of a database that it was made for something else."""
    change_database(directory, f"UPDATE installation SET kind = '{kind}'")


def change_database(directory: Path, statement: str) -> None:
    """Do to a database what no command does."""
    connection = apsw.Connection(str(directory / "lastschrift.db"))
    connection.execute(statement)
    connection.close()


def mark_config(directory: Path, kind: str) -> None:
    """Say of a directory that it was made for something else."""
    config = directory / "lastschrift.toml"
    text = config.read_text()
    for known in ("sandbox", "production"):
        text = text.replace(f'\nkind = "{known}"', f'\nkind = "{kind}"')
    config.write_text(text)
