"""The key under which a client asks for one thing, so that it is done once however often it asks.

>>> IdempotencyKey.parse("order-4711").reveal()
'order-4711'
"""

import re
from typing import NoReturn, Self, final

from lastschrift.domain.refusals import Missing, NotVisibleAscii, TooLong

CHARACTERS_MAX = 255
"""As long as a key may be with Stripe (docs.stripe.com/api/idempotent_requests)."""

_VISIBLE = re.compile(r"[!-~]+")


@final
class IdempotencyKey:
    """A key as the client chose it: its own text, which may name people, so masked in print."""

    __slots__ = ("_text",)
    _text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that ``text`` is: 1 to 255 visible characters of ASCII.

        Raises, in this order: Missing, TooLong, NotVisibleAscii.
        """
        if not text:
            raise Missing
        if len(text) > CHARACTERS_MAX:
            raise TooLong(CHARACTERS_MAX)
        if _VISIBLE.fullmatch(text) is None:
            raise NotVisibleAscii
        key = cls.__new__(cls)
        key._text = text  # noqa: SLF001  # its own
        return key

    def reveal(self) -> str:
        """Return the key, for what hashes it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, IdempotencyKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "IdempotencyKey(…)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an idempotency key is not pickled")
