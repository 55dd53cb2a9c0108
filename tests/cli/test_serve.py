"""Running a production installation."""

from pathlib import Path

import httpx2

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.cli.installations import make_production, mark_config, mark_database, refusal
from tests.serving import running


def test_an_installation_is_served(production: Path) -> None:
    with running("serve", production, [], {}) as server:
        assert httpx2.get(f"{server.url}/readyz").status_code == 200
        assert server.said.read_text() == f"Lastschrift answers at {server.url} (Ctrl-C ends)\n"
        assert server.stop() == 0
    # The lock stays as a file; nothing else does.
    assert not (production / "admin.sock").exists()
    assert not (production / "lastschrift.db-wal").exists()


def test_the_demo_client_is_unknown_to_production(production: Path) -> None:
    credentials = {
        "grant_type": "client_credentials",
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
    }
    with running("serve", production, [], {}) as server:
        answer = httpx2.post(f"{server.url}/oauth/token", data=credentials)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_a_directory_that_is_no_installation_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a", "serve") == (
        f"{tmp_path}/a/lastschrift.toml is missing; lastschrift init makes one"
    )


def test_a_sandbox_is_not_served(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    mark_config(directory, "sandbox")
    mark_database(directory, "sandbox")
    assert refusal(directory, "serve") == (
        f"{directory} is a sandbox installation: lastschrift sandbox runs it; "
        "or name another directory with --data"
    )


def test_a_sandbox_database_is_not_served_whatever_the_settings_say(production: Path) -> None:
    mark_database(production, "sandbox")
    assert refusal(production, "serve") == (
        f"{production}: lastschrift.toml says production, the database says sandbox; "
        "put back the one that belongs here"
    )


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    (directory / "lastschrift.db").unlink()
    assert refusal(directory, "serve") == (
        f"there is no database at {directory}/lastschrift.db; "
        "lastschrift init makes one, or put it back from its copy"
    )


def test_a_missing_master_key_is_told(production: Path) -> None:
    (production / "master.key").unlink()
    assert "there is no master key" in refusal(production, "serve", "--port", "0")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    (directory / "lastschrift.db").write_bytes(b"not a database at all" * 1000)
    assert refusal(directory, "serve") == (
        f"{directory}/lastschrift.db: is no database, or damaged; put it back from its newest copy"
    )


def test_wrong_settings_are_told_with_their_place(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    told = refusal(directory, "serve", LASTSCHRIFT_QUEUE_LIMIT="many")
    assert told.startswith("LASTSCHRIFT_QUEUE_LIMIT = 'many' is not allowed; ")


def test_listening_beyond_this_machine_needs_the_public_url(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    told = refusal(directory, "serve", LASTSCHRIFT_LISTEN="0.0.0.0:0")
    assert told.startswith("listening on 0.0.0.0:0 needs the setting public_url")


def test_with_a_public_url_it_may_listen_everywhere(tmp_path: Path) -> None:
    variables = {
        "LASTSCHRIFT_LISTEN": "0.0.0.0:0",
        "LASTSCHRIFT_PUBLIC_URL": "https://debit.example.org",
    }
    with running("serve", make_production(tmp_path / "a"), [], variables) as server:
        assert httpx2.get(f"http://127.0.0.1:{server.port}/readyz").status_code == 200


def test_a_file_is_served_once(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    with running("serve", directory, [], {}) as server:
        assert refusal(directory, "serve") == (
            f"{directory} is in use by a Lastschrift server (process {server.process.pid}): "
            "stop it, or name another directory with --data"
        )


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with running("serve", make_production(tmp_path / "a"), [], {}) as server:
        other = make_production(tmp_path / "b")
        assert refusal(other, "serve", "--port", str(server.port)) == (
            f"port {server.port} on 127.0.0.1 is in use: "
            "choose another one with --port N (make run PORT=8081)"
        )


def test_descriptions_are_served_unless_switched_off(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    with running("serve", directory, [], {}) as server:
        assert httpx2.get(f"{server.url}/openapi/pace.json").status_code == 200
    with running("serve", directory, [], {"LASTSCHRIFT_DOCS": "false"}) as server:
        assert httpx2.get(f"{server.url}/openapi/pace.json").status_code == 404
