"""secuconnect's ids: three letters and 30 symbols, made from the row's UUID and back."""

from uuid import UUID

ALPHABET = "023456789ABCDEFGHJKMNPQRSTUVWXYZ"
SYMBOLS = 30
BITS_UNUSED = 5 * SYMBOLS - 128


def to_wire(prefix: str, row: UUID) -> str:
    """Return the wire id of `row`: `PCT_` and 30 symbols."""
    number = row.int << BITS_UNUSED
    symbols = (ALPHABET[number >> shift & 31] for shift in range(5 * (SYMBOLS - 1), -1, -5))
    return f"{prefix}_{''.join(symbols)}"


def from_wire(prefix: str, text: str) -> UUID | None:
    """Return the row's UUID, or nothing if `text` is no id of that kind."""
    head, _, symbols = text.partition("_")
    if head != prefix or len(symbols) != SYMBOLS or not set(symbols) <= set(ALPHABET):
        return None
    number = 0
    for symbol in symbols:
        number = number << 5 | ALPHABET.index(symbol)
    if number & (1 << BITS_UNUSED) - 1:
        return None
    return UUID(int=number >> BITS_UNUSED)
