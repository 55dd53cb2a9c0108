"""Instants as the wires write them: RFC 3339, kept in UTC to the second.

>>> parse_instant("2027-01-01T01:00:00.75+01:00").isoformat()
'2027-01-01T00:00:00+00:00'
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from lastschrift.domain.refusals import InstantMalformed

_WithOffset = Annotated[datetime, msgspec.Meta(tz=True)]


def parse_instant(text: str) -> datetime:
    """Return the instant that ``text`` names; a fraction of a second is cut off.

    Raises: InstantMalformed, also where there is no offset from UTC, or no such year in UTC.
    """
    try:
        return msgspec.convert(text, _WithOffset).astimezone(UTC).replace(microsecond=0)
    except (msgspec.ValidationError, OverflowError):
        raise InstantMalformed from None
