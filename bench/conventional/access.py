"""Who asks: the bearer token is looked up in the database by its hash, on every request."""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bench.conventional.database import Session
from bench.conventional.errors import NotAuthenticated, ScopeMissing
from bench.conventional.models import AccessToken, utc_now


@dataclass(frozen=True, slots=True)
class Access:
    """The merchant that asks, and the customer that stands for the client itself."""

    contract_id: UUID
    identity_id: UUID


def hash_of(secret: str) -> bytes:
    """Return what is kept of a token or a secret; both are random, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).digest()


def access_for(scope: str) -> Callable[..., Coroutine[Any, Any, Access]]:
    """Return the dependency that lets in a token with `scope`.

    Raises: NotAuthenticated, ScopeMissing.
    """

    async def access(session: Session, authorization: Annotated[str, Header()] = "") -> Access:
        kind, _, secret = authorization.partition(" ")
        if kind.lower() != "bearer":
            raise NotAuthenticated
        token = await session.scalar(
            select(AccessToken)
            .options(joinedload(AccessToken.client))
            .where(AccessToken.hash == hash_of(secret), AccessToken.expires_at > utc_now())
        )
        if token is None:
            raise NotAuthenticated
        if scope not in token.scope.split():
            raise ScopeMissing
        return Access(token.client.contract_id, token.client.identity_id)

    return access
