"""Numbers written in 32 symbols, as ids on the wires are.

>>> Symbols("0123456789abcdefghijklmnopqrstuv").write(1023, length=10)
'00000000vv'
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

    def write(self, number: int, *, length: int) -> str:
        """Return ``number`` in ``length`` symbols, a multiple of ten, the greatest bits first."""
        shifts = range(5 * length - _TEN_SYMBOLS_BITS, -1, -_TEN_SYMBOLS_BITS)
        return "".join([self._ten(number >> shift & _TEN_SYMBOLS) for shift in shifts])

    def _ten(self, number: int) -> str:
        """Return ten symbols, written out because each id of each answer comes this way."""
        pairs = self._pairs
        return (
            f"{pairs[number >> 40]}{pairs[number >> 30 & 1023]}{pairs[number >> 20 & 1023]}"
            f"{pairs[number >> 10 & 1023]}{pairs[number & 1023]}"
        )

    def read(self, text: str) -> int:
        """Return the number that `write` wrote as ``text``.

        Raises: ValueError, if a symbol is not of the alphabet.
        """
        return int(text.encode("ascii").translate(self._to_python), 32)
