"""What the operations need from outside: a store, a vault, a clock, ids.

`lastschrift.main` puts the real ones in. The methods of `Reader` and `Transaction` speak the
domain's words; all SQL stands in `lastschrift.storage`.
"""

from dataclasses import dataclass

from lastschrift.operations.ports.access import (
    AccessReader,
    AccessWriter,
    ClientCredentials,
)
from lastschrift.operations.ports.auditing import (
    AuditEntry,
    AuditWriter,
)
from lastschrift.operations.ports.bank_accounts import (
    BankAccountReader,
    BankAccountWriter,
    NewBankAccount,
    SealedBankAccount,
)
from lastschrift.operations.ports.debtors import (
    DebtorReader,
    DebtorWriter,
)
from lastschrift.operations.ports.idempotency import (
    KeyUse,
    KeyWriter,
)
from lastschrift.operations.ports.identities import (
    IdentityReader,
    IdentityWriter,
)
from lastschrift.operations.ports.lists import (
    Listing,
    Page,
)
from lastschrift.operations.ports.store import (
    Command,
    Reader,
    Result,
    Store,
    Transaction,
)
from lastschrift.operations.ports.supplies import (
    Clock,
    Ids,
)
from lastschrift.operations.ports.vault import (
    ContractKeys,
    KeyPurpose,
    Vault,
    WrappedKey,
)

__all__ = [
    "AccessReader",
    "AccessWriter",
    "AuditEntry",
    "AuditWriter",
    "BankAccountReader",
    "BankAccountWriter",
    "ClientCredentials",
    "Clock",
    "Command",
    "ContractKeys",
    "DebtorReader",
    "DebtorWriter",
    "IdentityReader",
    "IdentityWriter",
    "Ids",
    "KeyPurpose",
    "KeyUse",
    "KeyWriter",
    "Listing",
    "NewBankAccount",
    "Page",
    "Ports",
    "Reader",
    "Result",
    "SealedBankAccount",
    "Store",
    "Transaction",
    "Vault",
    "WrappedKey",
]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that the operations reach out to."""

    store: Store
    vault: Vault
    clock: Clock
    ids: Ids
