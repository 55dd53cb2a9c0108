"""The bank account: the instrument that collections debit.

It is one thing seen by two wires: secuconnect's payment container, PACE's payment method. Its IBAN
travels sealed; only an operation that reveals it holds it in clear (`RevealedBankAccount`).
"""

from datetime import datetime

from msgspec import Struct

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.domain.party import Party


class BankAccount(Struct, frozen=True, kw_only=True, gc=False):
    """A registered bank account, without its full IBAN.

    ``owner`` is the name it is held under. ``holder`` is what a wire told of the account's holder
    beyond that. ``bic`` and ``bank_name`` are what was known when it was registered.
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

    @property
    def customer_id(self) -> DebtorId | None:
        """The debtor, if it is one that the merchant saved."""
        if self.debtor is not None and self.debtor.kind is DebtorKind.CUSTOMER:
            return self.debtor.id
        return None


class RevealedBankAccount(Struct, frozen=True, gc=False):
    """A bank account together with its full IBAN."""

    account: BankAccount
    iban: Iban
