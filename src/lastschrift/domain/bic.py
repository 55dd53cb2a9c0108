"""The BIC: what a bank is called in international payments (ISO 9362).

>>> str(Bic.parse("cobadeffxxx"))
'COBADEFFXXX'
"""

import re
from typing import Self

from msgspec import Struct

from lastschrift.domain.iban import electronic_format
from lastschrift.domain.refusals import ValueRefused

_PATTERN = re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
"""Party, country, place and, if told, branch: ISO 20022's ``BICFIDec2014Identifier``."""

BIC_BRANCH_START = 8
"""Where the optional branch begins; what stands before names the institution."""


class BicMalformed(ValueRefused):
    """A text is not built like a BIC: 8 or 11 characters, the fifth and sixth letters."""


class Bic(Struct, frozen=True, gc=False):
    """A well-formed BIC, in upper case. Whether there is such a bank, it does not say."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the BIC that ``text`` is, in whatever case and with whatever blanks.

        Raises: BicMalformed.
        """
        if _PATTERN.fullmatch(text) is None:
            text = electronic_format(text)
            if _PATTERN.fullmatch(text) is None:
                raise BicMalformed
        return cls(text)

    def __str__(self) -> str:
        return self.text
