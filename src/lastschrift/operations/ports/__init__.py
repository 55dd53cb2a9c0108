"""What the operations need from outside: a store, a vault, a clock, ids.

`lastschrift.main` puts the real ones in. The methods of `Reader` and `Transaction` speak the
domain's words; all SQL stands in `lastschrift.storage`.
"""

from dataclasses import dataclass, field

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
    LockedBankAccount,
    NewBankAccount,
    SealedBankAccount,
)
from lastschrift.operations.ports.conditions import (
    ANY_CHARACTERS,
    ONE_CHARACTER,
    AllOf,
    AnyOf,
    Condition,
    Everything,
    Field,
    HasFingerprint,
    HasIban,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Not,
    Nothing,
    TextBetween,
    Wildcard,
    with_fingerprints,
)
from lastschrift.operations.ports.contract_keys import (
    ContractKeyReader,
    ContractKeyWriter,
    SealedIban,
    SealedResult,
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
    IdentityProviders,
    IdentityReader,
    IdentityWriter,
    NoIdentityProviders,
    VerifiedToken,
)
from lastschrift.operations.ports.lists import (
    COUNTED_MAX,
    TOTAL_AGE_S_MAX,
    Listing,
    Order,
    Page,
    Position,
    Search,
    Stretch,
)
from lastschrift.operations.ports.scrolls import (
    Batch,
    Scroll,
    ScrollReader,
    ScrollWriter,
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
    KEYS_REMEMBERED_FOR,
    ContractKeys,
    KeyPurpose,
    Vault,
    WrappedKey,
)

__all__ = [
    "ANY_CHARACTERS",
    "COUNTED_MAX",
    "KEYS_REMEMBERED_FOR",
    "ONE_CHARACTER",
    "TOTAL_AGE_S_MAX",
    "AccessReader",
    "AccessWriter",
    "AllOf",
    "AnyOf",
    "AuditEntry",
    "AuditWriter",
    "BankAccountReader",
    "BankAccountWriter",
    "Batch",
    "ClientCredentials",
    "Clock",
    "Command",
    "Condition",
    "ContractKeyReader",
    "ContractKeyWriter",
    "ContractKeys",
    "DebtorReader",
    "DebtorWriter",
    "Everything",
    "Field",
    "HasFingerprint",
    "HasIban",
    "HasId",
    "HasText",
    "IdentityProviders",
    "IdentityReader",
    "IdentityWriter",
    "Ids",
    "InstantBetween",
    "KeyPurpose",
    "KeyUse",
    "KeyWriter",
    "Listing",
    "LockedBankAccount",
    "Matches",
    "NewBankAccount",
    "NoIdentityProviders",
    "Not",
    "Nothing",
    "Order",
    "Page",
    "Ports",
    "Position",
    "Reader",
    "Result",
    "Scroll",
    "ScrollReader",
    "ScrollWriter",
    "SealedBankAccount",
    "SealedIban",
    "SealedResult",
    "Search",
    "Store",
    "Stretch",
    "TextBetween",
    "Transaction",
    "Vault",
    "VerifiedToken",
    "Wildcard",
    "WrappedKey",
    "with_fingerprints",
]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that the operations reach out to."""

    store: Store
    vault: Vault
    clock: Clock
    ids: Ids
    identity_providers: IdentityProviders = field(default_factory=NoIdentityProviders)
