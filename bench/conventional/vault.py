"""How account numbers are kept: AES-256-GCM ciphertext bound to its row, and a fingerprint."""

import base64
import hmac
import json
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Vault:
    """The two keys of the installation and what is done with them."""

    def __init__(self, data_key: bytes, fingerprint_key: bytes) -> None:
        """Take the key that seals and the key that fingerprints, 32 bytes each."""
        self._cipher = AESGCM(data_key)
        self._fingerprint_key = fingerprint_key

    @classmethod
    def load(cls, path: Path) -> "Vault":
        """Return the vault of the key file `path`, which is made when it is missing."""
        if not path.exists():
            names = ("data", "fingerprint")
            keys = {
                name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in names
            }
            path.touch(mode=0o600)
            path.write_text(json.dumps(keys))
        kept = json.loads(path.read_text())
        return cls(base64.b64decode(kept["data"]), base64.b64decode(kept["fingerprint"]))

    def seal(self, row: UUID, iban: str) -> bytes:
        """Return the nonce and the ciphertext of `iban`, readable only in the row `row`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, iban.encode(), row.bytes)

    def open(self, row: UUID, sealed: bytes) -> str:
        """Return the account number that was sealed for the row `row`."""
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], row.bytes).decode()

    def fingerprint(self, iban: str) -> bytes:
        """Return the same 32 bytes for the same account number."""
        return hmac.digest(self._fingerprint_key, iban.encode(), "sha256")
