"""The sandbox: what it says works, and it is never taken for production."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.domain.access import Scope
from tests.cli.installations import (
    change_database,
    command,
    make_production,
    mark_config,
    mark_database,
    refusal,
    told_json,
)
from tests.serving import RunningServer, running_sandbox

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": DEMO_CLIENT_ID,
    "client_secret": DEMO_CLIENT_SECRET,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningServer]:
    with running_sandbox() as running:
        yield running


# --- what it says ---------------------------------------------------------------------------------


def requests_to_paste(sandbox: RunningServer) -> str:
    """Return the lines that the sandbox prints for pasting into a shell."""
    _, _, lines = sandbox.said.read_text().partition("To paste into sh or bash:\n")
    assert lines
    return lines


def test_it_says_where_it_is_and_its_credentials(sandbox: RunningServer) -> None:
    said = sandbox.said.read_text()
    assert f"{sandbox.url} (this machine only" in said
    assert str(sandbox.directory) in said
    assert DEMO_CLIENT_ID in said
    assert DEMO_CLIENT_SECRET in said


@pytest.mark.parametrize("shell", [["sh"], ["bash"], ["bash", "--posix"]])
def test_the_lines_to_paste_make_every_request_of_both_documents(shell: list[str]) -> None:
    with running_sandbox() as sandbox:
        first = pasted(shell, sandbox)
        second = pasted(shell, sandbox)
    for text in (first, second):
        assert re.search(r"^TOKEN=[0-9a-v]{26}$", text, re.MULTILINE)
        assert re.search(r"^CUSTOMER=PCU_[0-9A-Z]{30}$", text, re.MULTILINE)
        container, duplicate = secuconnect_answers(text)
        assert container["object"] == "payment.containers"
        assert container["private"]["iban"] == "DE89370400440532013000"
        assert duplicate["error"] == "ProductDuplicateException"
        assert re.search(r"^PACE_TOKEN=[0-9a-v]{26}$", text, re.MULTILINE)
        method = json.loads(text.splitlines()[-1])["data"]
        assert method["id"] == "2a1319c3-c136-495d-b59a-47b3246d08af"
        assert method["attributes"]["identificationString"] == "COMMERZBANK XX 3000"
    assert "HTTP/1.1 201" in first
    assert "HTTP/1.1 303" in second


def pasted(shell: list[str], sandbox: RunningServer) -> str:
    """Return what a shell prints that reads the lines as if they were typed."""
    told = subprocess.run(
        shell,
        input=requests_to_paste(sandbox),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert told.stderr == ""
    return told.stdout


def secuconnect_answers(text: str) -> list[Any]:
    before_pace, _, _ = text.partition("PACE_TOKEN")
    return [json.loads(line) for line in before_pace.splitlines() if line.startswith("{")]


def test_the_lines_need_nothing_but_curl_and_sed(sandbox: RunningServer) -> None:
    lines = re.sub("^#.*", "", requests_to_paste(sandbox), flags=re.MULTILINE)
    programs = re.findall(r"^(?:[A-Z_]+=\$\()?(\w+) |\| (\w+) |; (\w+) ", lines, re.MULTILINE)
    assert {name for names in programs for name in names if name} == {"curl", "sed", "echo"}


# --- what it holds --------------------------------------------------------------------------------


def test_it_holds_the_demo_client_and_nothing_else(sandbox: RunningServer) -> None:
    (contract,) = told_json(sandbox.directory, "contract", "list")
    (client,) = told_json(sandbox.directory, "client", "list")
    assert contract["name"] == "Sandbox"
    assert (client["client_id"], client["contract"]) == (DEMO_CLIENT_ID, contract["id"])
    assert client["has_identity"] is True
    assert len(client["scopes"]) == len(Scope)


def test_a_second_start_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    directory = tmp_path / "a"
    with running_sandbox(directory) as first:
        save_customer(first)
        first.kill()
    with running_sandbox(directory) as second:
        assert count_customers(second) == 1


def test_what_is_left_of_a_deleted_database_does_not_come_back(tmp_path: Path) -> None:
    directory = tmp_path / "a"
    with running_sandbox(directory) as first:
        save_customer(first)
        first.kill()
    assert (directory / "lastschrift.db-wal").stat().st_size > 0
    (directory / "lastschrift.db").unlink()
    with running_sandbox(directory) as second:
        assert count_customers(second) == 0
    assert command("doctor", "--data", str(directory)).code == 0


def test_fresh_begins_with_an_empty_database_under_the_same_key(tmp_path: Path) -> None:
    directory = tmp_path / "a"
    with running_sandbox(directory) as first:
        save_customer(first)
        first.kill()
    key = (directory / "master.key").read_bytes()
    (directory / "mine.txt").write_text("not touched")
    with running_sandbox(directory, "--fresh") as second:
        assert count_customers(second) == 0
    assert (directory / "master.key").read_bytes() == key
    assert (directory / "mine.txt").read_text() == "not touched"


def save_customer(sandbox: RunningServer) -> None:
    answer = httpx2.post(
        f"{sandbox.url}/api/v2/Payment/Customers",
        json={"contact": {"surname": "Doe"}},
        headers=bearer(sandbox),
    )
    assert answer.status_code == 200


def count_customers(sandbox: RunningServer) -> int:
    answer = httpx2.get(f"{sandbox.url}/api/v2/Payment/Customers", headers=bearer(sandbox))
    count: int = answer.json()["count"]
    return count


def bearer(sandbox: RunningServer) -> dict[str, str]:
    answer = httpx2.post(f"{sandbox.url}/oauth/token", data=CREDENTIALS)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


# --- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "[::]", "example.org"])
def test_it_listens_on_this_machine_only(tmp_path: Path, host: str) -> None:
    told = refusal(tmp_path / "a", "sandbox", LASTSCHRIFT_LISTEN=f"{host}:8080")
    assert told.startswith(f"a sandbox listens on this machine only, and {host}:8080 is set: ")


@pytest.mark.parametrize("options", [[], ["--fresh"]])
def test_production_is_neither_served_nor_emptied(tmp_path: Path, options: list[str]) -> None:
    directory = make_production(tmp_path / "a")
    before = (directory / "lastschrift.db").read_bytes()
    assert refusal(directory, "sandbox", *options) == (
        f"{directory} is a production installation: lastschrift serve runs it; "
        "or name another directory with --data"
    )
    assert (directory / "lastschrift.db").read_bytes() == before


@pytest.mark.parametrize("mark", [mark_config, mark_database])
def test_fresh_empties_nothing_unless_both_marks_say_sandbox(
    tmp_path: Path, mark: Callable[[Path, str], None]
) -> None:
    directory = make_production(tmp_path / "a")
    mark(directory, "sandbox")
    before = (directory / "lastschrift.db").read_bytes()
    refusal(directory, "sandbox", "--fresh")
    assert (directory / "lastschrift.db").read_bytes() == before


def test_fresh_leaves_a_database_alone_that_is_another_program_s(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    mark_config(directory, "sandbox")
    change_database(directory, "PRAGMA application_id = 4711")
    assert refusal(directory, "sandbox", "--fresh") == (
        "the database belongs to another program: name another one"
    )
    assert (directory / "lastschrift.db").exists()


def test_fresh_empties_nothing_while_a_server_runs(sandbox: RunningServer) -> None:
    told = refusal(sandbox.directory, "sandbox", "--fresh", "--port", "0")
    assert told.startswith(f"{sandbox.directory} is in use by a Lastschrift server")
    assert httpx2.get(f"{sandbox.url}/readyz").status_code == 200


def test_a_production_database_is_not_emptied_from_a_sandbox_directory(tmp_path: Path) -> None:
    production = make_production(tmp_path / "production")
    sandbox = make_production(tmp_path / "sandbox")
    mark_config(sandbox, "sandbox")
    database = production / "lastschrift.db"
    before = database.read_bytes()
    told = refusal(sandbox, "sandbox", "--fresh", LASTSCHRIFT_DATABASE=f"sqlite:///{database}")
    assert "lastschrift.toml says sandbox, the database says production" in told
    assert database.read_bytes() == before


def test_a_port_in_use_is_told_and_changes_nothing(sandbox: RunningServer, tmp_path: Path) -> None:
    told = command("sandbox", "--data", str(tmp_path / "a"), "--port", str(sandbox.port))
    assert told.code == 1
    assert told.stderr == (
        f"Error: port {sandbox.port} on 127.0.0.1 is in use: "
        "choose another one with --port N (make run PORT=8081)\n"
    )
