"""Where a command comes with what it wants: handed to the running server, or done here.

Who holds the lock writes. A server that holds it is asked over its socket; where there is none,
the desk takes the lock itself for as long as the work takes.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lastschrift.admin.lock import DirectoryInUse, Holder, hold
from lastschrift.admin.socket import NoHolder, ask
from lastschrift.admin.verbs import Verb, read_answer, write_request

Arguments = TypeVar("Arguments")
Result = TypeVar("Result")

_WAIT_S = 10
_POLL_S = 0.05


class Desk:
    """Has verbs done in one installation; ``perform`` does one where no server runs."""

    def __init__(self, directory: Path, perform: Callable[[bytes], bytes]) -> None:
        self._directory = directory
        self._perform = perform

    def ask(self, verb: Verb[Arguments, Result], arguments: Arguments) -> Result:
        """Have a verb done, and return what it gives.

        Raises: VerbFailed, HolderWentAway, DirectoryInUse.
        """
        return read_answer(verb, self._done(write_request(verb, arguments)))

    def _done(self, request: bytes) -> bytes:
        """Return the answer, by whoever can give it; a server may just be starting or ending."""
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                return ask(self._directory, request)
            except NoHolder:
                pass
            try:
                with hold(self._directory, Holder.COMMAND):
                    return self._perform(request)
            except DirectoryInUse:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)
