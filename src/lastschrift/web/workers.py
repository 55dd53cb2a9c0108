"""Several processes behind one address: begun, watched, replaced when they die, ended together.

Each worker has a listening socket of its own on the same port (SO_REUSEPORT), so that the system
deals out connections evenly; with one socket for all, whoever wakes first takes what is there. The
parent keeps the sockets open: what was dealt to a worker that died waits for the next one. It does
nothing else, so it can't fail at what its workers do.
"""

import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_READY = b"\n"
_FAILED = b"!"
_PAUSE_MIN_S = 0.1
_PAUSE_MAX_S = 10.0
_LIVED_LONG_S = 5.0
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MESSAGE_BYTES_MAX = 4096

Work = Callable[[socket.socket, Callable[[], None]], None]
"""Serves on a socket until it is ended by SIGTERM; calls its second argument once it answers."""


class WorkerFailed(Exception):
    """A worker could not begin; the text says why."""


@dataclass(slots=True)
class _Worker:
    """One place among the workers, and the process that has it."""

    listener: socket.socket
    pid: int = 0
    begun_at: float = 0.0
    pause_s: float = _PAUSE_MIN_S


@dataclass(slots=True)
class Workers:
    """All workers of a server; ``replaced`` is told the exit code of each that died."""

    listeners: Sequence[socket.socket]
    work: Work
    replaced: Callable[[int], None]
    _workers: list[_Worker] = field(default_factory=list)
    _is_ending: threading.Event = field(default_factory=threading.Event)
    _life: tuple[int, int] = (-1, -1)

    def run(self, started: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; ``started`` is called when all workers answer.

        Raises: WorkerFailed: one can't even begin.
        """
        self._life = os.pipe()
        self._workers = [_Worker(listener) for listener in self.listeners]
        before = {number: signal.signal(number, self._end) for number in _ENDING_SIGNALS}
        try:
            self._begin_all()
            if not self._is_ending.is_set():
                started()
            self._watch()
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    # --- the parent ---

    def _begin_all(self) -> None:
        statuses = [self._begin(worker) for worker in self._workers]
        failures = list(filter(None, map(_failure, statuses)))
        if failures and not self._is_ending.is_set():
            raise WorkerFailed(failures[0])

    def _watch(self) -> None:
        """Replace whoever dies, until the end is asked for and nobody is left."""
        while any(worker.pid for worker in self._workers):
            pid, status = os.waitpid(-1, 0)
            for worker in self._workers:
                if worker.pid == pid:
                    worker.pid = 0
                    if not self._is_ending.is_set():
                        self.replaced(os.waitstatus_to_exitcode(status))
                        self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        """Begin a worker anew, later and later if it does not live long."""
        if time.monotonic() - worker.begun_at > _LIVED_LONG_S:
            worker.pause_s = _PAUSE_MIN_S
        self._is_ending.wait(worker.pause_s)
        worker.pause_s = min(2 * worker.pause_s, _PAUSE_MAX_S)
        if not self._is_ending.is_set():
            _failure(self._begin(worker))  # If it fails, it has died, and is replaced again.

    def _end(self, _number: int, _frame: object) -> None:
        self._is_ending.set()
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, signal.SIGTERM)

    def _end_all(self) -> None:
        """Let go of all workers; whoever still runs ends when it sees its parent's pipe closed."""
        for end in self._life:
            os.close(end)
        for worker in self._workers:
            if worker.pid:
                os.waitpid(worker.pid, 0)

    # --- a worker ---

    def _begin(self, worker: _Worker) -> int:
        """Fork a worker, and return where it will say whether it answers."""
        reading, writing = os.pipe()
        worker.begun_at = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        worker.pid = os.fork()
        if worker.pid:
            os.close(writing)
            if self._is_ending.is_set():  # asked for between the fork and here
                os.kill(worker.pid, signal.SIGTERM)
            return reading
        os._exit(self._live(worker, writing))

    def _live(self, worker: _Worker, status: int) -> int:
        """Do the work, and return the exit code; this is the forked process."""
        for number in _ENDING_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        os.close(self._life[1])
        threading.Thread(target=self._end_with_parent, name="parent", daemon=True).start()
        try:
            self.work(worker.listener, lambda: _tell(status, _READY))
        except Exception as error:  # noqa: BLE001  # whatever it is, the parent tells it
            _tell(status, _FAILED + (str(error) or type(error).__name__).encode())
            return 1
        except BaseException:  # noqa: BLE001  # nothing may leave the fork
            traceback.print_exc()
            return 1
        return 0

    def _end_with_parent(self) -> None:
        """Wait for the parent's death, which closes the pipe that nobody else holds open."""
        os.read(self._life[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)


def _tell(status: int, message: bytes) -> None:
    """Say something once; the parent does not listen any longer."""
    try:
        os.write(status, message[:_MESSAGE_BYTES_MAX])
    except BrokenPipeError:
        return


def _failure(status: int) -> str | None:
    """Wait for what a worker says of its beginning; return why it failed, or None if it did not."""
    said = os.read(status, _MESSAGE_BYTES_MAX)
    os.close(status)
    if said == _READY:
        return None
    return said.removeprefix(_FAILED).decode() or "a worker ended before it could answer"
