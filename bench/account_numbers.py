"""Account numbers without end, as the load script makes them (`registrations.lua`).

>>> next(german_ibans(532013000))
'DE89370400440532013000'
"""

from collections.abc import Iterator
from itertools import count

BANK_CODE = "37040044"
_COUNTRY_AND_ZEROS = "131400"  # "DE00" as ISO 13616 turns it into digits, behind the account


def german_ibans(first: int) -> Iterator[str]:
    """Yield valid IBANs of one bank, from this account number on."""
    for account in count(first):
        bban = f"{BANK_CODE}{account:010}"
        yield f"DE{98 - int(bban + _COUNTRY_AND_ZEROS) % 97:02}{bban}"
