"""Promises broken on purpose, in a server's own process: what the tests of them have to notice."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import apsw

from lastschrift.storage.jobs import Round
from lastschrift.storage.sqlite import checkpoints, connection, writer
from lastschrift.storage.sqlite.writer import Commit, Writer


def answer_before_the_commit() -> None:
    """Answer what has been run, whether it will be kept or not."""
    hand_over = Writer._hand_over

    def answer_and_hand_over(self: Writer, jobs: Round, started: float, commit: Commit) -> None:
        jobs.answer()
        hand_over(self, jobs, started, commit)

    _replace(Writer, "_hand_over", answer_and_hand_over)


def sync_at_checkpoints_only() -> None:
    """Answer what is in the log, though the disk may not have it (`synchronous = NORMAL`)."""
    pragmas = [pragma.replace("FULL", "NORMAL") for pragma in connection._WRITE_PRAGMAS]
    _replace(connection, "_WRITE_PRAGMAS", tuple(pragmas))


def believe_a_failed_commit() -> None:
    """Answer what was to be kept, though the disk refused its COMMIT."""
    give_up = Writer._give_up

    def keep_answers(self: Writer, jobs: Round, failure: Exception) -> None:
        answers = [(job, job.result, job.error) for job in jobs.jobs]
        give_up(self, jobs, failure)
        if threading.current_thread() is self._thread:
            for job, result, error in answers:
                job.result, job.error = result, error

    _replace(Writer, "_give_up", keep_answers)


def go_on_after_a_failed_sync() -> None:
    """Take a sync that failed for one of those errors that pass."""
    for room in (checkpoints, writer):
        _replace(room, "end_if_not_kept", lambda _error: None)


def add_to_an_old_log() -> None:
    """Write behind what a process left in the log that ended on a failed sync.

    Nor does anything else move it in time: a sandbox's start, which looks for migrations, or the
    thread that moves a log which has become long.
    """
    opened = connection._open

    def leave_log(path: Path, flags: int) -> apsw.Connection:
        found = opened(path, flags)
        found.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        return found

    _replace(connection, "_open", leave_log)
    _replace(checkpoints, "STEP_PAGES", 1_000_000)
    _replace(connection, "begin_log_anew", lambda _connection: None)


def _replace(owner: object, name: str, value: object) -> None:
    assert hasattr(owner, name), f"{owner} has no {name} to break"
    setattr(owner, name, value)


BREAKAGES: Mapping[str, Callable[[], None]] = {
    breakage.__name__: breakage
    for breakage in (
        answer_before_the_commit,
        sync_at_checkpoints_only,
        believe_a_failed_commit,
        go_on_after_a_failed_sync,
        add_to_an_old_log,
    )
}
