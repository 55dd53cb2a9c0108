"""A copy that is killed at any moment is gone on with, and comes out whole."""

import json
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.databases import ENGINES, copy_empty_database
from tests.postgres import shared_postgres
from tests.serving import command_line, environment, run

KILLS = 4
LIFE_S_MAX = 0.3
ACCOUNTS = 40_000
"""Eight pieces, some second of copying."""

_FILL = f"""
INSERT INTO installation (only_row, kind) VALUES (1, 'production');
INSERT INTO contract (id, name, created) VALUES (randomblob(16), 'Example Inc.', 1);
INSERT INTO bank_account (contract_id, id, iban_sealed, created)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ACCOUNTS})
    SELECT c.id, randomblob(16), randomblob(60), n.i FROM contract c, n;
INSERT INTO audit_entry (contract_id, writer, sequence, at, action, subject_id)
    SELECT contract_id, zeroblob(16), created, created, 'made', id
    FROM bank_account;
"""

Target = tuple[str, SqliteInstallation | PostgresInstallation]
"""Where to copy to, as the command is told it and as the test looks at it."""


@pytest.fixture(params=ENGINES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """Return a place for a copy, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/copy.db", SqliteInstallation(tmp_path / "copy.db")
        return
    with shared_postgres().lent_nothing() as url:
        yield url, PostgresInstallation(url, url)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Return where a database is that takes a while to copy."""
    path = tmp_path / "lastschrift.db"
    copy_empty_database(path)
    with closing(open_for_writing(path)) as connection:
        connection.execute(_FILL)
    return f"sqlite:///{path}"


def test_a_killed_copy_is_gone_on_with_and_comes_out_whole(source: str, target: Target) -> None:
    url, database = target
    arguments = ("copy", "--from", source, "--to", url, "--json")
    for _ in range(KILLS):
        assert end_while_copying(arguments, signal.SIGKILL) == -signal.SIGKILL
        assert database.kind() is None
    told = run(*arguments)
    assert told.returncode == 0, told.stderr
    rows = {each["table"]: each["rows"] for each in json.loads(told.stdout)["tables"]}
    assert (rows["contract"], rows["bank_account"], rows["audit_entry"]) == (1, ACCOUNTS, ACCOUNTS)
    assert database.kind() == "production"


def test_ctrl_c_ends_a_copy_that_is_gone_on_with_later(source: str, target: Target) -> None:
    url, database = target
    arguments = ("copy", "--from", source, "--to", url)
    assert end_while_copying(arguments, signal.SIGINT) == 1
    assert database.kind() is None
    assert run(*arguments).returncode == 0


def end_while_copying(arguments: tuple[str, ...], how: signal.Signals) -> int:
    """Begin a copy, end it when it has copied for a moment, and return its exit code."""
    with subprocess.Popen(
        command_line(*arguments),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509  # no threads here
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("copying contract")
        with suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, LIFE_S_MAX))
        process.send_signal(how)
        told = process.stderr.read()
        assert "Traceback" not in told
        return process.wait(10)


def _heed_ctrl_c() -> None:
    """Undo what a shell does to whom it runs in the background: to let them miss SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
