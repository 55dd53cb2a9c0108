"""Whom the libraries work for: a client of a contract that nobody else has."""

from dataclasses import dataclass

import httpx2

from lastschrift.domain.access import Scope

PACE = "/pay/2024-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A client's credentials, and where it is served."""

    url: str
    client_id: str
    client_secret: str

    def token(self) -> str:
        """Return a token for all that there is, and for the client's own payer."""
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": " ".join(Scope),
        }
        token: str = httpx2.post(f"{self.url}/oauth/token", data=asked).json()["access_token"]
        return token
