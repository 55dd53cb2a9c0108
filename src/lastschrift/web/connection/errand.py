"""Running the hot lane's coroutines without tasks, many in a row.

A task takes a turn of the loop for itself, and keeps what a request does not need: a name, a
context, a way to be cancelled. An errand goes on by itself when what it awaits is there. What needs
a task (a timeout, a group) must make one, and be awaited.

Errands begin together, once the loop has read from every connection that had something to say: the
same code many times in a row runs faster than each time between two calls of the system (measured:
an errand that begins at once makes a registration a quarter dearer).
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct

Failed = Callable[[BaseException], None]
"""Told what an errand raises."""

Ended = Callable[[], object]
"""Told when an errand is at its end, however it went."""


def _nobody_asks() -> None:
    """Tell nobody that an errand is at its end."""


_BACKLOG: list["_Errand"] = []
"""What begins in the next turn of the loop; a process has one loop."""


def run_errand(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, None],
    failed: Failed,
    ended: Ended = _nobody_asks,
) -> None:
    """Run a coroutine that awaits futures only, from the loop's next turn on."""
    if not _BACKLOG:
        loop.call_soon(_begin_all)
    _BACKLOG.append(_Errand(coroutine, failed, ended))


def _begin_all() -> None:
    errands = _BACKLOG.copy()
    _BACKLOG.clear()
    for errand in errands:
        errand.go_on(None)


class _Errand(Struct, eq=False):
    coroutine: Coroutine[Any, Any, None]
    failed: Failed
    ended: Ended

    def go_on(self, _awaited: object) -> None:
        """Run until the next future that is not there yet; it has its own result or error."""
        try:
            future: asyncio.Future[Any] = self.coroutine.send(None)
        except StopIteration:
            self.ended()
            return
        except BaseException as error:  # noqa: BLE001  # as uvicorn's own tasks do
            self.ended()
            self.failed(error)
            return
        future._asyncio_future_blocking = False  # noqa: SLF001  # taken note of, as a task does
        future.add_done_callback(self.go_on)
