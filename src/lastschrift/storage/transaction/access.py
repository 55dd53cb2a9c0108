"""Contracts, clients and tokens in SQL."""

from collections.abc import Sequence
from datetime import datetime

from lastschrift.domain.access import TOKEN_AHEAD_MAX, AccessToken, Client, Contract, Principal
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.ports import WrappedKey
from lastschrift.storage.codec import Codec, Value
from lastschrift.storage.statements import access
from lastschrift.storage.transaction.contract_keys import ContractKeySqlWriter
from lastschrift.storage.transaction.engine import SqlPart


class AccessSqlReader(SqlPart):
    """`operations.ports.AccessReader` over an engine."""

    async def wrapped_keys(self, contract: ContractId) -> Sequence[WrappedKey]:
        rows = await self._engine.fetch(access.WRAPPED_KEYS, self._codec.put_id(contract))
        return [self._rows.wrapped_key(row) for row in rows]

    async def principal(self, token_hash: bytes, now: datetime) -> Principal | None:
        rows = await self._engine.fetch(
            access.PRINCIPAL, token_hash, *_lifetime_from(self._codec, now)
        )
        return self._rows.principal(rows[0]) if rows else None

    async def access_token(
        self, contract: ContractId, token_hash: bytes, now: datetime
    ) -> AccessToken | None:
        rows = await self._engine.fetch(
            access.ACCESS_TOKEN,
            self._codec.put_id(contract),
            token_hash,
            *_lifetime_from(self._codec, now),
        )
        return self._rows.access_token(rows[0]) if rows else None

    async def secret_hash(self, client: ClientId, otherwise: bytes) -> bytes:
        rows = await self._engine.fetch(access.SECRET_HASH, self._codec.put_id(client), otherwise)
        found: bytes = rows[0][0]
        return found

    async def client(self, client: ClientId) -> Client | None:
        rows = await self._engine.fetch(access.CLIENT, self._codec.put_id(client))
        return self._rows.client(rows[0]) if rows else None

    async def contract(self, contract: ContractId) -> Contract | None:
        rows = await self._engine.fetch(access.CONTRACT, self._codec.put_id(contract))
        return self._rows.contract(rows[0]) if rows else None

    async def contracts(self) -> Sequence[Contract]:
        return [self._rows.contract(row) for row in await self._engine.fetch(access.CONTRACTS)]

    async def clients(self) -> Sequence[Client]:
        return [self._rows.client(row) for row in await self._engine.fetch(access.CLIENTS)]


class AccessSqlWriter(ContractKeySqlWriter):
    """`operations.ports.AccessWriter` over an engine."""

    async def add_contract(self, contract: Contract, keys: Sequence[WrappedKey]) -> None:
        key = self._codec.put_id(contract.id)
        created = self._codec.put_instant(contract.created)
        await self._engine.fetch(
            access.ADD_CONTRACT, key, contract.name, created, contract.identity_linking.value
        )
        for wrapped in keys:
            await self.add_contract_key(contract.id, wrapped)

    async def add_client(self, client: Client, secret_hash: bytes) -> None:
        await self._engine.fetch(
            access.ADD_CLIENT,
            self._codec.put_id(client.id),
            self._codec.put_id(client.contract_id),
            client.name,
            secret_hash,
            " ".join(client.scopes),
            None if client.identity is None else self._codec.put_id(client.identity),
            self._codec.put_instant(client.created),
            int(client.manages),
        )

    async def revoke_client(self, client: ClientId, now: datetime) -> None:
        await self._engine.fetch(
            access.REVOKE_CLIENT, self._codec.put_id(client), self._codec.put_instant(now)
        )

    async def replace_secret(self, client: ClientId, secret_hash: bytes) -> None:
        await self._engine.fetch(access.REPLACE_SECRET, self._codec.put_id(client), secret_hash)

    async def add_access_token(
        self, token_hash: bytes, principal: Principal, issued: datetime
    ) -> None:
        await self._engine.fetch(
            access.ADD_ACCESS_TOKEN,
            token_hash,
            self._codec.put_id(principal.contract_id),
            self._codec.put_id(principal.client_id),
            " ".join(sorted(principal.scopes)),
            self._codec.put_instant(issued),
            self._codec.put_instant(principal.expires),
        )

    async def revoke_access_token(
        self, contract: ContractId, client: ClientId, token_hash: bytes
    ) -> bool:
        rows = await self._engine.fetch(
            access.REVOKE_ACCESS_TOKEN,
            self._codec.put_id(contract),
            self._codec.put_id(client),
            token_hash,
        )
        return bool(rows)

    async def drop_expired_tokens(self, now: datetime, rows_max: int) -> int:
        rows = await self._engine.fetch(
            access.DROP_EXPIRED_TOKENS, *_lifetime_from(self._codec, now), rows_max
        )
        return len(rows)


def _lifetime_from(codec: Codec, now: datetime) -> tuple[Value, Value]:
    """Return between what a good token expires: after this instant, and not too far ahead."""
    return codec.put_instant(now), codec.put_instant(now + TOKEN_AHEAD_MAX)
