"""A backup is one file that appears whole or not at all, while the server runs or not."""

import base64
import fcntl
import hashlib
import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.sqlite.backup import write_backup
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.vault.master_key import MasterKey, load_master_key
from lastschrift.vault.sealed_file import FileSealer
from tests.backups import unpacked
from tests.cli.installations import (
    Ended,
    command,
    contents,
    lent_production,
    make_production,
    refusal,
    told_json,
)
from tests.disks import no_file_longer_than
from tests.serving import running


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an installation with a contract and a client."""
    made = make_production(tmp_path / "a")
    contract = told_json(made, "contract", "create", "Stadtwerke Beispiel")
    told_json(made, "client", "create", "--contract", contract["id"], "--name", "Shop")
    return made


def back_up(directory: Path, file: Path, *options: str) -> Ended:
    ended = command("backup", str(file), "--data", str(directory), *options)
    assert ended.code == 0, ended.stderr
    return ended


def quiet(_done: int, _total: int) -> None:
    """Watch nothing."""


# --- what it is -----------------------------------------------------------------------------------


def test_it_is_one_file_for_its_owner_only(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    told = back_up(directory, file)
    assert re.fullmatch(r"backup +\S+x\.backup, [\d,]+ bytes", told.stdout.splitlines()[0])
    assert "master key  not in it: keep a copy of " in told.stdout
    assert re.search(
        r"^backing up lastschrift\.db: ([\d,]+) of \1 bytes$", told.stderr, re.MULTILINE
    )
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "x.backup"]
    with closing(open_for_reading(unpacked(file, directory))) as backup:
        assert backup.execute("SELECT name FROM contract").get == "Stadtwerke Beispiel"


def test_its_checksum_is_told(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    told = json.loads(back_up(directory, file, "--json").stdout)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert told == {"file": str(file), "bytes": file.stat().st_size, "sha256": sha256}


def test_nothing_of_it_is_in_clear_but_what_it_is_and_which_key_it_needs(
    directory: Path, tmp_path: Path
) -> None:
    assert command("keys", "rotate", "master", "--data", str(directory)).code == 0
    back_up(directory, tmp_path / "x.backup")
    content = (tmp_path / "x.backup").read_bytes()
    first, header, sealed = content.split(b"\n", 2)
    assert first == b"Lastschrift backup, encrypted"
    assert json.loads(header)["about"]["kind"] == "production"
    assert json.loads(header)["master_version"] == 2
    for clear in (b"Stadtwerke", b"SQLite", b"CREATE TABLE"):
        assert clear in (directory / "lastschrift.db").read_bytes()
        assert clear not in sealed


def test_two_of_the_same_database_have_nothing_in_common(directory: Path, tmp_path: Path) -> None:
    files = [tmp_path / "x.backup", tmp_path / "y.backup"]
    for file in files:
        back_up(directory, file)
    one, other = (file.read_bytes().split(b"\n", 2)[2] for file in files)
    assert len(one) == len(other)
    assert one[:64] != other[:64]


def test_it_is_made_while_a_server_runs(directory: Path, tmp_path: Path) -> None:
    with running("serve", directory, [], {}):
        told_json(directory, "contract", "create", "Another")  # it is in the log as yet
        back_up(directory, tmp_path / "x.backup")
    with closing(open_for_reading(unpacked(tmp_path / "x.backup", directory))) as backup:
        assert backup.execute("SELECT count(*) FROM contract").get == 2


def test_the_master_key_is_not_in_it(directory: Path, tmp_path: Path) -> None:
    back_up(directory, tmp_path / "x.backup")
    _, _, key = (directory / "master.key").read_text().rpartition("\n1:")
    content = (tmp_path / "x.backup").read_bytes()
    assert key.strip().encode() not in content
    assert base64.b64decode(key) not in content


def test_what_was_deleted_is_not_in_it(directory: Path, tmp_path: Path) -> None:
    with closing(open_for_writing(directory / "lastschrift.db")) as database:
        database.pragma("secure_delete", "off")
        for change in ("UPDATE client SET name = 'canary'", "UPDATE client SET name = 'Shop'"):
            database.execute(change)
        database.execute("CREATE TABLE gone AS SELECT 'canary' AS name; DROP TABLE gone")
    assert b"canary" in (directory / "lastschrift.db").read_bytes()
    back_up(directory, tmp_path / "x.backup")
    assert b"canary" not in unpacked(tmp_path / "x.backup", directory).read_bytes()


# --- what it does not write over ------------------------------------------------------------------


def test_a_file_that_is_there_is_written_over_only_by_force(
    directory: Path, tmp_path: Path
) -> None:
    file = tmp_path / "x.backup"
    file.write_text("precious")
    assert refusal(directory, "backup", str(file)) == (
        f"{file} is there already; name another file, or --force writes over it"
    )
    assert file.read_text() == "precious"
    back_up(directory, file, "--force")
    assert SqliteInstallation(unpacked(file, directory)).kind() == "production"


@pytest.mark.parametrize(
    "name", ["lastschrift.db", "lastschrift.db-wal", "master.key", "lastschrift.toml"]
)
def test_the_installation_s_own_files_are_never_written_over(directory: Path, name: str) -> None:
    before = contents(directory)
    link = directory.parent / "link"
    link.symlink_to(directory / name)
    for file in (directory / name, link):
        assert refusal(directory, "backup", str(file), "--force") == (
            f"{file} belongs to the installation itself; name another file"
        )
    assert contents(directory) == before


# --- what can go wrong ----------------------------------------------------------------------------


def test_what_an_interrupted_one_left_is_written_over(directory: Path, tmp_path: Path) -> None:
    part = tmp_path / "x.backup.part"
    part.write_bytes(bytes(1_000_000))
    part.chmod(0o644)
    back_up(directory, tmp_path / "x.backup")
    assert not part.exists()
    assert (tmp_path / "x.backup").stat().st_mode & 0o777 == 0o600
    assert SqliteInstallation(unpacked(tmp_path / "x.backup", directory)).check_structure()


def test_a_copy_in_clear_that_a_killed_one_left_goes_with_the_next(
    directory: Path, tmp_path: Path
) -> None:
    left = directory / "lastschrift.db.copy-x1y2"
    left.write_bytes(b"in clear")
    in_use = directory / "lastschrift.db.copy-z3"
    with in_use.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        back_up(directory, tmp_path / "x.backup")
        assert in_use.exists()
    assert not left.exists()


def test_two_do_not_write_the_same_file_at_once(directory: Path, tmp_path: Path) -> None:
    with (tmp_path / "x.backup.part").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        told = refusal(directory, "backup", str(tmp_path / "x.backup"))
    assert told == (
        f"{tmp_path}/x.backup.part: another backup is writing it; wait until that has ended"
    )


def test_ctrl_c_leaves_nothing_of_it(directory: Path, tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with closing(open_for_writing(directory / "lastschrift.db")) as database:
        database.execute(_MANY_CONTRACTS)
    seal = FileSealer(load_master_key(directory / "master.key"), {})
    with pytest.raises(KeyboardInterrupt):
        write_backup(directory / "lastschrift.db", tmp_path / "x.backup", seal, interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert not list(directory.glob("*.copy-*"))


_MANY_CONTRACTS = """
INSERT INTO contract (id, name, created)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    SELECT randomblob(16), 'Example Inc.', i FROM n
"""


def test_a_damaged_database_leaves_the_older_backup_in_its_place(
    directory: Path, tmp_path: Path
) -> None:
    file = tmp_path / "x.backup"
    back_up(directory, file)
    older = file.read_bytes()
    damage(directory / "lastschrift.db", "client")
    ended = command("backup", str(file), "--data", str(directory), "--force")
    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1].endswith(
        "lastschrift.db: is no database, or damaged; put it back from its newest copy"
    )
    assert file.read_bytes() == older
    assert not (tmp_path / "x.backup.part").exists()


def damage(database: Path, table: str) -> None:
    """Write over the page that a table begins with."""
    with closing(open_for_reading(database)) as connection:
        find = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        page: int = connection.execute(find, (table,)).get
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_a_full_disk_is_told_and_leaves_nothing(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    with no_file_longer_than(40_000):
        ended = command("backup", str(file), "--data", str(directory))
    assert (ended.code, ended.stdout) == (1, "")
    assert re.fullmatch(
        rf"Error: {directory}/lastschrift\.db\.copy-\w+: can't be written; "
        "look at the disk: is it full\\?",
        ended.stderr.splitlines()[-1],
    )
    assert not list(directory.glob("*.copy-*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_a_disk_too_full_to_restore_to_is_told_and_leaves_all_as_it_was(
    directory: Path, tmp_path: Path
) -> None:
    back_up(directory, tmp_path / "x.backup")
    before = contents(directory)
    arguments = ("restore", str(tmp_path / "x.backup"), "--force", "--data", str(directory))
    with no_file_longer_than(40_000):
        ended = command(*arguments)
    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1] == (
        f"Error: {directory}/lastschrift.db.part: can't be written; look at the disk: is it full?"
    )
    assert contents(directory) == before


def test_a_place_that_cannot_be_written_is_told(directory: Path, tmp_path: Path) -> None:
    told = refusal(directory, "backup", str(tmp_path / "nowhere" / "x.backup"))
    assert told == f"{tmp_path}/nowhere/x.backup.part: No such file or directory"


def test_without_a_database_there_is_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused):
        SqliteInstallation(tmp_path / "nothing.db").back_up(
            tmp_path / "x.backup", FileSealer(MasterKey({1: bytes(32)}), {}), quiet
        )
    assert list(tmp_path.iterdir()) == []


def test_a_database_on_postgresql_is_left_to_its_own_means(tmp_path: Path) -> None:
    with lent_production("postgres", tmp_path / "b") as directory:
        told = refusal(directory, "backup", str(tmp_path / "x.backup"))
    assert "back it up by pg_basebackup or pgBackRest, as docs/guides/backup.md shows" in told
    assert not (tmp_path / "x.backup").exists()
