"""Listing the debtors that the merchant saved."""

from collections.abc import Sequence

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import COUNTED_MAX, Listing, Ports, Position, Reader, Search
from lastschrift.operations.totals import Lister, total_of

DEBTORS: Lister[Debtor] = Lister(
    name="customers",
    find=lambda reader, contract, stretch: reader.customers_next(contract, stretch),
    count=lambda reader, *asked: reader.count_customers(*asked),
    count_gone=lambda reader, *asked: reader.count_customers_gone(*asked),
    position=lambda debtor: Position(debtor.created, debtor.id),
)


async def list_debtors(ports: Ports, contract: ContractId, search: Search) -> Listing[Debtor]:
    """Return a page of a contract's debtors, and how many there are.

    Raises: SearchTooBroad.
    """

    async def find(reader: Reader) -> tuple[Sequence[Debtor], int]:
        found = await reader.customers(contract, search)
        return found, await reader.count_customers(contract, search.condition, COUNTED_MAX + 1)

    found, counted = await ports.store.scan(find)
    return Listing(await total_of(ports, contract, DEBTORS, search.condition, counted), found)
