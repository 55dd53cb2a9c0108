"""Where a command comes with what it wants: handed to the running server, or done here.

Who holds the lock writes. A server that holds it is asked over its socket; where there is none,
the desk takes the lock itself for as long as the work takes.
"""

import time
from collections.abc import Callable
from pathlib import Path

from lastschrift.admin.lock import DirectoryInUse, Holder, hold
from lastschrift.admin.socket import NoHolder, ask
from lastschrift.admin.verb import Arguments, Result, Verb
from lastschrift.admin.verbs import read_answer, write_request

_WAIT_S = 10
_POLL_S = 0.05


class Desk:
    """Has verbs done in one installation; ``perform`` does one here.

    ``directory`` is where to look for a running server, or None if it need not know.
    """

    def __init__(self, perform: Callable[[bytes], bytes], directory: Path | None) -> None:
        self._perform = perform
        self._directory = directory

    def ask(self, verb: Verb[Arguments, Result], arguments: Arguments) -> Result:
        """Have a verb done, and return what it gives.

        Raises: VerbFailed, HolderWentAway, DirectoryInUse.
        """
        request = write_request(verb, arguments)
        if self._directory is None:
            return read_answer(verb, self._perform(request))
        return read_answer(verb, self._done(self._directory, request))

    def _done(self, directory: Path, request: bytes) -> bytes:
        """Return the answer, by whoever can give it; a server may just be starting or ending."""
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                return ask(directory, request)
            except NoHolder:
                pass
            try:
                with hold(directory, Holder.COMMAND):
                    return self._perform(request)
            except DirectoryInUse:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)
