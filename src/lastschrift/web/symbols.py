"""Numbers written in 32 symbols, as ids on the wires are.

>>> Symbols("0123456789abcdefghijklmnopqrstuv").write(1023, length=4)
'00vv'
"""

_PYTHON_DIGITS = b"0123456789abcdefghijklmnopqrstuv"
_NO_DIGIT = ord("!")


class Symbols:
    """An alphabet of 32 symbols, each worth five bits, the first one worth nothing."""

    def __init__(self, alphabet: str) -> None:
        self._pairs = [first + second for first in alphabet for second in alphabet]
        digits = dict(zip(alphabet.encode(), _PYTHON_DIGITS, strict=True))
        self._to_python = bytes(digits.get(byte, _NO_DIGIT) for byte in range(256))

    def write(self, number: int, *, length: int) -> str:
        """Return ``number`` in ``length`` symbols, an even count, the greatest bits first."""
        pairs = self._pairs
        return "".join([pairs[number >> shift & 1023] for shift in range(5 * length - 10, -1, -10)])

    def read(self, text: str) -> int:
        """Return the number that `write` wrote as ``text``.

        Raises: ValueError, if a symbol is not of the alphabet.
        """
        return int(text.encode("ascii").translate(self._to_python), 32)
