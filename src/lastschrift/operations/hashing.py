"""How secrets are kept: as SHA-256. They are random and long, so no slow hash is needed."""

import hashlib

from lastschrift.domain.access import Secret


def secret_hash(secret: Secret) -> bytes:
    """Return the 32 bytes under which a client secret or an access token is kept."""
    return hashlib.sha256(secret.reveal().encode("utf-8", "surrogatepass")).digest()
