"""A backup or a restore that is killed at any moment leaves nothing half done in its place."""

import itertools
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from lastschrift.placing import part_of
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.backups import unpacked
from tests.cli.installations import make_production, told_json
from tests.serving import command_line, environment, run

KILLS = 4
LIFE_S_MAX = 0.3
ACCOUNTS = 60_000
"""Some 20 MB: enough that most kills come in between."""

_FILL = f"""
INSERT INTO bank_account (contract_id, id, iban_sealed, created)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ACCOUNTS})
    SELECT c.id, randomblob(16), randomblob(200), n.i FROM contract c, n;
"""
_LATER = "INSERT INTO contract (id, name, created) VALUES (randomblob(16), 'Later Inc.', 2)"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an installation whose database takes a while to write."""
    made = make_production(tmp_path / "a")
    told_json(made, "contract", "create", "Stadtwerke Beispiel")
    execute(made, _FILL)
    return made


def execute(directory: Path, statements: str) -> None:
    with closing(open_for_writing(directory / "lastschrift.db")) as database:
        database.execute(statements)


def contracts(database: Path) -> int:
    with closing(open_for_reading(database)) as connection:
        count: int = connection.execute("SELECT count(*) FROM contract").get
    return count


def killed_often(arguments: tuple[str, ...], first_words: str) -> Iterator[int]:
    """Begin a command and kill it when it has worked for a moment; yield each exit code.

    What has ended before is given less time the next time, until enough of them were killed.
    """
    life_s, kills = LIFE_S_MAX, 0
    while kills < KILLS:
        code = killed(arguments, first_words, random.uniform(0, life_s))
        if code == 0:
            life_s /= 2
            assert life_s > LIFE_S_MAX / 2**20, "it ends before it can be killed"
        kills += code == -signal.SIGKILL
        yield code


def killed(arguments: tuple[str, ...], first_words: str, life_s: float) -> int:
    """Begin a command, kill it when it has worked so long, and return its exit code."""
    with subprocess.Popen(
        command_line(*arguments),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(first_words)
        with suppress(subprocess.TimeoutExpired):
            process.wait(life_s)
        process.send_signal(signal.SIGKILL)
        return process.wait(10)


def test_a_killed_backup_leaves_the_one_before_or_is_whole(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    arguments = ("backup", str(file), "--data", str(directory))
    for code in killed_often(arguments, "backing up"):
        assert code in (0, -signal.SIGKILL)
        assert not file.exists() or in_backup(file, directory).check_structure()
        file.unlink(missing_ok=True)
    assert run(*arguments).returncode == 0
    execute(directory, _LATER)
    for code in killed_often((*arguments, "--force"), "backing up"):
        assert code in (0, -signal.SIGKILL)
        assert contracts(unpacked(file, directory)) in (1, 2)
    assert run(*arguments, "--force").returncode == 0
    assert contracts(unpacked(file, directory)) == 2
    assert not part_of(file).exists()
    assert not list(directory.glob("*.copy-*"))


def in_backup(file: Path, directory: Path) -> SqliteInstallation:
    return SqliteInstallation(unpacked(file, directory))


def test_a_killed_restore_leaves_the_old_database_or_the_new_one(
    directory: Path, tmp_path: Path
) -> None:
    file, database = tmp_path / "x.backup", directory / "lastschrift.db"
    backed_up = ("backup", str(file), "--data", str(directory))
    assert run(*backed_up).returncode == 0
    arguments = ("restore", str(file), "--data", str(directory), "--force")
    execute(directory, _LATER)
    for code in killed_often(arguments, "unpacking"):
        assert code in (0, -signal.SIGKILL)
        assert contracts(database) in (1, 2)
        if contracts(database) == 1:
            execute(directory, _LATER)
        for kept in directory.glob("*.replaced-*/lastschrift.db"):
            assert contracts(kept) == 2
    assert run(*arguments).returncode == 0
    assert contracts(database) == 1
    assert SqliteInstallation(database).check_structure()


# --- killed at every step -------------------------------------------------------------------------

_KILLED_AT_STEP = """
import os, signal, sys
from lastschrift import main

steps_left, directory = int(sys.argv.pop(1)), sys.argv[sys.argv.index("--data") + 1]

def watch(event, arguments):
    global steps_left
    if event in ("os.mkdir", "os.link", "os.remove", "os.rename"):
        if str(arguments[0]).startswith(directory):
            steps_left -= 1
            if steps_left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
main.main()
"""


def killed_at(step: int, *arguments: str) -> int:
    """Run a command that is killed before its n-th change of a directory; return its exit code."""
    code = [sys.executable, "-c", _KILLED_AT_STEP, str(step), *arguments]
    return subprocess.run(code, env=environment(), check=False, capture_output=True).returncode


def test_a_restore_killed_before_any_of_its_steps_loses_nothing(tmp_path: Path) -> None:
    origin, file = make_production(tmp_path / "origin"), tmp_path / "x.backup"
    told_json(origin, "contract", "create", "Stadtwerke Beispiel")
    told_json(origin, "backup", str(file))
    execute(origin, _LATER)
    found = Counter[str]()
    for step in itertools.count():
        directory = tmp_path / f"{step}"
        shutil.copytree(origin, directory)
        arguments = ("restore", str(file), "--data", str(directory), "--force")
        code = killed_at(step, *arguments)
        found[what_is_there(directory)] += 1
        if code == 0:
            break
        assert code == -signal.SIGKILL
        told_json(directory, *arguments[:2], "--force")
        assert what_is_there(directory) == "the new one"
    assert found.keys() == {"the old one", "the new one"}


def what_is_there(directory: Path) -> str:
    """Say which database a directory has; the old one must be somewhere, whole."""
    kept = [contracts(database) for database in directory.glob("*.replaced-*/lastschrift.db")]
    if contracts(directory / "lastschrift.db") == 2:
        return "the old one"
    assert 2 in kept, "the old one is lost"
    return "the new one"
