"""Who may do what: contracts, their clients, and the tokens that clients act by."""

from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import NoReturn

from msgspec import Struct

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.users import OutsideUser

TOKEN_LIFETIME = timedelta(seconds=1200)
"""How long an access token is good (secuconnect, "Get Token": ``expires_in`` 1200)."""


CLOCKS_APART_MAX = timedelta(minutes=1)
"""How far the clocks of servers may be apart."""

TOKEN_AHEAD_MAX = TOKEN_LIFETIME + CLOCKS_APART_MAX
"""How far ahead a token may expire. One that expires later was issued before the clock was set
back, and would live too long: it is refused, and forgotten."""


class Scope(StrEnum):
    """What a token may be good for; each wire asks for its own (DESIGN §8)."""

    SECUCONNECT = "https://scope.secucard.com/e/api"
    PACE_CREATE = "pay:payment-methods:create"
    PACE_CREATE_SEPA = "pay:payment-methods:create:sepa"
    PACE_READ = "pay:payment-methods:read"
    PACE_READ_PER_USER = "pay:payment-methods-per-user:read:one"
    PACE_PATCH = "pay:payment-methods:patch"
    PACE_DELETE = "pay:payment-methods:delete"
    PACE_TOKENS_READ = "pay:payment-tokens:read"

    __hash__ = str.__hash__  # an Enum's is not made in C, and each request asks for it


MERCHANT_SCOPES = frozenset({Scope.SECUCONNECT})
"""What speaks for a whole contract, so that no payer's token may carry it."""


class IdentityLinking(Enum):
    """How the users of an outside identity provider come by their debtors."""

    FIRST_USE = "first_use"
    """A token of an unknown user makes a new debtor."""

    BY_COMMAND = "by_command"
    """Somebody links them, and until then they are not served."""


class Contract(Struct, frozen=True, kw_only=True):
    """A tenant. Nothing of one contract is ever seen from another."""

    id: ContractId
    name: str
    created: datetime
    identity_linking: IdentityLinking = IdentityLinking.FIRST_USE


class Client(Struct, frozen=True, kw_only=True):
    """An OAuth client of one contract, without its secret.

    ``identity`` is the debtor behind the client's own tokens on wires that speak for a payer.
    ``manages``: what accounts it registers, no other client may delete.
    """

    id: ClientId
    contract_id: ContractId
    name: str
    scopes: tuple[Scope, ...]
    identity: DebtorId | None
    created: datetime
    revoked: datetime | None = None
    manages: bool = False


class Principal(Struct, frozen=True, kw_only=True):
    """Who a request acts for: what its access token stands for.

    ``debtor`` is the payer that the token speaks for, on wires that ask for one. ``manages``: what
    accounts it registers, no other client may delete. ``user`` is whom a token of an outside
    identity provider speaks for, linked to a debtor or not; ``app`` is the app that was given it.
    """

    contract_id: ContractId
    client_id: ClientId
    debtor: DebtorRef | None
    scopes: frozenset[Scope]
    expires: datetime
    manages: bool = False
    user: OutsideUser | None = None
    app: str | None = None

    @property
    def manager(self) -> ClientId | None:
        """The client, if it manages what it registers."""
        return self.client_id if self.manages else None


class AccessToken(Struct, frozen=True, kw_only=True):
    """What is known of an access token; the token itself is not."""

    client_id: ClientId
    scopes: tuple[Scope, ...]
    issued: datetime
    expires: datetime


class Secret:
    """A client secret or an access token in clear; masked wherever it could be printed."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, to be shown once to whom it belongs."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")
