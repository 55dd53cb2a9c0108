"""The bank account: the instrument that collections debit.

It is one thing seen by two wires: secuconnect's payment container, PACE's payment method. Its IBAN
travels sealed; only an operation that reveals it holds it in clear (`RevealedBankAccount`).
"""

from datetime import datetime

from msgspec import Struct

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import BankAccountHeldByUser, BankAccountManaged
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party

_CUSTOMER = DebtorKind.CUSTOMER


class AuthorisationAttribute(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What must be told when this account is charged: its name, and what it may look like.

    ``regex`` and ``characters_max`` are None where anything will do.
    """

    name: str
    regex: str | None = None
    characters_max: int | None = None


class BankAccount(Struct, frozen=True, kw_only=True, gc=False):
    """A registered bank account, without its full IBAN.

    ``owner`` is the name it is held under. ``holder`` is what a wire told of the account's holder
    beyond that: always, where no customer's contact tells it. ``bic`` and ``bank_name`` are what
    was known when it was registered.

    ``alias`` is the payer's own name for it; from ``expiry`` on it is not to be charged. What must
    be told when it is charged stands in ``authorisation``. ``archived`` since when it is kept only
    to be looked at. ``managed_by`` is the one client that may delete it, if there is such a one.
    """

    contract_id: ContractId
    id: AccountId
    debtor: DebtorRef | None
    iban_country: str
    iban_last_four: str
    bic: str | None
    bank_name: str | None
    owner: str | None
    holder: Party | None
    created: datetime
    updated: datetime | None = None
    alias: str | None = None
    expiry: datetime | None = None
    authorisation: tuple[AuthorisationAttribute, ...] = ()
    archived: datetime | None = None
    managed_by: ClientId | None = None

    def check_holder(self) -> None:
        """Raise ValueError if its debtor is none of the merchant's, and it has no holder.

        Such accounts are listed by their holders, so a wire that told none would not find them.
        """
        if self.holder is None and self.debtor and self.debtor.kind is not _CUSTOMER:
            raise ValueError("an account whose debtor is no customer needs a holder")

    def check_removable_by(self, client: ClientId) -> None:
        """Raise BankAccountManaged if another client than this one manages the account."""
        if self.managed_by not in (None, client):
            raise BankAccountManaged

    def check_assignable_to(self, debtor: DebtorRef) -> None:
        """Raise BankAccountHeldByUser if its debtor is another one, and none of the merchant's."""
        if self.debtor not in (None, debtor) and self.customer_id is None:
            raise BankAccountHeldByUser

    @property
    def customer_id(self) -> DebtorId | None:
        """The debtor, if it is one that the merchant saved."""
        if self.debtor is not None and self.debtor.kind is _CUSTOMER:
            return self.debtor.id
        return None


class RevealedBankAccount(Struct, frozen=True, gc=False):
    """A bank account together with its full IBAN."""

    account: BankAccount
    iban: Iban
