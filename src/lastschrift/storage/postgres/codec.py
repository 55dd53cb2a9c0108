"""How PostgreSQL holds ids, instants and JSON: its driver takes and gives all but JSON as they are.

Text in a jsonb column is decoded on the way out; NUL and lone surrogates, which PostgreSQL can't
hold, never come this far (`domain.text`).
"""

import msgspec

from lastschrift.storage.codec import Codec, Value


def put_json(value: object) -> str:
    """Return compact JSON, without the members that a value leaves at their default."""
    return msgspec.json.encode(value).decode()


def _as_it_is(value: Value) -> Value:
    return value


POSTGRES_CODEC = Codec(
    put_id=_as_it_is,
    get_id=_as_it_is,
    put_instant=_as_it_is,
    get_instant=_as_it_is,
    put_json=put_json,
    get_json=msgspec.json.decode,
)
