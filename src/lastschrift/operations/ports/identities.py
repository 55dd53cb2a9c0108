"""Users of outside identity providers: whether a token is theirs, and which debtor each user is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from lastschrift.domain.access import IdentityLinking, Secret
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import TokenRefused
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.users import LinkedUser, OutsideUser
from lastschrift.operations.ports.lists import Listing, Page


class IdentityReader(Protocol):
    """What can be asked about linked identities."""

    async def linked_debtor(
        self, contract: ContractId, issuer: str, subject: str
    ) -> DebtorRef | None:
        """Return the debtor that a user is linked to; None if no link or no such debtor is left."""
        ...

    async def identity_linking(self, contract: ContractId) -> IdentityLinking | None:
        """Return how a contract's users come by their debtors; None if there is no contract."""
        ...

    async def linked_users(self, contract: ContractId, page: Page) -> Listing[LinkedUser]:
        """Return the users that are linked to debtors of a contract, by issuer and subject."""
        ...


class IdentityWriter(Protocol):
    """What can be changed about linked identities."""

    async def debtor_to_link(self, contract: ContractId, debtor: DebtorId) -> DebtorRef | None:
        """Return a debtor, if it is there, and let nobody delete it before this is done."""
        ...

    async def link_identity(
        self, contract: ContractId, issuer: str, subject: str, debtor: DebtorId, now: datetime
    ) -> bool:
        """Link a user to a debtor; return False, and change nothing, if it is linked already."""
        ...

    async def unlink_identity(self, contract: ContractId, issuer: str, subject: str) -> bool:
        """Take a user's link away; return whether there was one."""
        ...

    async def unlink_identities_of(self, contract: ContractId, debtor: DebtorId) -> None:
        """Take all links to a debtor away."""
        ...

    async def change_identity_linking(self, contract: ContractId, linking: IdentityLinking) -> None:
        """Let a contract's users come by their debtors in this way from now on."""
        ...


class VerifiedToken(Struct, frozen=True, kw_only=True):
    """What a token of an outside identity provider says, known to be said by the provider.

    ``client_id`` is our client that stands for the provider. ``scopes`` are the token's own, known
    to us or not. ``app`` is what the provider calls the app that was given the token.
    """

    client_id: ClientId
    user: OutsideUser
    scopes: frozenset[str]
    expires: datetime
    app: str | None = None


class IdentityProviders(Protocol):
    """The outside identity providers whose tokens are taken."""

    @property
    def issuers(self) -> Sequence[str]:
        """What the providers call themselves."""
        ...

    async def verify(self, token: Secret) -> VerifiedToken:
        """Return what a token says.

        Raises: TokenRefused; IdentityProviderDown.
        """
        ...


class NoIdentityProviders:
    """What stands there where none is set: nobody's tokens are taken but our own."""

    issuers: Sequence[str] = ()

    async def verify(self, token: Secret) -> VerifiedToken:
        """Refuse.

        Raises: TokenRefused.
        """
        raise TokenRefused
