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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_READY = b"\n"
_FAILED = b"!"
_PAUSE_MIN_S = 0.1
_PAUSE_MAX_S = 2.0  # Connections that were dealt to a dead worker wait so long.
_LIVED_LONG_S = 5.0
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MESSAGE_BYTES_MAX = 4096

Work = Callable[[int, socket.socket, Callable[[], None]], None]
"""Serves until it is ended by SIGTERM: in which place among the workers, on which socket.

It calls its third argument once it answers, and raises `WorkerFailed` if it can't begin.
"""

Replaced = Callable[[int, str | None], None]
"""Is told of each worker that died its exit code, and why it could not begin, if it said so."""


class WorkerFailed(Exception):
    """A worker can't begin; the text says why."""


@dataclass(slots=True, kw_only=True)
class _Worker:
    """One place among the workers, and the process that has it (none: 0)."""

    place: int
    listener: socket.socket
    pid: int = 0
    said: int = -1
    pause_s: float = 0.0
    works_since: float = 0.0


@dataclass(slots=True)
class Workers:
    """All workers of a server, one for each of ``listeners``, which it closes in the end."""

    listeners: Sequence[socket.socket]
    work: Work
    replaced: Replaced
    _workers: list[_Worker] = field(default_factory=list)
    _is_ending: threading.Event = field(default_factory=threading.Event)
    _life: tuple[int, int] = (-1, -1)

    def run(self, started: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; ``started`` is called when all workers answer.

        Raises: WorkerFailed: one can't even begin.
        """
        self._life = os.pipe()
        self._workers = [
            _Worker(place=place, listener=listener) for place, listener in enumerate(self.listeners)
        ]
        before = {number: signal.signal(number, self._end) for number in _ENDING_SIGNALS}
        try:
            self._begin_all()
            if not self._is_ending.is_set():
                started()
            self._watch()
        finally:
            self._let_go()
            for number, handler in before.items():
                signal.signal(number, handler)

    # --- the parent ---

    def _begin_all(self) -> None:
        for worker in self._workers:
            self._begin(worker)
        for worker in self._workers:
            said = _heard(worker)
            if said != _READY and not self._is_ending.is_set():
                raise WorkerFailed(_reason(said) or "a worker ended before it could answer")

    def _begin(self, worker: _Worker) -> None:
        """Fork a worker, unless the end has been asked for."""
        with _signals_wait():
            if self._is_ending.is_set():
                return
            worker.works_since = time.monotonic() + worker.pause_s
            worker.said, saying = os.pipe()
            sys.stdout.flush()
            sys.stderr.flush()
            worker.pid = os.fork()
            if worker.pid:
                os.close(saying)
                return
            code = 1
            try:
                code = self._live(worker, saying)
            finally:
                os._exit(code)  # Nothing may go on in the fork what the parent was doing.

    def _watch(self) -> None:
        """Replace whoever dies, until the end is asked for and nobody is left."""
        while any(worker.pid for worker in self._workers):
            pid, status = os.waitpid(-1, 0)
            for worker in self._workers:
                if worker.pid == pid:
                    worker.pid = 0
                    self._replace(worker, os.waitstatus_to_exitcode(status))

    def _replace(self, worker: _Worker, exit_code: int) -> None:
        """Begin a worker anew, later and later if it does not live long."""
        reason = _reason(_heard(worker))
        os.close(worker.said)
        if self._is_ending.is_set():
            return
        self.replaced(exit_code, reason)
        if time.monotonic() - worker.works_since > _LIVED_LONG_S:
            worker.pause_s = 0.0
        worker.pause_s = min(2 * worker.pause_s or _PAUSE_MIN_S, _PAUSE_MAX_S)
        self._begin(worker)

    def _end(self, _number: int, _frame: object) -> None:
        """Take no more connections, and have every worker answer those that it has taken."""
        self._is_ending.set()
        for worker in self._workers:
            worker.listener.close()
            if worker.pid:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGTERM)

    def _let_go(self) -> None:
        """Wait for all workers; whoever still runs ends when it sees its parent's pipe closed."""
        for end in self._life:
            os.close(end)
        for worker in self._workers:
            worker.listener.close()
            if worker.pid:
                os.waitpid(worker.pid, 0)
                os.close(worker.said)

    # --- a worker ---

    def _live(self, worker: _Worker, saying: int) -> int:
        """Do the work, after a pause, and return the exit code; this is the forked process."""
        self._part_from_parent(worker)
        time.sleep(worker.pause_s)
        try:
            self.work(worker.place, worker.listener, lambda: _tell(saying, _READY))
        except WorkerFailed as failed:
            _tell(saying, _FAILED + str(failed).encode())
            return 1
        except Exception as error:  # noqa: BLE001  # whatever it is, it ends this process only
            sys.excepthook(type(error), error, error.__traceback__)
            return 1
        return 0

    def _part_from_parent(self, worker: _Worker) -> None:
        """Leave what is the parent's, and end when it ends.

        Ctrl-C is the parent's: it reaches all processes of a terminal's group, and whoever hears it
        and SIGTERM would take the second for impatience.
        """
        os.setpgrp()
        for number in _ENDING_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING_SIGNALS)
        os.close(self._life[1])
        for other in self._workers:
            if other is not worker:
                other.listener.close()
        threading.Thread(target=self._end_with_parent, name="parent", daemon=True).start()

    def _end_with_parent(self) -> None:
        """Wait for the parent's death, which closes the pipe that nobody else holds open."""
        os.read(self._life[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let the signals that end us wait for the end of the block, so that no fork misses one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING_SIGNALS)


def _tell(saying: int, message: bytes) -> None:
    """Say something to the parent, if there still is one."""
    with suppress(BrokenPipeError):
        os.write(saying, message[:_MESSAGE_BYTES_MAX])


def _heard(worker: _Worker) -> bytes:
    """Return what a worker says; nothing, if it died without a word."""
    return os.read(worker.said, _MESSAGE_BYTES_MAX)


def _reason(said: bytes) -> str | None:
    """Return why a worker could not begin, if it said so."""
    return said.removeprefix(_FAILED).decode() if said.startswith(_FAILED) else None
