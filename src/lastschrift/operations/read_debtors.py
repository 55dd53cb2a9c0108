"""Reading debtors that the merchant saved: some of them, by their ids."""

from collections.abc import Iterable, Mapping

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports import Ports, Reader


async def read_debtors(
    ports: Ports, contract: ContractId, debtors: Iterable[DebtorId]
) -> Mapping[DebtorId, Debtor]:
    """Return those of a contract's debtors that are there."""
    wanted = dict.fromkeys(debtors)

    async def read(reader: Reader) -> Mapping[DebtorId, Debtor]:
        found = [await reader.customer(contract, debtor) for debtor in wanted]
        return {debtor.id: debtor for debtor in found if debtor is not None}

    return await ports.store.scan(read) if wanted else {}
