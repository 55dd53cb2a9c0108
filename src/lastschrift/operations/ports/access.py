"""Contracts, their clients, and the tokens that clients act by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lastschrift.domain.access import AccessToken, Client, Contract, Principal
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.ports.vault import WrappedKey


class AccessReader(Protocol):
    """What can be asked about contracts, clients and tokens."""

    async def wrapped_keys(self, contract: ContractId) -> Sequence[WrappedKey]:
        """Return all keys of a contract; none if there is no such contract."""
        ...

    async def principal(self, token_hash: bytes, now: datetime) -> Principal | None:
        """Return who a token stands for, if it is good at ``now`` and its client not revoked."""
        ...

    async def access_token(
        self, contract: ContractId, token_hash: bytes, now: datetime
    ) -> AccessToken | None:
        """Return what is known of a contract's token, if it would be taken at ``now``."""
        ...

    async def secret_hash(self, client: ClientId, otherwise: bytes) -> bytes:
        """Return the SHA-256 of a client's secret; if there is no such client, ``otherwise``.

        Either way takes the same time.
        """
        ...

    async def client(self, client: ClientId) -> Client | None:
        """Return a client, revoked or not."""
        ...

    async def contract(self, contract: ContractId) -> Contract | None:
        """Return a contract."""
        ...

    async def contracts(self) -> Sequence[Contract]:
        """Return all contracts, oldest first."""
        ...

    async def clients(self) -> Sequence[Client]:
        """Return the clients of all contracts, oldest first."""
        ...


class AccessWriter(Protocol):
    """What can be changed about them."""

    async def add_contract(self, contract: Contract, keys: Sequence[WrappedKey]) -> None:
        """Keep a new contract and its keys."""
        ...

    async def add_client(self, client: Client, secret_hash: bytes) -> None:
        """Keep a new client."""
        ...

    async def revoke_client(self, client: ClientId, now: datetime) -> None:
        """Refuse a client and its tokens from now on."""
        ...

    async def replace_secret(self, client: ClientId, secret_hash: bytes) -> None:
        """Take another secret for a client."""
        ...

    async def add_access_token(
        self, token_hash: bytes, principal: Principal, issued: datetime
    ) -> None:
        """Keep a token's hash and what the token stands for."""
        ...

    async def revoke_access_token(
        self, contract: ContractId, client: ClientId, token_hash: bytes
    ) -> bool:
        """Refuse a client's token from now on; return whether it had such a one."""
        ...

    async def drop_expired_tokens(self, now: datetime, rows_max: int) -> int:
        """Forget up to ``rows_max`` tokens that are past their time; return how many there were."""
        ...
