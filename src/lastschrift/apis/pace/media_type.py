"""JSON:API's media type: what a request with a body must send, and be content to get.

``Content-Type`` must be exactly it. ``Accept`` must not exclude it: no header at all is fine, and
so are ``application/*`` and ``*/*``, which the seed's own curl line sends. Operations without a
body look at neither: PACE's own iOS client sends ``Accept: application/json`` there.

>>> is_acceptable(b"text/html, */*;q=0.8"), is_acceptable(b"application/json")
(True, False)
"""

import re
from typing import Final

from lastschrift.web.errors import MediaTypeUnsupported, NotAcceptable
from lastschrift.web.http import Request

MEDIA_TYPE: Final = b"application/vnd.api+json"

_ACCEPTED_OFTEN = frozenset({b"", b"*/*", MEDIA_TYPE})
_SPECIFICITY_BY_RANGE = {b"*/*": 0, b"application/*": 1, MEDIA_TYPE: 2}
_QUALITY_ZERO = re.compile(rb"\s*q\s*=\s*(0(\.0*)?|\.0+)\s*", re.IGNORECASE)
_QUALITY = re.compile(rb"\s*q\s*=.*", re.IGNORECASE)


def check_media_types(request: Request) -> None:
    """Let a request pass whose body is JSON:API, and whose sender takes JSON:API.

    Raises, in this order: NotAcceptable, MediaTypeUnsupported.
    """
    request.of_head(_check_head)


def _check_head(request: Request) -> None:
    accept = b",".join([value for name, value in request.scope["headers"] if name == b"accept"])
    if accept not in _ACCEPTED_OFTEN and not is_acceptable(accept):
        raise NotAcceptable
    if request.header(b"content-type") != MEDIA_TYPE:
        raise MediaTypeUnsupported


def is_acceptable(accept: bytes) -> bool:
    """Whether an ``Accept`` header takes JSON:API (RFC 9110 §12.5.1): the closest range decides."""
    ranges = [part for part in accept.split(b",") if part.strip()]
    matches = [match for match in map(_match, ranges) if match is not None]
    return not ranges or (bool(matches) and max(matches)[1])


def _match(media_range: bytes) -> tuple[int, bool] | None:
    """Return how closely a range names JSON:API, and whether it takes it; None if another type.

    With parameters JSON:API's is another type: they are not ours (JSON:API 1.0, "Servers").
    """
    name, *parameters = media_range.split(b";")
    specificity = _SPECIFICITY_BY_RANGE.get(name.strip().lower())
    if specificity is None:
        return None
    is_taken = not any(map(_QUALITY_ZERO.fullmatch, parameters))
    is_exact = specificity == _SPECIFICITY_BY_RANGE[MEDIA_TYPE]
    if is_exact and not all(map(_QUALITY.fullmatch, parameters)):
        return None
    return specificity, is_taken
