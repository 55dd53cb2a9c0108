"""Patterns with wildcards as SQL has them, and what all texts begin with that match."""

from collections.abc import Sequence

from lastschrift.operations.ports import ANY_CHARACTERS, Wildcard


def prefix_of(pattern: Sequence[str | Wildcard]) -> str:
    """Return what all texts begin with that match."""
    return pattern[0] if pattern and isinstance(pattern[0], str) else ""


def like_of(pattern: Sequence[str | Wildcard]) -> str:
    r"""Return the pattern for ``LIKE … ESCAPE '\'``."""
    return "".join(
        _escaped(piece) if isinstance(piece, str) else "%" if piece == ANY_CHARACTERS else "_"
        for piece in pattern
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def text_behind(prefix: str) -> str | None:
    """Return the least text behind all that begin with a prefix; None if there is none."""
    while prefix:
        code = ord(prefix[-1]) + 1
        if code == _FIRST_SURROGATE:
            code = _LAST_SURROGATE + 1
        if code <= _LAST_CODE_POINT:
            return prefix[:-1] + chr(code)
        prefix = prefix[:-1]
    return None


_FIRST_SURROGATE, _LAST_SURROGATE, _LAST_CODE_POINT = 0xD800, 0xDFFF, 0x10FFFF
