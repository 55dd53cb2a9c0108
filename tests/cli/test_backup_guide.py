"""The guide to backups can be followed: its commands are run as they stand, but for places.

On PostgreSQL with the programs that come with it, and a database that is lost in between.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.accounts import ACCOUNTS, register_some
from tests.cli.installations import command, make_production, told_json
from tests.postgres import PostgresServer, _as_whom, running_postgres
from tests.serving import running

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "backup.md"
WAIT_S = 30


def blocks_below(heading: str) -> list[list[str]]:
    """Return the lines of each block of commands below a heading of the guide."""
    _, _, after = GUIDE.read_text().partition(f"\n{heading}\n")
    assert after, f"the guide has no {heading}"
    section = re.split(r"^#{2,3} ", after, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]


def do(line: str) -> None:
    """Run a line of the guide: ours in this process, the shell's in a shell."""
    program, *words = shlex.split(line)
    if program != "lastschrift":
        subprocess.run(["sh", "-ec", line], check=True, capture_output=True)
        return
    told = command(*words)
    assert told.code == 0 or words[0] == "doctor", (line, told)
    assert "wrong\t" not in told.stdout, told.stdout


# --- in a file ------------------------------------------------------------------------------------


def test_an_installation_in_a_file_is_backed_up_and_restored(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "var")
    register_some(directory)
    places = {
        "/backups/": f"{tmp_path}/",
        "/var/lib/lastschrift": str(directory),
        "/srv/lastschrift": str(tmp_path / "srv"),
        "/safe/": f"{directory}/",
    }
    blocks = blocks_below("## In a file (SQLite)")
    write, *others = (with_places(line, places) for block in blocks for line in block)
    with running("serve", directory, [], {}):
        do(write)
    for line in others:
        do(line)
    assert told_json(tmp_path / "srv", "contract", "list") == told_json(
        directory, "contract", "list"
    )


def test_a_backup_says_what_it_needs_and_its_checksum_is_told(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    file = tmp_path / "lastschrift-2026-11-21.backup"
    told = told_json(directory, "backup", str(file))
    (lines,) = blocks_below("### What to know")
    first_lines, hashed = (
        subprocess.run(
            ["sh", "-ec", with_places(line, {"/backups/": f"{tmp_path}/"})],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for line in lines
    )
    assert json.loads(first_lines.splitlines()[1])["master_version"] == 1
    assert hashed.split()[0] == told["sha256"]


def with_places(line: str, places: dict[str, str]) -> str:
    """Return a line with the places of this test in it."""
    for theirs, ours in places.items():
        line = line.replace(theirs, ours)
    return line


# --- on PostgreSQL --------------------------------------------------------------------------------


def test_an_installation_on_postgresql_is_lost_and_restored(tmp_path: Path) -> None:
    with running_postgres(is_forgetful=False) as server:
        directory = tmp_path / "a"
        url = server.create_database()
        assert command("init", "--data", str(directory), "--database", url).code == 0
        register_some(directory)
        following = Following(server, directory)
        following.do_all("## On PostgreSQL")
        with following.doing_the_last("### All day"):
            following.do_all("### Every night")
            told_json(directory, "contract", "create", "Later")
            following.await_all_received()
            server.stop(signal.SIGKILL)
        shutil.rmtree(server.directory / "data")
        try:
            following.do_all("### Back to it")
            names = [each["name"] for each in told_json(directory, "contract", "list")]
            assert names == ["Example Inc.", "Later"]
            found = {each["subject"]: each for each in told_json(directory, "doctor", "--deep")}
            assert found["account numbers"]["text"].startswith(f"{ACCOUNTS} open")
        finally:
            following.stop_restored()


class Following:
    """Follows the guide beside a server of PostgreSQL's, as the user that it runs as."""

    def __init__(self, server: PostgresServer, directory: Path) -> None:
        self._server = server
        self._directory = directory
        with (server.directory / "data" / "postgresql.conf").open("a") as settings:
            settings.write("max_connections = 200\n")  # as it has been started with
        (server.directory / "backups" / "wal").mkdir(parents=True)
        for path in (server.directory / "backups", server.directory / "backups" / "wal"):
            path.chmod(0o777)
        self._places = {
            "db.example.org": "127.0.0.1",
            "--username=postgres": "--username=lastschrift",
            "/backups": f"{server.directory}/backups",
            "/var/lib/postgresql": str(server.directory),
            "/var/lib/lastschrift": str(directory),
        }

    def _line(self, line: str) -> str:
        return with_places(line, self._places)

    def _environment(self) -> dict[str, str]:
        path = f"{self._server.programs}:{os.environ['PATH']}"
        return {"PATH": path, "PGPORT": str(self._server.port), "PGDATABASE": "postgres"}

    def do_all(self, heading: str) -> None:
        for block in blocks_below(heading):
            for line in block:
                self._do(self._line(line))

    def _do(self, line: str) -> None:
        if line.startswith("lastschrift "):
            do(line)
            return
        told = subprocess.run(
            ["sh", "-ec", line],
            env=self._environment(),
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **_as_whom(),
        )
        log = self._server.directory / "restored.log"
        why = log.read_text() if told.returncode and log.exists() else told.stderr
        assert told.returncode == 0, (line, why)

    @contextmanager
    def doing_the_last(self, heading: str) -> Iterator[None]:
        """Do what stands below a heading; the last line goes on until the block ends."""
        ((*lines, last),) = blocks_below(heading)
        for line in lines:
            self._do(self._line(line))
        arguments = shlex.split(self._line(last))
        with subprocess.Popen(
            [self._server.programs / arguments[0], *arguments[1:]],
            env=self._environment(),
            stderr=subprocess.DEVNULL,
            **_as_whom(),
        ) as process:
            try:
                yield
            finally:
                process.send_signal(signal.SIGINT)

    def await_all_received(self) -> None:
        """Wait until what has been committed is kept by who receives it."""
        deadline = time.monotonic() + WAIT_S
        behind = "SELECT 1 FROM pg_stat_replication WHERE flush_lsn >= pg_current_wal_flush_lsn()"
        while not self._server.execute(behind):
            assert time.monotonic() < deadline, "nothing is received"
            time.sleep(0.05)

    def stop_restored(self) -> None:
        """End the restored server, if it got so far."""
        place = self._server.directory / "restored"
        if (place / "postmaster.pid").exists():
            self._do(f"pg_ctl --pgdata={place} --wait --mode=immediate stop")
