"""Finding out which user of an outside identity provider a token stands for.

The provider is a client of ours: its contract is the token's contract, what it may do bounds what a
token may do, and once it is revoked no token of the provider is good.
"""

from collections.abc import Iterable

from lastschrift.domain.access import MERCHANT_SCOPES, Client, Principal, Scope, Secret
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import TokenRefused
from lastschrift.operations.ports import Ports, Reader, VerifiedToken

_PART_OF = {Scope.PACE_CREATE: (Scope.PACE_CREATE_SEPA,)}
"""What a scope includes (PACE: without a kind it stands for all kinds)."""


async def authenticate_user(ports: Ports, token: Secret) -> Principal:
    """Return which user a token stands for, and the debtor that it is linked to, if there is one.

    Raises: TokenRefused; IdentityProviderDown.
    """
    verified = await ports.identity_providers.verify(token)
    client, debtor = await ports.store.read(lambda reader: _look_up(reader, verified))
    return Principal(
        contract_id=client.contract_id,
        client_id=verified.client_id,
        debtor=debtor,
        scopes=_scopes(verified.scopes, client.scopes),
        expires=verified.expires,
        manages=client.manages,
        user=verified.user,
        app=verified.app,
    )


async def _look_up(reader: Reader, token: VerifiedToken) -> tuple[Client, DebtorRef | None]:
    """Return the client that stands for the token's provider, and the user's debtor.

    Raises: TokenRefused: there is no such client, or it is revoked.
    """
    client = await reader.client(token.client_id)
    if client is None or client.revoked is not None:
        raise TokenRefused
    user = token.user
    return client, await reader.linked_debtor(client.contract_id, user.issuer, user.subject)


def _scopes(said: Iterable[str], allowed: Iterable[Scope]) -> frozenset[Scope]:
    """Return what the token says and the client may have; never what only a merchant may do."""
    known = {str(scope): scope for scope in Scope}
    said_and_known = [known[scope] for scope in said if scope in known]
    return (_with_parts(said_and_known) & _with_parts(allowed)) - MERCHANT_SCOPES


def _with_parts(scopes: Iterable[Scope]) -> frozenset[Scope]:
    whole = frozenset(scopes)
    return whole.union(*(_PART_OF.get(scope, ()) for scope in whole))
