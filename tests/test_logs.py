"""The logs: one line an event, and nothing personal in them.

The canaries are an IBAN, a name, an access token and a client secret; none may reach a line, by
whatever way it comes.
"""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.access import Secret
from lastschrift.domain.iban import Iban
from lastschrift.logs import (
    LogFormat,
    LogLevel,
    configure,
    log_uncaught,
    log_unexpected,
)
from lastschrift.logs.libraries import LibraryHandler

IBAN = "DE89370400440532013000"
NAME = "Erika Mustermann"
TOKEN = "0i1g2s3e4c5r6e7t8h9e0r1e2b"
SECRET = "09ae83af7c37121b2de929b211bad944ab0c2a7d7a1a1cd74cb9a3b1b4b2d3f4"

CANARIES = (IBAN, "0532013000", NAME, "Mustermann", TOKEN, SECRET)
SUPPORT_ID = "ab12cd34ef56ab78cd90ef12ab34cd56"

Line = dict[str, object]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what `configure` and `log_uncaught` change in the process."""
    root = logging.getLogger()
    uvicorn = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
    before = (root.handlers, root.level)
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    structlog.reset_defaults()
    root.handlers, root.level = before
    for logger in uvicorn:
        logger.setLevel(logging.NOTSET)
        logger.propagate, logger.disabled = True, False
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    configure(LogFormat.JSON, LogLevel.INFO, stream)
    return stream


def the_line(stream: io.StringIO) -> Line:
    """Return the one line that was logged; no canary is in it."""
    text = stream.getvalue()
    assert text.count("\n") == 1, text
    for canary in CANARIES:
        assert canary not in text
    return cast("Line", json.loads(text))


def lines(stream: io.StringIO) -> list[Line]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# --- a line ---------------------------------------------------------------------------------------


def test_an_event_is_one_line_of_json_with_time_level_and_event_first(stream: io.StringIO) -> None:
    structlog.get_logger().info("bank account kept", batch=3, contract=UUID(int=7))
    line = the_line(stream)
    assert list(line) == ["timestamp", "level", "event", "batch", "contract"]
    assert (line["level"], line["event"], line["batch"]) == ("info", "bank account kept", 3)
    assert line["contract"] == "00000000-0000-0000-0000-000000000007"


def test_timestamps_are_utc(stream: io.StringIO) -> None:
    before = datetime.now(UTC)
    structlog.get_logger().info("now")
    written = str(the_line(stream)["timestamp"])
    assert written.endswith("Z")
    assert before <= datetime.fromisoformat(written) <= datetime.now(UTC)


def test_events_below_the_level_are_not_logged(stream: io.StringIO) -> None:
    structlog.get_logger().debug("too small")
    configure(LogFormat.JSON, LogLevel.ERROR, stream)
    structlog.get_logger().warning("too small now")
    assert stream.getvalue() == ""


def test_line_ends_in_values_do_not_make_lines() -> None:
    for log_format in LogFormat:
        stream = io.StringIO()
        configure(log_format, LogLevel.INFO, stream)
        structlog.get_logger().info("a\nb", value='x\r\n{"level":"forged"}\u2028y\x1b[2J')
        assert len(stream.getvalue().splitlines()) == 1
        assert "\x1b" not in stream.getvalue()


def test_a_console_line_shows_event_and_values() -> None:
    stream = io.StringIO()
    configure(LogFormat.CONSOLE, LogLevel.INFO, stream)
    structlog.get_logger().info("bank account kept", batch=3)
    assert "bank account kept" in stream.getvalue()
    assert "batch=3" in stream.getvalue()


@pytest.mark.parametrize(("is_terminal", "is_json"), [(True, False), (False, True)])
def test_without_a_format_only_terminals_get_console_lines(
    is_terminal: bool, is_json: bool
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return is_terminal

    screen = Screen()
    configure(None, LogLevel.INFO, screen)
    structlog.get_logger().info("hello")
    assert screen.getvalue().startswith("{") is is_json


def test_lines_go_to_standard_error_as_it_is_when_they_are_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(LogFormat.JSON, LogLevel.INFO)
    structlog.get_logger().info("hello")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert '"event":"hello"' in captured.err


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    event=st.text(),
)
def test_any_value_makes_a_line(value: object, event: str) -> None:
    for log_format in LogFormat:
        stream = io.StringIO()
        configure(log_format, LogLevel.INFO, stream)
        structlog.get_logger().info(event, value=value)
        assert len(stream.getvalue().splitlines()) == 1


def test_values_that_hold_themselves_end_somewhere(stream: io.StringIO) -> None:
    endless: list[object] = []
    endless.append(endless)
    structlog.get_logger().info("endless", value=endless)
    assert "…" in str(the_line(stream)["value"])


# --- personal data --------------------------------------------------------------------------------


class Kind(Enum):
    """A closed list, of which one value is a canary."""

    PLAIN = "plain"
    PERSONAL = IBAN


class Holder:
    """Something of ours with personal data in it, and a careless repr."""

    def __repr__(self) -> str:
        return f"Holder({NAME})"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Iban.trusted(IBAN), "<Iban>"),
        (Secret(SECRET), "<Secret>"),
        (Holder(), "<Holder>"),
        (NAME.encode(), "<bytes>"),
        (date(1964, 8, 12), "<date>"),
        (10**30, "<int>"),
        ([Holder(), 1], ["<Holder>", 1]),
        ({IBAN: {"inner": (Holder(),)}}, {"<iban>": {"inner": ["<Holder>"]}}),
        (Kind.PLAIN, "plain"),
        (Kind.PERSONAL, "<iban>"),
        (Path("/var/lib/lastschrift"), "/var/lib/lastschrift"),
        (datetime(2026, 11, 21, tzinfo=UTC), "2026-11-21 00:00:00+00:00"),
    ],
)
def test_only_plain_values_are_written(stream: io.StringIO, value: object, written: object) -> None:
    structlog.get_logger().info("seen", value=value)
    assert the_line(stream)["value"] == written


# --- exceptions -----------------------------------------------------------------------------------


def fail(error: BaseException) -> BaseException:
    """Raise with a canary in a local variable, and return what was caught."""
    account_holder = NAME
    try:
        raise error
    except type(error) as caught:
        assert account_holder
        return caught


def test_an_unexpected_error_is_logged_under_its_support_id(stream: io.StringIO) -> None:
    error = fail(ValueError(f"{NAME} {IBAN} {TOKEN} {SECRET}"))
    log_unexpected(error, SUPPORT_ID, "POST /api/v2/Payment/Containers")
    line = the_line(stream)
    assert line["event"] == "unexpected error"
    assert line["support_id"] == SUPPORT_ID
    assert line["where"] == "POST /api/v2/Payment/Containers"
    told = cast("Line", line["error"])
    assert told["type"] == "ValueError"
    (frame,) = cast("list[str]", told["frames"])
    assert frame.startswith(f"{__file__}:")
    assert frame.endswith(" fail")


def test_causes_and_members_of_groups_are_told_without_messages(stream: io.StringIO) -> None:
    outer = ExceptionGroup(NAME, [ValueError(NAME), KeyError(NAME)])
    outer.__cause__ = RuntimeError(NAME)
    log_unexpected(outer, SUPPORT_ID, "test")
    told = cast("dict[str, Line]", the_line(stream)["error"])
    assert told["cause"]["type"] == "RuntimeError"
    assert [member["type"] for member in cast("list[Line]", told["members"])] == [
        "ValueError",
        "KeyError",
    ]


def test_exc_info_may_be_a_tuple(stream: io.StringIO) -> None:
    error = fail(ValueError(NAME))
    structlog.get_logger().error("failed", exc_info=(type(error), error, error.__traceback__))
    assert cast("Line", the_line(stream)["error"])["type"] == "ValueError"


def test_exc_info_is_described(stream: io.StringIO) -> None:
    try:
        fail_uncaught()
    except ValueError:
        structlog.get_logger().exception("failed")
    assert cast("Line", the_line(stream)["error"])["type"] == "ValueError"


def test_an_exception_as_a_value_is_described(stream: io.StringIO) -> None:
    structlog.get_logger().info("failed", reason=ValueError(NAME))
    assert the_line(stream)["reason"] == {"type": "ValueError", "frames": []}


def test_what_would_end_a_thread_is_logged(stream: io.StringIO) -> None:
    log_uncaught()
    thread = threading.Thread(target=fail_uncaught)
    thread.start()
    thread.join()
    line = the_line(stream)
    assert (line["level"], line["event"]) == ("critical", "uncaught error")


def test_what_would_end_the_program_is_logged_unless_it_was_asked_to(stream: io.StringIO) -> None:
    log_uncaught()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert stream.getvalue() == ""
    sys.excepthook(ValueError, ValueError(NAME), None)
    assert the_line(stream)["event"] == "uncaught error"


def fail_uncaught() -> None:
    raise ValueError(NAME)


# --- libraries ------------------------------------------------------------------------------------


def test_uvicorn_logs_through_ours(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 4711)
    line = the_line(stream)
    assert line["event"] == "Started server process [4711]"
    assert line["logger"] == "uvicorn.error"


def test_uvicorn_finds_its_access_log_off_and_its_trace_log_too(stream: io.StringIO) -> None:
    configure(LogFormat.JSON, LogLevel.INFO, stream)  # pytest has added handlers of its own
    # httptools_impl.py asks just so, once per connection.
    assert not logging.getLogger("uvicorn.access").hasHandlers()
    assert logging.getLogger("uvicorn.error").level > 5
    logging.getLogger("uvicorn.access").warning("%s", NAME)
    assert stream.getvalue() == ""


def test_an_exception_in_the_application_is_described(stream: io.StringIO) -> None:
    error = fail(ValueError(NAME))
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)
    line = the_line(stream)
    assert line["event"] == "Exception in ASGI application"
    assert cast("Line", line["error"])["type"] == "ValueError"


@pytest.mark.parametrize(
    "log",
    [
        lambda logger: logger.error("%s failed", Holder()),
        lambda logger: logger.error("Erika Mustermann failed"),
        lambda logger: logger.error(OSError(98, NAME)),
        lambda logger: logger.error("%(name)s failed", {"name": NAME}),
        lambda logger: logger.error("%d of %s", 1, NAME),
    ],
)
def test_messages_of_other_libraries_are_not_shown(
    stream: io.StringIO, log: Callable[[logging.Logger], None]
) -> None:
    log(logging.getLogger("some.library"))
    assert the_line(stream)["logger"] == "some.library"


@pytest.mark.parametrize("arguments", [(Holder(),), ("a", "b"), ({"name": NAME},)])
def test_a_message_that_does_not_fit_its_arguments_is_logged_bare(
    stream: io.StringIO, arguments: tuple[object, ...]
) -> None:
    record = logging.LogRecord(
        "uvicorn.error", logging.ERROR, __file__, 1, "process %d", arguments, None
    )
    LibraryHandler().handle(record)
    assert the_line(stream)["event"] == "process %d"


def test_a_failed_task_leaves_no_message_in_the_log(stream: io.StringIO) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(fail_with, NAME)
        await asyncio.sleep(0)

    asyncio.run(main())
    line = the_line(stream)
    assert line["logger"] == "asyncio"
    assert cast("Line", line["error"])["type"] == "ValueError"


def fail_with(name: str) -> None:
    raise ValueError(name)


def test_records_of_unknown_levels_are_logged_at_the_level_below(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").log(35, "between")
    logging.getLogger("uvicorn.error").log(70, "beyond")
    assert [line["level"] for line in lines(stream)] == ["warning", "critical"]
