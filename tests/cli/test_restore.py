"""Restoring puts back what was backed up, or changes nothing and says why."""

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from lastschrift.cli.house import CannotDo
from lastschrift.placing import part_of
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.schema import migrations_in
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.migrations import _apply, newest_schema
from lastschrift.storage.sqlite.plain_backup import unpack_plain
from lastschrift.vault.master_key import drop_master_versions
from tests.backups import as_plain, unpacked
from tests.cli.installations import (
    Ended,
    change_database,
    command,
    contents,
    lent_production,
    make_production,
    mark_config,
    mark_database,
    raise_schema,
    refusal,
    told_json,
)
from tests.serving import running

FLIPS = 100


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an installation with a contract and a client."""
    made = make_production(tmp_path / "a")
    contract = told_json(made, "contract", "create", "Stadtwerke Beispiel")
    told_json(made, "client", "create", "--contract", contract["id"], "--name", "Shop")
    return made


@pytest.fixture
def backup(directory: Path, tmp_path: Path) -> Path:
    """Return a backup of it."""
    return back_up(directory, tmp_path / "x.backup")


def back_up(directory: Path, file: Path) -> Path:
    ended = command("backup", str(file), "--data", str(directory))
    assert ended.code == 0, ended.stderr
    return file


def restore(directory: Path, backup: Path, *options: str) -> Ended:
    ended = command("restore", str(backup), "--data", str(directory), *options)
    assert ended.code == 0, ended.stderr
    return ended


def all_listed(directory: Path) -> list[object]:
    return [told_json(directory, what, "list") for what in ("contract", "client")]


# --- restored -------------------------------------------------------------------------------------


def test_a_new_directory_becomes_the_installation_it_was(
    directory: Path, backup: Path, tmp_path: Path
) -> None:
    there, key = tmp_path / "b", directory / "master.key"
    told = restore(there, backup, "--master-key-file", str(key))
    assert f"restored    {there}/lastschrift.db" in told.stdout
    assert all_listed(there) == all_listed(directory)
    assert (there / "master.key").read_bytes() == key.read_bytes()
    for name in ("lastschrift.db", "lastschrift.toml", "master.key"):
        assert (there / name).stat().st_mode & 0o777 == 0o600
    findings = told_json(there, "doctor", "--deep")
    assert {finding["state"] for finding in findings} == {"ok"}
    with running("serve", there, [], {}):
        told_json(there, "contract", "create", "Another")


def test_a_lost_database_is_put_back_beside_its_key(directory: Path, backup: Path) -> None:
    before = all_listed(directory)
    (directory / "lastschrift.db").unlink()
    told = told_json(directory, "restore", str(backup))
    assert told == {
        "database": f"{directory}/lastschrift.db",
        "applied": [],
        "kept": None,
        "erased_again": None,
        "encrypted": True,
    }
    assert all_listed(directory) == before


def test_by_force_the_one_that_is_there_is_kept_aside(directory: Path, backup: Path) -> None:
    told_json(directory, "contract", "create", "Later")
    kept = Path(told_json(directory, "restore", str(backup), "--force")["kept"])
    assert [each["name"] for each in told_json(directory, "contract", "list")] == [
        "Stadtwerke Beispiel"
    ]
    (directory / "lastschrift.db").unlink()
    shutil.copy(kept / "lastschrift.db", directory)
    assert len(told_json(directory, "contract", "list")) == 2


def test_what_is_kept_aside_has_what_was_in_its_log(directory: Path, backup: Path) -> None:
    with running("serve", directory, [], {}) as server:
        told_json(directory, "contract", "create", "Later")
        server.kill()
    assert (directory / "lastschrift.db-wal").stat().st_size > 0
    kept = Path(told_json(directory, "restore", str(backup), "--force")["kept"])
    assert len(told_json(directory, "contract", "list")) == 1
    with closing(apsw.Connection(str(kept / "lastschrift.db"))) as database:
        assert database.execute("SELECT count(*) FROM contract").get == 2


def test_a_database_that_is_damaged_is_kept_aside_as_it_is(directory: Path, backup: Path) -> None:
    (directory / "lastschrift.db").write_bytes(b"what is left of it")
    kept = Path(told_json(directory, "restore", str(backup), "--force")["kept"])
    assert (kept / "lastschrift.db").read_bytes() == b"what is left of it"
    assert len(told_json(directory, "contract", "list")) == 1


def test_what_an_interrupted_one_left_is_no_hindrance(directory: Path, backup: Path) -> None:
    database = directory / "lastschrift.db"
    before = all_listed(directory)
    database.rename(part_of(database))
    (directory / "lastschrift.db-wal").write_bytes(bytes(100))
    restore(directory, backup)
    assert all_listed(directory) == before
    assert not list(directory.glob("*.part*"))


def test_a_sandbox_remains_a_sandbox(directory: Path, tmp_path: Path) -> None:
    mark_config(directory, "sandbox")
    mark_database(directory, "sandbox")
    backup = back_up(directory, tmp_path / "sandbox.backup")
    there = tmp_path / "b"
    restore(there, backup, "--master-key-file", str(directory / "master.key"))
    assert '\nkind = "sandbox"' in (there / "lastschrift.toml").read_text()
    assert "lastschrift sandbox runs it" in refusal(there, "serve")


def test_an_older_one_is_migrated_if_that_is_wanted(directory: Path, tmp_path: Path) -> None:
    backup = of_an_older_schema(tmp_path)
    found, needed = newest_schema() - 1, newest_schema()
    there = tmp_path / "b"
    arguments = ("restore", str(backup), "--master-key-file", str(directory / "master.key"))
    assert refusal_of(there, *arguments) == (
        f"{backup}: the database has schema {found}, this program needs {needed}; "
        "restore it with --migrate"
    )
    assert contents(there) == {}
    told = told_json(there, *arguments, "--migrate")
    assert not list(there.glob("*.part*"))
    assert [name[:4] for name in told["applied"]] == [f"{needed:04}"]
    assert told_json(there, "migrate") == {"applied": []}


def of_an_older_schema(tmp_path: Path) -> Path:
    """Return a backup that the program before the last migration could have made."""
    steps = migrations_in("lastschrift.storage.sqlite.migrations")
    with closing(open_for_writing(tmp_path / "old.db")) as database:
        for number in range(1, newest_schema()):
            _apply(database, steps[number])
        database.execute("INSERT INTO installation (only_row, kind) VALUES (1, 'production')")
        database.execute("VACUUM INTO ?", (str(tmp_path / "old.backup"),))
    return as_plain(tmp_path / "old.backup")


def test_one_from_before_they_were_encrypted_is_restored_and_told(
    directory: Path, backup: Path
) -> None:
    plain = as_plain(unpacked(backup, directory))
    before = all_listed(directory)
    told = restore(directory, plain, "--force")
    assert "it was not encrypted: take another one, and destroy it" in told.stdout
    assert all_listed(directory) == before


def test_one_whose_master_version_is_destroyed_is_of_no_use(directory: Path, backup: Path) -> None:
    key = directory / "master.key"
    assert command("keys", "rotate", "master", "--data", str(directory)).code == 0
    restore(directory, backup, "--force")
    drop_master_versions(key, [])
    assert refusal_of(directory, "restore", str(backup), "--force").startswith(
        f"{backup} needs version 1 of the master key, which is not there any more"
    )


# --- refused, and nothing changed -----------------------------------------------------------------


def refusal_of(directory: Path, *arguments: str) -> str:
    """Return the last line that says why a command can't do its work."""
    ended = command(*arguments, "--data", str(directory))
    assert (ended.code, ended.stdout) == (1, ""), ended
    return ended.stderr.splitlines()[-1].removeprefix("Error: ")


def test_a_database_that_is_there_is_not_replaced(directory: Path, backup: Path) -> None:
    before = contents(directory)
    assert refusal_of(directory, "restore", str(backup)) == (
        f"there is a database at {directory}/lastschrift.db; "
        "name another directory with --data, or --force keeps it aside"
    )
    assert contents(directory) == before


def test_a_wrong_master_key_is_told_before_anything_is_replaced(
    directory: Path, backup: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert command("init", "--data", str(other)).code == 0
    before = contents(other)
    told = refusal_of(other, "restore", str(backup), "--force")
    assert told == f"the master key does not open {backup}: put back the key that belongs to it"
    assert contents(other) == before
    fresh = tmp_path / "fresh"
    key = ("--master-key-file", str(other / "master.key"))
    assert refusal_of(fresh, "restore", str(backup), *key) == told
    assert contents(fresh) == {}


def test_without_a_master_key_nothing_is_put_back(backup: Path, tmp_path: Path) -> None:
    told = refusal_of(tmp_path / "b", "restore", str(backup))
    assert told == (
        f"there is no master key at {tmp_path}/b/master.key; name one with --master-key-file"
    )
    assert contents(tmp_path / "b") == {}


def test_a_master_key_is_never_replaced(directory: Path, backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert command("init", "--data", str(other)).code == 0
    before = contents(other)
    key = ("--master-key-file", str(directory / "master.key"))
    told = refusal_of(other, "restore", str(backup), "--force", *key)
    assert "is another master key than" in told
    assert contents(other) == before


def test_nothing_is_put_back_below_a_running_server(directory: Path, backup: Path) -> None:
    with running("serve", directory, [], {}) as server:
        assert refusal_of(directory, "restore", str(backup), "--force") == (
            f"{directory} is in use by a Lastschrift server (process {server.process.pid}): "
            "stop it, or name another directory with --data"
        )
        assert len(told_json(directory, "contract", "list")) == 1


def test_a_server_of_another_directory_is_noticed(
    directory: Path, backup: Path, tmp_path: Path
) -> None:
    other = make_production(tmp_path / "other")
    database = directory / "lastschrift.db"
    with running("serve", directory, [], {}):
        (other / "master.key").write_bytes((directory / "master.key").read_bytes())
        told = command(
            *("restore", str(backup), "--force", "--data", str(other)),
            LASTSCHRIFT_DATABASE=f"sqlite:///{database}",
        )
        assert f"{database}: another process has it open; stop that first" in told.stderr
        assert len(told_json(directory, "contract", "list")) == 1


def test_a_sandbox_is_not_put_into_a_production_installation(
    directory: Path, backup: Path, tmp_path: Path
) -> None:
    before = contents(directory)
    mark_database(directory, "sandbox")
    mark_config(directory, "sandbox")
    sandbox = back_up(directory, tmp_path / "sandbox.backup")
    mark_database(directory, "production")
    mark_config(directory, "production")
    told = refusal_of(directory, "restore", str(sandbox), "--force")
    assert "is a production installation" in told
    assert contents(directory) == before


def test_a_newer_one_is_refused(directory: Path, tmp_path: Path) -> None:
    raise_schema(directory)
    with closing(apsw.Connection(str(directory / "lastschrift.db"))) as database:
        database.execute("VACUUM INTO ?", (str(tmp_path / "newer.backup"),))
    backup = as_plain(tmp_path / "newer.backup")
    key = ("--master-key-file", str(directory / "master.key"))
    told = refusal_of(tmp_path / "b", "restore", str(backup), *key, "--migrate")
    assert told.startswith(f"{backup}: the database has schema 4711, this program knows ")
    assert contents(tmp_path / "b") == {}


def test_a_place_on_postgresql_is_left_to_its_own_means(backup: Path, tmp_path: Path) -> None:
    with lent_production("postgres", tmp_path / "b") as directory:
        told = refusal_of(directory, "restore", str(backup))
    assert "restore it by what backed it up, as docs/guides/backup.md shows" in told


def test_what_is_not_there_is_told(backup: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    assert refusal_of(tmp_path / "b", "restore", str(nothing)) == (
        f"{nothing}: No such file or directory"
    )
    told = refusal_of(tmp_path / "b", "restore", str(backup), "--master-key-file", str(nothing))
    assert told.startswith(f"{nothing}: there is no master key")
    assert contents(tmp_path / "b") == {}


# --- damaged --------------------------------------------------------------------------------------


def flip(file: Path, place: int) -> None:
    """Change one bit of one byte."""
    content = bytearray(file.read_bytes())
    content[place] ^= 1 << random.randrange(8)
    file.write_bytes(content)


def test_any_flipped_bit_is_found(directory: Path, backup: Path, tmp_path: Path) -> None:
    length = backup.stat().st_size
    places = [0, length - 1, *(random.randrange(length) for _ in range(FLIPS))]
    for place in places:
        spoiled = tmp_path / "spoiled.backup"
        shutil.copyfile(backup, spoiled)
        flip(spoiled, place)
        with pytest.raises(CannotDo, match=r"is damaged|is no backup|does not open|needs version"):
            unpacked(spoiled, directory)


def test_any_flipped_bit_of_a_backup_from_before_they_were_encrypted_is_found(
    directory: Path, backup: Path, tmp_path: Path
) -> None:
    plain = as_plain(unpacked(backup, directory))
    length = plain.stat().st_size
    places = [length - 1, *(random.randrange(16, length) for _ in range(FLIPS))]
    for number, place in enumerate(places):
        spoiled = tmp_path / "spoiled.backup"
        shutil.copyfile(plain, spoiled)
        flip(spoiled, place)
        with pytest.raises(DatabaseRefused, match=r"is damaged|is no backup"):
            unpack_plain(spoiled, tmp_path / f"{number}.db", lambda _done, _total: None)


def test_the_backup_as_it_was_is_not_found_wanting(directory: Path, backup: Path) -> None:
    assert unpacked(backup, directory).read_bytes().startswith(b"SQLite format 3\0")


def test_a_flipped_bit_is_told_and_nothing_is_replaced(directory: Path, backup: Path) -> None:
    before = contents(directory)
    flip(backup, backup.stat().st_size // 2)
    told = refusal_of(directory, "restore", str(backup), "--force")
    assert told == f"{backup}: is damaged, or only a part of one; take another backup"
    assert contents(directory) == before


def lose_the_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def lose_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def lose_all(file: Path) -> None:
    file.write_bytes(b"")


def lose_whole_chunks(file: Path) -> None:
    """Cut between two chunks, where each that is left is as it was sealed."""
    lines = b"".join(file.read_bytes().splitlines(keepends=True)[:2])
    file.write_bytes(lines)


def be_another(file: Path) -> None:
    file.write_text("dear diary\n" * 1_000)


@pytest.mark.parametrize(
    "spoil", [lose_the_end, lose_half, lose_whole_chunks, lose_all, be_another]
)
def test_what_is_no_whole_backup_is_told(
    directory: Path, backup: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(backup)
    key = ("--master-key-file", str(directory / "master.key"))
    told = refusal_of(tmp_path / "b", "restore", str(backup), *key)
    assert told.startswith(f"{backup}: is ")
    assert told.endswith("only a part of one; take another backup")
    assert contents(tmp_path / "b") == {}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE client SET contract_id = randomblob(16)", "has 2 references to what is not"),
        ("DROP INDEX bank_account_once", "lacks bank_account_once"),  # an IBAN could come twice
    ],
)
def test_what_was_damaged_before_it_was_backed_up_is_told(
    directory: Path, tmp_path: Path, damage: str, told: str
) -> None:
    change_database(directory, damage)
    backup = back_up(directory, tmp_path / "x.backup")
    refused = refusal_of(directory, "restore", str(backup), "--force")
    assert refused.startswith(f"{backup}: was damaged when it was made: it {told}")
    assert refused.endswith("; take another backup")
