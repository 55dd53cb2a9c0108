"""Equal IBANs made recognisable without being readable.

A contract's key may be turned while servers run: two versions live then, and accounts have a
fingerprint under each, in two columns, the one for odd versions, the other for even ones.

HMAC-SHA-256 under a key of the contract's own. An unkeyed hash would protect nothing: a German bank
code has at most 10^10 account numbers, and all of them are hashed in minutes.

>>> FingerprintKeys({1: bytes(32)}, [1]).fingerprints("DE89370400440532013000").odd.hex()[:8]
'0bc5b336'
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from lastschrift.operations.ports import KEYS_KNOWN_AFTER, Fingerprints, KeyPurpose, WrappedKey
from lastschrift.vault.concealed import Concealed
from lastschrift.vault.keyed_hash import KeyedHash


class FingerprintKeys(Concealed):
    """A contract's fingerprint keys; ``versions`` as `live_versions` returns them."""

    __slots__ = ("_even", "_keys", "_odd", "versions")

    def __init__(self, keys: Mapping[int, bytes], versions: Sequence[int]) -> None:
        self.versions = tuple(versions)
        self._keys = {version: KeyedHash(key) for version, key in keys.items()}
        by_parity = {version % 2: self._keys[version] for version in versions}
        self._odd, self._even = by_parity.get(1), by_parity.get(0)

    def fingerprints(self, electronic_iban: str) -> Fingerprints:
        """Return an IBAN's fingerprints under all versions that live."""
        odd, even, iban = self._odd, self._even, electronic_iban.encode("ascii")
        return Fingerprints(
            None if odd is None else odd.digest(iban),
            None if even is None else even.digest(iban),
        )

    def leading(self, electronic_iban: str) -> tuple[int, bytes]:
        """Return the version by which accounts are looked for, and the fingerprint under it."""
        version = self.versions[0]
        return version, self._keys[version].digest(electronic_iban.encode("ascii"))

    def are_of(self, electronic_iban: str, kept: Fingerprints) -> bool:
        """Say whether an account with this IBAN may have these: one to look for it by, or none."""
        odd, even = kept.odd, kept.even
        made = {key.digest(electronic_iban.encode("ascii")) for key in self._keys.values()}
        is_found = (odd if self.versions[0] % 2 else even) is not None
        is_erased = odd is None and even is None
        return is_erased or (is_found and made.issuperset({odd, even} - {None}))


def live_versions(keys: Sequence[WrappedKey], now: datetime) -> list[int]:
    """Return under which versions fingerprints are made, the one that all accounts have first.

    | the newest is  | made                                | looked for |
    | -------------- | ----------------------------------- | ---------- |
    | not complete   | both                                | the old    |
    | complete       | both, until all servers know of it  | the new    |
    | that for long  | the new                             | the new    |

    So servers may be a line apart: what either looks for, the other makes. Empty: there is no key.
    """
    complete = {
        key.version: key.complete_from
        for key in keys
        if key.purpose is KeyPurpose.FINGERPRINT
        and key.complete_from is not None
        and key.complete_from <= now
    }
    if not complete:
        return []
    leading = max(complete)
    is_fading = now < complete[leading] + KEYS_KNOWN_AFTER
    others = [
        key.version
        for key in keys
        if key.purpose is KeyPurpose.FINGERPRINT
        and (key.version > leading or (is_fading and key.version < leading))
    ]
    return [leading, *others]


def hash_key_of(fingerprint_key: bytes) -> bytes:
    """Return the key of all other hashes that goes with a fingerprint key.

    It makes no fingerprints, and the fingerprint key can't be found from it.
    """
    return hmac.digest(fingerprint_key, _NO_IBAN, "sha256")


_NO_IBAN = b"keyed hashes"
"""No IBAN has blanks, so no fingerprint is this."""
