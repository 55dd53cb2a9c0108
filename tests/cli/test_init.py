"""Making a production installation: whole, once, and repeatable when it was interrupted."""

from pathlib import Path

import apsw
import pytest

from lastschrift.settings import InstallationKind, Settings, SqliteDatabase
from tests.cli.installations import command, make_production, mark_config, mark_database, refusal

FILES = ("lastschrift.toml", "master.key", "lastschrift.db")


def test_an_installation_is_settings_master_key_and_database(tmp_path: Path) -> None:
    directory = tmp_path / "of" / "its" / "own"
    told = command("init", "--data", str(directory))
    assert told.code == 0, told.stderr
    assert directory.stat().st_mode & 0o777 == 0o700
    for name in FILES:
        assert (directory / name).stat().st_mode & 0o777 == 0o600
        assert str(directory / name) in told.stdout
    assert {file.name for file in directory.iterdir()} == {*FILES, "lastschrift.lock"}
    assert Settings.load(directory, {}).kind is InstallationKind.PRODUCTION


def test_the_database_is_empty_and_says_what_it_was_made_for(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    connection = apsw.Connection(str(directory / "lastschrift.db"))
    assert connection.execute("SELECT kind FROM installation").get == "production"
    assert connection.execute("SELECT count(*) FROM client").get == 0
    assert connection.pragma("journal_mode") == "wal"
    connection.close()


def test_an_installation_is_not_made_twice(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    before = {name: (directory / name).read_bytes() for name in FILES}
    assert refusal(directory, "init").endswith(
        "is an installation already; lastschrift serve runs it"
    )
    assert {name: (directory / name).read_bytes() for name in FILES} == before


@pytest.mark.parametrize("there", [(), FILES[:1], FILES[:2]])
def test_what_was_interrupted_is_gone_on_with(tmp_path: Path, there: tuple[str, ...]) -> None:
    directory = make_production(tmp_path / "a")
    for name in FILES:
        if name not in there:
            (directory / name).unlink()
    before = {name: (directory / name).read_bytes() for name in there}
    for name in ("lastschrift.db", "master.key"):
        (directory / f"{name}.part").write_bytes(b"half a file")
    (directory / "lastschrift.toml.part").mkdir()
    told = command("init", "--data", str(directory))
    assert told.code == 0, told.stderr
    assert {name: (directory / name).read_bytes() for name in there} == before
    assert command("doctor", "--data", str(directory)).code == 0
    assert not (directory / "lastschrift.db.part").exists()


def test_a_database_without_its_settings_is_not_taken_for_a_new_directory(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    (directory / "lastschrift.toml").unlink()
    assert refusal(directory, "init").endswith(
        "has a database, but no lastschrift.toml; put that back"
    )


def test_a_sandbox_is_not_made_production(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    mark_config(directory, "sandbox")
    mark_database(directory, "sandbox")
    assert "is a sandbox installation: lastschrift sandbox runs it" in refusal(directory, "init")


def test_key_and_database_may_be_elsewhere(tmp_path: Path) -> None:
    database, key = tmp_path / "there.db", tmp_path / "there.key"
    told = command(
        "init",
        "--data",
        str(tmp_path / "a"),
        LASTSCHRIFT_DATABASE=f"sqlite:///{database}",
        LASTSCHRIFT_MASTER_KEY_FILE=str(key),
    )
    assert told.code == 0, told.stderr
    assert database.exists()
    assert key.exists()


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_database_that_is_named_stands_in_the_settings(tmp_path: Path, way: str) -> None:
    directory, database = tmp_path / "a", tmp_path / "größer.db"
    url = f"sqlite:///{database}"
    arguments = ("--database", url) if way == "option" else ()
    variables = {"LASTSCHRIFT_DATABASE": url} if way == "variable" else {}
    told = command("init", "--data", str(directory), *arguments, **variables)
    assert told.code == 0, told.stderr
    assert f"database    {database}\n" in told.stdout
    assert Settings.load(directory, {}).database == SqliteDatabase(database)
    assert (directory / "lastschrift.toml").stat().st_mode & 0o777 == 0o600
    assert command("doctor", "--data", str(directory)).code == 0


def test_a_database_that_cannot_be_is_told_before_anything_is_made(tmp_path: Path) -> None:
    arguments = ("init", "--data", str(tmp_path / "a"), "--database", "mysql://me:hunter2@a/b")
    told = command(*arguments)
    assert told.code == 2
    assert "postgresql://USER:PASSWORD@HOST:PORT/NAME" in told.stderr
    assert "hunter2" not in told.stderr
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("verb", ["init", "sandbox"])
def test_another_database_than_the_one_that_is_set_is_refused(tmp_path: Path, verb: str) -> None:
    directory = make_production(tmp_path / "a")
    if verb == "sandbox":
        mark_config(directory, "sandbox")
    assert refusal(directory, verb, "--database", "sqlite:///other.db") == (
        f"{directory} keeps its data at {directory}/lastschrift.db: change the setting database, "
        "or name another directory with --data"
    )
    assert not (directory / "other.db").exists()


def test_the_database_that_is_set_may_be_named_again(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    named = ("--database", f"sqlite:///{directory}/lastschrift.db")
    assert refusal(directory, "init", *named).endswith(
        "is an installation already; lastschrift serve runs it"
    )


def test_a_database_whose_key_is_missing_is_no_new_installation(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    (directory / "master.key").unlink()
    assert refusal(directory, "init") == (
        f"{directory}/lastschrift.db is an installation's database already: put the master key "
        f"that belongs to it at {directory}/master.key, and lastschrift serve runs it here too"
    )
    assert not (directory / "master.key").exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "a", "init") == f"{tmp_path}/file/a: Not a directory"
