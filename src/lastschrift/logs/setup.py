"""Setting the logs up, and logging what nobody expected."""

import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from lastschrift.logs.describe import describe
from lastschrift.logs.libraries import NUMBER_BY_LEVEL, route_libraries
from lastschrift.logs.withhold import mask_text, plain
from lastschrift.settings import LogFormat, LogLevel

_FIRST = ("timestamp", "level", "event")
"""What every line begins with."""


def configure(log_format: LogFormat | None, level: LogLevel, stream: TextIO | None = None) -> None:
    """Log events of ``level`` and graver, ours and those of libraries, one line each.

    ``stream`` is standard error unless given. ``log_format`` None: console if that is a terminal,
    else JSON. To be called before uvicorn starts, which must get ``log_config=None``.
    """
    is_terminal = (stream or sys.stderr).isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _describe_exception,
            _withhold,
            _renderer(log_format, is_terminal=is_terminal),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(NUMBER_BY_LEVEL[level]),
        # Standard error is asked for at every line, because tests and daemons exchange it.
        logger_factory=lambda *_: structlog.WriteLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    route_libraries(level)


def log_unexpected(error: BaseException, support_id: str, where: str) -> None:
    """Log an exception that nobody expected, under the id that its victim is told.

    ``where`` names the part of the program, in fixed words (a route, a thread).
    """
    _logger().error("unexpected error", support_id=support_id, where=where, error=error)


def log_turned_away(requests: int, seconds: float) -> None:
    """Log how many requests were turned away in the last ``seconds``; none: that is over."""
    if requests:
        _logger().warning("requests are turned away", requests=requests, seconds=seconds)
    else:
        _logger().warning("all requests are let in again")


def log_worker_replaced(exit_code: int, reason: str | None) -> None:
    """Log that a worker died, by a signal if ``exit_code`` is below 0, and another one begins.

    ``reason`` is why it could not begin, as a command would tell it.
    """
    told = {} if reason is None else {"reason": reason}
    _logger().error("worker replaced", exit_code=exit_code, **told)


def log_erased_again(debtors: int, accounts: int) -> None:
    """Log that an older database was in place, and who had been erased is erased again."""
    _logger().warning("erased again", debtors=debtors, accounts=accounts)


def log_anchor(anchor: str) -> None:
    """Log how far a chain of the audit trail has come, in the words of `audit anchor`."""
    _logger().info(anchor)


def log_uncaught() -> None:
    """Log from now on what would else end a thread or the program with a printed traceback."""
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda hook: _log_uncaught(hook.exc_type, hook.exc_value)
    sys.unraisablehook = lambda hook: _log_uncaught(hook.exc_type, hook.exc_value)


def _log_uncaught(
    kind: type[BaseException],
    error: BaseException | None,
    _traceback: TracebackType | None = None,
) -> None:
    if not issubclass(kind, (KeyboardInterrupt, SystemExit)):
        _logger().critical("uncaught error", error=error or kind())


def _logger() -> FilteringBoundLogger:
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


# --- an event's way to its line -------------------------------------------------------------------


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn structlog's ``exc_info`` into the exception that it stands for."""
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    elif exc_info is True:
        exc_info = sys.exception()
    if isinstance(exc_info, BaseException):
        event["error"] = describe(exc_info)
    return event


def _withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> Mapping[str, object]:
    """Let only plain and masked values through, and put them in order."""
    ordered = {**{key: event[key] for key in _FIRST if key in event}, **event}
    return {mask_text(key): plain(value) for key, value in ordered.items()}


def _renderer(log_format: LogFormat | None, *, is_terminal: bool) -> Processor:
    if log_format is LogFormat.CONSOLE or (log_format is None and is_terminal):
        return structlog.dev.ConsoleRenderer(colors=is_terminal, sort_keys=False)
    return _render_json


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return msgspec.json.encode(event).decode()
