"""Saving a payer's contact data: written once, as a batch; a single one is a batch of one."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from lastschrift.domain.debtor import Debtor, DebtorKind
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import NewDebtor, Ports, Transaction


class RegisterDebtor(Struct, frozen=True, kw_only=True):
    """A payer to be kept. The same data may be kept many times: debtors are not unique."""

    contract_id: ContractId
    client_id: ClientId
    contact: Party


async def register_debtor(ports: Ports, command: RegisterDebtor) -> Debtor:
    """Keep a new debtor and return it."""
    prepare = partial(prepare_debtor, ports, command)
    return await ports.store.write_batched(register_debtors, prepare)


async def register_debtors(transaction: Transaction, batch: Sequence[NewDebtor]) -> list[Debtor]:
    """Keep all of a batch: nothing of a new debtor can be in the way of another one's."""
    await transaction.add_debtors(batch)
    return [new.debtor for new in batch]


def prepare_debtor(ports: Ports, command: RegisterDebtor) -> NewDebtor:
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
    return NewDebtor(debtor, audit)
