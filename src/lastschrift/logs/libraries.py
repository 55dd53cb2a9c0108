"""What libraries log by the standard library's `logging`, brought into our own log.

Messages of our own and of uvicorn are made of fixed words. Of any other library only the fixed part
of a message is shown: asyncio, for one, writes the arguments of whatever failed into its messages.
"""

import logging

import structlog

from lastschrift.logs.withhold import plain
from lastschrift.settings import LogLevel

NUMBER_BY_LEVEL = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}

_SPEAK_IN_FIXED_WORDS = ("lastschrift", "uvicorn")


class LibraryHandler(logging.Handler):
    """Passes every record of `logging` on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record as an event of ours."""
        facts: dict[str, object] = {"logger": record.name}
        error = record.msg if isinstance(record.msg, BaseException) else _error_of(record)
        if error is not None:
            facts["error"] = error
        level = max(logging.DEBUG, min(record.levelno, logging.CRITICAL)) // 10 * 10
        structlog.get_logger().log(level, _message(record), **facts)


def route_libraries(level: LogLevel) -> None:
    """Send the log of all libraries through structlog, and turn uvicorn's access log off."""
    root = logging.getLogger()
    root.handlers = [LibraryHandler()]
    root.setLevel(NUMBER_BY_LEVEL[level])
    # uvicorn looks at its own logger's level, not at the one in effect: unset, it would count as
    # "trace" and cost every connection two records.
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.setLevel(NUMBER_BY_LEVEL[level])
    # Without any handler uvicorn does not even put the access record together.
    access = logging.getLogger("uvicorn.access")
    access.handlers = []
    access.propagate = False
    access.disabled = True


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _message(record: logging.LogRecord) -> str:
    if isinstance(record.msg, BaseException):
        return "error in a library"
    message = str(record.msg)
    if record.name.partition(".")[0] not in _SPEAK_IN_FIXED_WORDS:
        return message if record.args else "(message of a library, not shown)"
    if not isinstance(record.args, tuple) or not record.args:
        return message
    try:
        return message % tuple(map(plain, record.args))
    except (TypeError, ValueError):  # A masked value does not fit "%d".
        return message
