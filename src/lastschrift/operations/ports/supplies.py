"""What time it is, and what new things are called."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from lastschrift.domain.access import Secret
from lastschrift.domain.identity import ClientId


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return this instant, in UTC."""
        ...


class Ids(Protocol):
    """Maker of ids and secrets."""

    def new_id(self) -> UUID:
        """Return a UUID of version 7, later than all before (RFC 9562 §5.7)."""
        ...

    def new_client_id(self) -> ClientId:
        """Return 128 random bits."""
        ...

    def new_client_secret(self) -> Secret:
        """Return 256 random bits as 64 hex digits."""
        ...

    def new_access_token(self) -> Secret:
        """Return 130 random bits as 26 symbols of ``[0-9a-v]``."""
        ...
