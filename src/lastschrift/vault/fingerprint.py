"""Equal IBANs made recognisable without being readable.

HMAC-SHA-256 under a key of the contract's own. An unkeyed hash would protect nothing: a German bank
code has at most 10^10 account numbers, and all of them are hashed in minutes.

>>> Fingerprinter(bytes(32)).fingerprint("DE89370400440532013000").hex()[:8]
'0bc5b336'
"""

import hmac

from lastschrift.vault.concealed import Concealed


class Fingerprinter(Concealed):
    """Makes the fingerprints of one contract."""

    __slots__ = ("_mac",)

    def __init__(self, key: bytes) -> None:
        # Kept with the key already taken in, and copied for each IBAN: `hmac.digest` would let go
        # of the interpreter's lock, and beside a busy writer thread wait long to have it back.
        self._mac = hmac.new(key, digestmod="sha256")

    def fingerprint(self, electronic_iban: str) -> bytes:
        """Return the 32 bytes that stand for an IBAN in capitals and without blanks."""
        mac = self._mac.copy()
        mac.update(electronic_iban.encode("ascii"))
        return mac.digest()
