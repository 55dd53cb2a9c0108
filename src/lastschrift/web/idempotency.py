"""Reading an idempotency key out of a header, and marking the answers that one gave again.

A key comes as a string of RFC 9651 §3.3.3, in quotation marks, as the IETF's draft "The
Idempotency-Key HTTP Header Field" has it, or without, as most clients send it.

>>> parse_key(b'"order-1"') == parse_key(b'order-1')
True
"""

import re

from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.web.http import Header, Response

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')

_REPLAYED: Header = (b"idempotency-replayed", b"true")
_SHOWN_ELSEWHERE: Header = (b"access-control-expose-headers", b"Idempotency-Replayed")


def parse_key(sent: bytes) -> IdempotencyKey:
    """Return the key that a header's value is.

    Raises, in this order: Missing, TooLong, NotVisibleAscii.
    """
    text = sent.decode("latin-1")
    quoted = _QUOTED.fullmatch(text)
    return IdempotencyKey.parse(text if quoted is None else _ESCAPED.sub(r"\1", quoted[1]))


def replayed(response: Response, *, has_cors: bool) -> Response:
    """Return a response that says that an earlier request had it already."""
    marks = (_REPLAYED, _SHOWN_ELSEWHERE) if has_cors else (_REPLAYED,)
    return Response(response.status, response.body, (*response.headers, *marks))
