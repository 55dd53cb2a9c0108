"""What is said of the database going away and coming back: once each, however many notice."""

import logging

_LOG = logging.getLogger(__name__)


class Outage:
    """Whether a database can't be used just now; one for each process and database."""

    def __init__(self) -> None:
        self._is_on = False

    def begin(self, error: BaseException) -> None:
        """Say that the database can't be used, if it could before."""
        if not self._is_on:
            self._is_on = True
            _LOG.warning("the database can't be used (%s)", type(error).__name__)

    def end(self) -> None:
        """Say that the database can be used again, if it could not before."""
        if self._is_on:
            self._is_on = False
            _LOG.warning("the database can be used again")
