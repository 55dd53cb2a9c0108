"""A server that hangs is ended: a worker is replaced then, a service begun anew.

Nothing but a restart helps where the event loop never comes round again, and nobody would ask for
one: the process lives, its port is open, and connections only wait. What was acknowledged is kept,
as after a kill.
"""

import asyncio
import faulthandler
import os
import sys
from typing import Final

_WOUND_UP: Final = 10
"""So many times the watchdog is wound up before it would bite."""


class Watchdog:
    """Ends this process if the event loop does nothing for ``hung_after_s`` seconds.

    What each thread was doing is written to standard error first: files, lines and names of
    functions, no values. Python itself need not be able to run any more (`faulthandler`).
    """

    def __init__(self, hung_after_s: float) -> None:
        self._hung_after_s = hung_after_s
        self._said_to = sys.__stderr__ or os.open(os.devnull, os.O_WRONLY)
        self._loop = asyncio.get_running_loop()
        self._wind_up()

    def stop(self) -> None:
        """End nobody any more."""
        self._timer.cancel()
        faulthandler.cancel_dump_traceback_later()

    def _wind_up(self) -> None:
        faulthandler.dump_traceback_later(self._hung_after_s, exit=True, file=self._said_to)
        self._timer = self._loop.call_later(self._hung_after_s / _WOUND_UP, self._wind_up)
