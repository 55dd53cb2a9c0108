"""Saving a payer's contact data."""

from msgspec import Struct

from lastschrift.domain.debtor import Debtor, DebtorKind
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import AuditEntry, Ports, Transaction


class RegisterDebtor(Struct, frozen=True, kw_only=True):
    """A payer to be kept. The same data may be kept many times: debtors are not unique."""

    contract_id: ContractId
    client_id: ClientId
    contact: Party


async def register_debtor(ports: Ports, command: RegisterDebtor) -> Debtor:
    """Keep a new debtor and return it."""
    debtor, audit = prepare_debtor(ports, command)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_debtor(debtor)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    return debtor


def prepare_debtor(ports: Ports, command: RegisterDebtor) -> tuple[Debtor, AuditEntry]:
    """Make what is to be kept: the debtor, and who saved it."""
    debtor = Debtor(
        contract_id=command.contract_id,
        id=DebtorId(ports.ids.new_id()),
        kind=DebtorKind.CUSTOMER,
        contact=command.contact,
        created=ports.clock.now(),
    )
    audit = audit_entry(
        ports,
        "debtor.registered",
        contract_id=debtor.contract_id,
        subject_id=debtor.id,
        client_id=command.client_id,
    )
    return debtor, audit
