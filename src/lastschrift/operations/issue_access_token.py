"""Giving a client an access token for its credentials (RFC 6749 §4.4)."""

from collections.abc import Sequence

from msgspec import Struct

from lastschrift.domain.access import TOKEN_LIFETIME, Client, Principal, Scope, Secret
from lastschrift.domain.errors import ScopeRefused
from lastschrift.domain.identity import ClientId
from lastschrift.operations.authenticate_client import authenticate_client
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports, Transaction


class IssueAccessToken(Struct, frozen=True, kw_only=True):
    """Credentials, and the scopes asked for.

    ``client_id`` None: what was sent can't be a client's id. ``scopes`` None: none was named; an
    unknown scope stands as it was sent.
    """

    client_id: ClientId | None
    client_secret: Secret
    scopes: Sequence[str] | None


class IssuedToken(Struct, frozen=True, kw_only=True):
    """An access token in clear, to be told once, and what it is good for."""

    token: Secret
    scopes: tuple[Scope, ...]
    lifetime_s: int


async def issue_access_token(ports: Ports, command: IssueAccessToken) -> IssuedToken:
    """Check a client's credentials and give it a token.

    Raises: CredentialsRefused, ScopeRefused; Unavailable.
    """
    client = await authenticate_client(ports, command.client_id, command.client_secret)
    scopes = _grant(client, command.scopes)
    token = ports.ids.new_access_token()
    now = ports.clock.now()
    principal = Principal(
        contract_id=client.contract_id,
        client_id=client.id,
        debtor=None,
        scopes=frozenset(scopes),
        expires=now + TOKEN_LIFETIME,
    )

    async def operation(transaction: Transaction) -> None:
        await transaction.add_access_token(secret_hash(token), principal, now)

    await ports.store.write(operation)
    return IssuedToken(token=token, scopes=scopes, lifetime_s=int(TOKEN_LIFETIME.total_seconds()))


def _grant(client: Client, asked: Sequence[str] | None) -> tuple[Scope, ...]:
    """Return what is granted: what was asked for, or the wire's default (DESIGN §8, `assumed`)."""
    if asked is None:
        return (Scope.SECUCONNECT,) if Scope.SECUCONNECT in client.scopes else client.scopes
    allowed = {str(scope): scope for scope in client.scopes}
    if not all(scope in allowed for scope in asked):
        raise ScopeRefused
    return tuple(allowed[scope] for scope in dict.fromkeys(asked))
