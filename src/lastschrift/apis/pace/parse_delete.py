"""What a DELETE of all payment methods says in a body, which it should not have.

Clients send empty ones, and a Content-Type too (observed). But kitsu's ``delete`` of a list of ids
sends them to this very path: to delete all the others with them would be the worst answer.
"""

import msgspec
from msgspec import Struct

from lastschrift.web.errors import BodyMalformed


class _Document(Struct):
    data: object = None


_DECODER = msgspec.json.Decoder(_Document)


def check_names_none(body: bytes) -> None:
    """Let a body pass that names no payment method; what is no JSON object names none.

    Raises: BodyMalformed.
    """
    try:
        data = _DECODER.decode(body).data
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return
    if data:
        raise BodyMalformed(
            "this deletes all payment methods; to delete some, name one in the path"
        )
