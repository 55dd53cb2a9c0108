"""What the doctor finds, and what it says to do."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.installations import (
    command,
    make_production,
    mark_database,
    raise_schema,
    told_json,
)
from tests.serving import running

SUBJECTS = [
    "SQLite library",
    "clock",
    "settings",
    "directory",
    "listen",
    "server",
    "database",
    "master key",
    "erasures",
    "identity providers",
    "disk space",
    "last change",
]


def findings(directory: Path, **variables: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and state and text of each finding by its subject."""
    told = command("doctor", "--json", "--data", str(directory), **variables)
    found = json.loads(told.stdout)
    return told.code, {finding["subject"]: (finding["state"], finding["text"]) for finding in found}


def test_nothing_is_wrong_with_a_new_installation(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    found = told_json(directory, "doctor")
    assert [finding["subject"] for finding in found] == SUBJECTS
    assert {finding["state"] for finding in found} == {"ok"}


def test_one_line_is_one_finding(tmp_path: Path) -> None:
    told = command("doctor", "--data", str(make_production(tmp_path / "a")))
    assert told.code == 0
    assert [line.split("\t")[:2] for line in told.stdout.splitlines()] == [
        ["ok", subject] for subject in SUBJECTS
    ]


def test_a_running_server_is_no_hindrance_and_is_told(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    with running("serve", directory, [], {}) as server:
        code, found = findings(directory)
    assert code == 0
    assert found["server"] == ("ok", f"running: server, pid {server.process.pid}")


def test_a_directory_that_is_no_installation_is_told(tmp_path: Path) -> None:
    code, found = findings(tmp_path)
    assert code == 1
    state, text = found["settings"]
    assert state == "wrong"
    assert text == f"{tmp_path}/lastschrift.toml is missing; lastschrift init makes one"


def lose_the_key(directory: Path) -> None:
    (directory / "master.key").unlink()


def expose_the_key(directory: Path) -> None:
    (directory / "master.key").chmod(0o644)


def lose_the_file(directory: Path) -> None:
    (directory / "lastschrift.db").unlink()


def damage_the_file(directory: Path) -> None:
    file = directory / "lastschrift.db"
    content = bytearray(file.read_bytes())
    content[4096 * 2 : 4096 * 4] = b"\xff" * 8192
    file.write_bytes(content)


def exchange_the_database(directory: Path) -> None:
    mark_database(directory, "sandbox")


def date_the_file_ahead(directory: Path) -> None:
    tomorrow = time.time() + 86_400
    os.utime(directory / "lastschrift.db", (tomorrow, tomorrow))


@pytest.mark.parametrize(
    ("spoil", "subject", "remedy"),
    [
        (lose_the_key, "master key", "put it back from its copy"),
        (expose_the_key, "master key", "run chmod 600 on it"),
        (exchange_the_database, "database", "put back the one that belongs here"),
        (raise_schema, "database", "run the newer Lastschrift that wrote it"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    production: Path, spoil: Callable[[Path], None], subject: str, remedy: str
) -> None:
    spoil(production)
    check_told(production, subject, remedy)


@pytest.mark.parametrize(
    ("spoil", "subject", "remedy"),
    [
        (lose_the_file, "database", "lastschrift init makes one"),
        (damage_the_file, "database", "put it back from its newest copy"),
        (date_the_file_ahead, "last change", "set the clock"),
    ],
)
def test_what_is_wrong_with_sqlites_file_is_told(
    tmp_path: Path, spoil: Callable[[Path], None], subject: str, remedy: str
) -> None:
    directory = make_production(tmp_path / "a")
    spoil(directory)
    check_told(directory, subject, remedy)


def check_told(directory: Path, subject: str, remedy: str) -> None:
    code, found = findings(directory)
    assert code == 1
    assert found[subject][0] == "wrong"
    assert remedy in found[subject][1]


def test_a_key_of_another_installation_is_told(production: Path, tmp_path: Path) -> None:
    other = tmp_path / "b"
    told_json(production, "contract", "create", "A")
    assert command("init", "--data", str(other)).code == 0
    (production / "master.key").write_bytes((other / "master.key").read_bytes())
    code, found = findings(production)
    assert code == 1
    assert found["master key"][0] == "wrong"
    assert found["master key"][1] == (
        "the master key does not open this database (WrapBroken); "
        "put back the key file that belongs to it"
    )


def test_a_directory_open_to_others_is_doubtful_and_no_failure(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    directory.chmod(0o755)
    code, found = findings(directory)
    assert code == 0
    assert found["directory"] == (
        "doubtful",
        f"{directory} is open to other users; run chmod 700 on it",
    )


def test_listening_beyond_this_machine_without_public_url_is_told(tmp_path: Path) -> None:
    code, found = findings(make_production(tmp_path / "a"), LASTSCHRIFT_LISTEN="0.0.0.0:80")
    assert code == 1
    assert "LASTSCHRIFT_PUBLIC_URL" in found["listen"][1]


# --- identity providers ---------------------------------------------------------------------------


def provider_of(client_id: str) -> dict[str, str]:
    """Return the variable that sets a provider where nobody listens."""
    provider = {"issuer": "http://127.0.0.1:1", "audience": "lastschrift", "client": client_id}
    return {"LASTSCHRIFT_IDENTITY_PROVIDER": json.dumps([provider])}


def test_a_provider_without_a_client_is_wrong(tmp_path: Path) -> None:
    code, found = findings(make_production(tmp_path / "a"), **provider_of("0" * 32))
    assert code == 1
    state, text = found["identity providers"]
    assert state == "wrong"
    assert f"the client {'0' * 32} of http://127.0.0.1:1 is unknown or revoked" in text


def test_a_provider_that_cannot_be_reached_is_wrong(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    contract = told_json(directory, "contract", "create", "Fuel")["id"]
    client = told_json(directory, "client", "create", "--contract", contract, "--name", "Keycloak")
    code, found = findings(directory, **provider_of(client["client_id"]))
    assert code == 1
    assert "no keys from http://127.0.0.1:1: it can't be reached" in found["identity providers"][1]
    told_json(directory, "client", "revoke", client["client_id"])
    _, found = findings(directory, **provider_of(client["client_id"]))
    assert "unknown or revoked" in found["identity providers"][1]
