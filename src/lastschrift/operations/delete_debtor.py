"""Taking a payer away, with all accounts: hidden, their IBANs free; the books keep them."""

from functools import partial

from msgspec import Struct

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


class DeleteDebtor(Struct, frozen=True, kw_only=True):
    """A debtor to be taken away."""

    contract_id: ContractId
    client_id: ClientId
    debtor_id: DebtorId


async def delete_debtor(ports: Ports, command: DeleteDebtor) -> Debtor:
    """Delete a debtor that the merchant saved, its accounts and its links; return it as it was.

    The next token of an identity that was linked to it is a first use again.

    Raises, in this order: DebtorUnknown; BankAccountManaged: another client manages one of the
    accounts, so that nothing is done.
    """
    contract, debtor = command.contract_id, command.debtor_id
    entry = partial(audit_entry, ports, contract_id=contract, client_id=command.client_id)
    audit = entry("debtor.deleted", subject_id=debtor)

    async def operation(transaction: Transaction) -> Debtor:
        found = await transaction.lock_customer(contract, debtor)
        if found is None:
            raise DebtorUnknown
        for sealed in await transaction.bank_accounts_of(contract, debtor):
            sealed.account.check_removable_by(command.client_id)
        accounts = await transaction.delete_bank_accounts_of(contract, debtor, audit.at)
        await transaction.unlink_identities_of(contract, debtor)
        await transaction.delete_debtor(contract, debtor, audit.at)
        deleted = [
            entry("bank_account.deleted", subject_id=account, at=audit.at) for account in accounts
        ]
        await transaction.add_audit_entries([audit, *deleted])
        return found

    return await ports.store.write(operation)
