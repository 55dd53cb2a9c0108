"""The debtor: the payer whose accounts are debited."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Party


class DebtorKind(StrEnum):
    """How a debtor came to be."""

    CUSTOMER = "customer"
    """Saved by the merchant, with contact data; secuconnect lists these."""

    SERVICE_IDENTITY = "service_identity"
    """Stands behind a client's own PACE token; no wire lists it."""

    USER = "user"
    """Came to be when a user of an outside identity provider was first seen; no wire lists it."""


class DebtorRef(Struct, frozen=True, gc=False):
    """Which debtor something belongs to."""

    id: DebtorId
    kind: DebtorKind


class Debtor(Struct, frozen=True, kw_only=True):
    """A payer of one contract. Not unique by data: the same person may be saved many times."""

    contract_id: ContractId
    id: DebtorId
    kind: DebtorKind
    contact: Party
    created: datetime
    updated: datetime | None = None
