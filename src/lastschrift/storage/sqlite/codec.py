"""How SQLite holds ids, instants and JSON: 16 bytes, microseconds since 1970 UTC, text."""

from datetime import UTC, datetime, timedelta

import msgspec

from lastschrift.domain.identity import Key
from lastschrift.storage.codec import Codec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86_400


def put_instant(instant: datetime) -> int:
    """Return microseconds since 1970 UTC."""
    since = instant - _EPOCH
    return (since.days * _DAY_S + since.seconds) * 1_000_000 + since.microseconds


def get_instant(microseconds: int) -> datetime:
    """Return the instant, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def put_json(value: object) -> str:
    """Return compact JSON, without the members that a value leaves at their default."""
    return msgspec.json.encode(value).decode()


SQLITE_CODEC = Codec(
    put_id=lambda key: key.bytes,
    get_id=Key,
    put_instant=put_instant,
    get_instant=get_instant,
    put_json=put_json,
    get_json=msgspec.json.decode,
)
