"""Installations for the tests of commands: made by the real ``init``, asked by real commands.

A command that ends by itself runs in the process of the test, which saves its loading time; one
that could begin to serve runs as a process of its own.

with lent_production("postgres", tmp_path / "a") as directory:
    command("doctor", "--data", str(directory))
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import apsw
from click.testing import CliRunner

from lastschrift.cli.root import lastschrift
from lastschrift.main import WholeHouse
from lastschrift.settings import PostgresDatabase, Settings
from lastschrift.storage.postgres.installation import PostgresInstallation
from tests.databases import lent_database
from tests.postgres import execute
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


@contextmanager
def lent_production(engine: str, directory: Path) -> Iterator[Path]:
    """Lend a production installation on an engine; its directory is the test's own."""
    make_production(directory)
    if engine == "sqlite":
        yield directory
        return
    with lent_database(engine, directory) as database:
        assert isinstance(database, PostgresInstallation)
        execute(database._url, "INSERT INTO installation (only_row, kind) VALUES (1, 'production')")
        (directory / "lastschrift.db").unlink()
        set_database(directory, database._url)
        yield directory


def set_database(directory: Path, url: str) -> None:
    """Let an installation keep its data elsewhere."""
    with (directory / "lastschrift.toml").open("a") as config:
        config.write(f'database = "{url}"\n')


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


def contents(directory: Path) -> dict[str, bytes]:
    """Return what an installation consists of: its files, without the traces of who looks in."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


def mark_database(directory: Path, kind: str) -> None:
    """Say of a database that it was made for something else."""
    change_database(directory, f"UPDATE installation SET kind = '{kind}'")


def change_database(directory: Path, statement: str) -> None:
    """Do to a database what no command does."""
    database = Settings.load(directory, {}).database
    if isinstance(database, PostgresDatabase):
        execute(database.url, statement)
        return
    with closing(apsw.Connection(str(database.path))) as connection:
        connection.execute(statement)


def raise_schema(directory: Path) -> None:
    """Let a database be one of a newer program: of schema 4711."""
    if isinstance(Settings.load(directory, {}).database, PostgresDatabase):
        change_database(directory, "INSERT INTO schema_version VALUES (4711, 'newer')")
    else:
        change_database(directory, "PRAGMA user_version = 4711")


def mark_config(directory: Path, kind: str) -> None:
    """Say of a directory that it was made for something else."""
    config = directory / "lastschrift.toml"
    text = config.read_text()
    for known in ("sandbox", "production"):
        text = text.replace(f'\nkind = "{known}"', f'\nkind = "{kind}"')
    config.write_text(text)
