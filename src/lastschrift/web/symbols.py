"""Numbers written in 32 symbols, as ids on the wires are.

>>> Symbols("0123456789abcdefghijklmnopqrstuv").write_thirty(1023)
'0000000000000000000000000000vv'
"""

_PYTHON_DIGITS = b"0123456789abcdefghijklmnopqrstuv"
_NO_DIGIT = ord("!")
_TEN_SYMBOLS_BITS = 50
_TEN_SYMBOLS = (1 << _TEN_SYMBOLS_BITS) - 1


class Symbols:
    """An alphabet of 32 symbols, each worth five bits, the first one worth nothing."""

    def __init__(self, alphabet: str) -> None:
        self._pairs = [first + second for first in alphabet for second in alphabet]
        digits = dict(zip(alphabet.encode(), _PYTHON_DIGITS, strict=True))
        self._to_python = bytes(digits.get(byte, _NO_DIGIT) for byte in range(256))

    def write_thirty(self, number: int) -> str:
        """Return ``number`` in 30 symbols, the greatest bits first.

        Written out, ten symbols a line, because the id of each answer comes this way.
        """
        p = self._pairs
        a = number >> 2 * _TEN_SYMBOLS_BITS
        b = number >> _TEN_SYMBOLS_BITS & _TEN_SYMBOLS
        c = number & _TEN_SYMBOLS
        return (
            f"{p[a >> 40]}{p[a >> 30 & 1023]}{p[a >> 20 & 1023]}{p[a >> 10 & 1023]}{p[a & 1023]}"
            f"{p[b >> 40]}{p[b >> 30 & 1023]}{p[b >> 20 & 1023]}{p[b >> 10 & 1023]}{p[b & 1023]}"
            f"{p[c >> 40]}{p[c >> 30 & 1023]}{p[c >> 20 & 1023]}{p[c >> 10 & 1023]}{p[c & 1023]}"
        )

    def read(self, text: str) -> int:
        """Return the number that `write_thirty` wrote as ``text``.

        Raises: ValueError, if a symbol is not of the alphabet.
        """
        return int(text.encode("ascii").translate(self._to_python), 32)
