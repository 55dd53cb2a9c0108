"""What the operations need from outside: a store, a vault, a clock, ids.

`lastschrift.main` puts the real ones in. The methods of `Reader` and `Transaction` speak the
domain's words; all SQL stands in `lastschrift.storage`.
"""

from msgspec import Struct, field, structs

from lastschrift.operations.ports.access import (
    AccessReader,
    AccessWriter,
)
from lastschrift.operations.ports.auditing import (
    AuditEntry,
    AuditWriter,
    Caller,
)
from lastschrift.operations.ports.bank_accounts import (
    BankAccountReader,
    BankAccountWriter,
    KeyedBankAccount,
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
    fingerprint_versions,
    with_fingerprints,
)
from lastschrift.operations.ports.contract_keys import (
    ContractKeyReader,
    ContractKeyWriter,
    KeptFingerprints,
    SealedIban,
    SealedResult,
)
from lastschrift.operations.ports.debtors import (
    DebtorReader,
    DebtorWriter,
    KeyedDebtor,
    NewDebtor,
)
from lastschrift.operations.ports.erasure import (
    AuditPlace,
    Erased,
    Erasure,
    ErasureLog,
    ErasureMarks,
    ErasureReader,
    ErasureWriter,
    HeldDebtor,
    HiddenAccount,
    NoErasureLog,
    PurgeStep,
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
    KEYS_KNOWN_AFTER,
    KEYS_REMEMBERED_FOR,
    KEYS_SETTLED_AFTER,
    ContractKeys,
    Fingerprints,
    KeyPurpose,
    Vault,
    WrappedKey,
)

__all__ = [
    "ANY_CHARACTERS",
    "COUNTED_MAX",
    "KEYS_KNOWN_AFTER",
    "KEYS_REMEMBERED_FOR",
    "KEYS_SETTLED_AFTER",
    "ONE_CHARACTER",
    "TOTAL_AGE_S_MAX",
    "AccessReader",
    "AccessWriter",
    "AllOf",
    "AnyOf",
    "AuditEntry",
    "AuditPlace",
    "AuditWriter",
    "BankAccountReader",
    "BankAccountWriter",
    "Batch",
    "Caller",
    "Clock",
    "Command",
    "Condition",
    "ContractKeyReader",
    "ContractKeyWriter",
    "ContractKeys",
    "DebtorReader",
    "DebtorWriter",
    "Erased",
    "Erasure",
    "ErasureLog",
    "ErasureMarks",
    "ErasureReader",
    "ErasureWriter",
    "Everything",
    "Field",
    "Fingerprints",
    "HasFingerprint",
    "HasIban",
    "HasId",
    "HasText",
    "HeldDebtor",
    "HiddenAccount",
    "IdentityProviders",
    "IdentityReader",
    "IdentityWriter",
    "Ids",
    "InstantBetween",
    "KeptFingerprints",
    "KeyPurpose",
    "KeyUse",
    "KeyWriter",
    "KeyedBankAccount",
    "KeyedDebtor",
    "Listing",
    "LockedBankAccount",
    "Matches",
    "NewBankAccount",
    "NewDebtor",
    "NoErasureLog",
    "NoIdentityProviders",
    "Not",
    "Nothing",
    "Order",
    "Page",
    "Ports",
    "Position",
    "PurgeStep",
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
    "fingerprint_versions",
    "with_fingerprints",
]


class Ports(Struct, frozen=True):
    """Everything that the operations reach out to, and for whom they do it."""

    store: Store
    vault: Vault
    clock: Clock
    ids: Ids
    identity_providers: IdentityProviders = field(default_factory=NoIdentityProviders)
    caller: Caller = field(default_factory=Caller)
    erasure_log: ErasureLog = field(default_factory=NoErasureLog)

    def on_behalf_of(self, caller: Caller) -> "Ports":
        """Return the same for another caller."""
        return structs.replace(self, caller=caller)
