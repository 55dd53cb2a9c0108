"""Objects that hold a key and never show it.

>>> class Key(Concealed):
...     __slots__ = ("_key",)
>>> Key()
<Key: concealed>
"""

from typing import NoReturn, SupportsIndex


class Concealed:
    """A key holder: `repr` and `str` name its class only, and it can't be pickled or copied."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: concealed>"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not pickled")
