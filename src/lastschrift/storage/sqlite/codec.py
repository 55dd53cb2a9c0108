"""How SQLite holds ids, instants and JSON: 16 bytes, microseconds since 1970 UTC, text."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from lastschrift.storage.codec import Codec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def put_instant(instant: datetime) -> int:
    """Return microseconds since 1970 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def get_instant(microseconds: int) -> datetime:
    """Return the instant, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def put_json(value: object) -> str:
    """Return compact JSON, without the members that a value leaves at their default."""
    return msgspec.json.encode(value).decode()


SQLITE_CODEC = Codec(
    put_id=lambda key: key.bytes,
    get_id=lambda key: UUID(bytes=key),
    put_instant=put_instant,
    get_instant=get_instant,
    put_json=put_json,
    get_json=msgspec.json.decode,
)
