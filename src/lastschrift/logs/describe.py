"""Exceptions told without their messages.

A message is free text and may quote what a client sent; so may local variables. What is told is
the type, the place of every frame, and facts that can't be personal: ids, numbers, enums.

>>> describe(FileNotFoundError(2, "no such file", "john-doe.txt"))
{'type': 'FileNotFoundError', 'facts': {'errno': 'ENOENT'}, 'frames': []}
"""

import errno
import re
import traceback
from collections.abc import Iterator
from enum import Enum
from uuid import UUID

_OWN_EXCEPTIONS = "lastschrift."
"""Exceptions of our own keep facts as attributes (DESIGN §2); others may keep anything there."""

_CODES = ("errno", "extendedresult")
"""Attributes that hold an error's number: of OSError, and of SQLite (apsw)."""

_CHAIN_MAX = 5
_FRAMES_FIRST = 5
_FRAMES_LAST = 25

_TRACEBACK = "Traceback (most recent call last):"
_TRACEBACK_BODY = re.compile(r"\s*\n(?P<frames>(?:[ \t].*(?:\n|$))*)(?P<type>[\w.]*)")
_FRAME_LINE = re.compile(r'^[ |]*File "(.+?)", line (\d+), in (\S+)', re.MULTILINE)


def describe(error: BaseException, chain_max: int = _CHAIN_MAX) -> dict[str, object]:
    """Return what may be told of an exception, with its cause, or with a group's members.

    ``frames`` are ``file:line function``, outermost first.
    """
    told: dict[str, object] = {"type": _type_name(error)}
    facts = dict(_facts(error))
    if facts:
        told["facts"] = facts
    told["frames"] = _frames(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and chain_max > 1:
        told["cause"] = describe(cause, chain_max - 1)
    if isinstance(error, BaseExceptionGroup) and chain_max > 1:
        told["members"] = [describe(member, chain_max - 1) for member in error.exceptions]
    return told


def reduce_tracebacks(text: str) -> str:
    """Return ``text`` with every formatted traceback cut down to its frames and type."""
    before, *tracebacks = text.split(_TRACEBACK)
    return before + " ".join(map(_reduced, tracebacks))


def _reduced(traceback_text: str) -> str:
    """Keep the frames, and the word after them; the message may go on over many lines."""
    body = _TRACEBACK_BODY.match(traceback_text)
    if body is None:
        return _TRACEBACK
    frames = [f"{file}:{line} {name}" for file, line, name in _FRAME_LINE.findall(body["frames"])]
    return " ".join([_TRACEBACK, *frames, body["type"]]).rstrip()


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _facts(error: BaseException) -> Iterator[tuple[str, object]]:
    if type(error).__module__.startswith(_OWN_EXCEPTIONS):
        for name, value in vars(error).items():
            if isinstance(value, (UUID, int, Enum)):
                yield name, value
    for name in _CODES:
        code = getattr(error, name, None)
        if isinstance(code, int):
            yield name, errno.errorcode.get(code, code) if name == "errno" else code


def _frames(error: BaseException) -> list[str]:
    frames = [
        f"{frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    left_out = len(frames) - _FRAMES_FIRST - _FRAMES_LAST
    if left_out > 0:
        frames[_FRAMES_FIRST:-_FRAMES_LAST] = [f"({left_out} more)"]
    return frames
