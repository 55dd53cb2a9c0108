"""Bringing a database up to date: one at a time; a file only when no server runs."""

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from lastschrift.admin import lock
from lastschrift.admin.lock import Holder, hold
from lastschrift.cli.holding import held_in_turn
from lastschrift.settings import Settings
from tests.cli.installations import command, make_production, raise_schema, refusal, told_json
from tests.serving import command_line, environment, running


def test_a_database_that_is_up_to_date_is_left_alone(production: Path) -> None:
    told = command("migrate", "--data", str(production))
    assert (told.code, told.stdout) == (0, "nothing to do: the database is up to date\n")
    assert told_json(production, "migrate") == {"applied": []}


def test_a_database_of_a_newer_program_is_refused_by_every_command(production: Path) -> None:
    raise_schema(production)
    for arguments in (["migrate"], ["serve", "--port", "0"], ["contract", "list"]):
        told = refusal(production, *arguments)
        assert told.startswith("the database has schema 4711, this program knows ")


def test_no_file_is_migrated_while_a_server_runs(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    with running("serve", directory, [], {}) as server:
        assert refusal(directory, "migrate") == (
            f"{directory} is in use by a Lastschrift server (process {server.process.pid}): "
            "stop it, or name another directory with --data"
        )


def test_it_waits_for_another_command_however_long_that_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = make_production(tmp_path / "a")
    waited_s: list[float] = []
    clock = iter(range(0, 10_000_000, 3_600))  # an hour goes by between two looks

    with ExitStack() as other:
        other.enter_context(hold(directory, Holder.COMMAND))

        def wait(pause_s: float) -> None:
            waited_s.append(pause_s)
            if len(waited_s) == 3:
                other.close()

        monkeypatch.setattr(lock, "time", SimpleNamespace(monotonic=clock.__next__, sleep=wait))
        with held_in_turn(Settings.load(directory, {})):
            pass
    assert len(waited_s) == 3
    assert capsys.readouterr().err == (
        f"waiting until another command (process {os.getpid()}) has ended\n"
    )


def test_two_at_once_take_turns(production: Path) -> None:
    arguments = command_line("migrate", "--data", str(production))
    started = [
        subprocess.Popen(arguments, env=environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=30)[0] for process in started]
    assert told == ["nothing to do: the database is up to date\n"] * 2
    assert [process.returncode for process in started] == [0, 0]
