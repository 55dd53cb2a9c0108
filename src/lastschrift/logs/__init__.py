"""Structured logs: one line an event, to standard error, without personal data.

Events are fixed words, what varies travels as named values; values of unknown types, and whatever
looks like an IBAN, a token or a secret, are masked (`withhold`). An exception is logged by its
type, codes and frames, never by its message (`describe`).

`configure` sets them up; `log_unexpected` is how a failure is logged under its support id.

>>> mask_text("refused: Authorization: Bearer 0i1g2s3e4c5r6e7t8h9e0r1e2b")
'refused: Authorization: <bearer_token>'
"""

from lastschrift.logs.setup import (
    configure,
    log_anchor,
    log_erased_again,
    log_turned_away,
    log_uncaught,
    log_unexpected,
    log_worker_replaced,
)
from lastschrift.logs.withhold import mask_text
from lastschrift.settings import LogFormat, LogLevel

__all__ = [
    "LogFormat",
    "LogLevel",
    "configure",
    "log_anchor",
    "log_erased_again",
    "log_turned_away",
    "log_uncaught",
    "log_unexpected",
    "log_worker_replaced",
    "mask_text",
]
