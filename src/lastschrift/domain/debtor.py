"""The debtor: the payer whose accounts are debited."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Party


class DebtorKind(Enum):
    """How a debtor came to be."""

    CUSTOMER = "customer"
    """Saved by the merchant, with contact data; secuconnect lists these."""

    SERVICE_IDENTITY = "service_identity"
    """Stands behind a client's own PACE token; no wire lists it."""


@dataclass(frozen=True, slots=True)
class DebtorRef:
    """Which debtor something belongs to."""

    id: DebtorId
    kind: DebtorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """A payer of one contract. Not unique by data: the same person may be saved many times."""

    contract_id: ContractId
    id: DebtorId
    kind: DebtorKind
    contact: Party
    created: datetime
    updated: datetime | None = None
