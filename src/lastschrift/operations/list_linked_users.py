"""Listing the users of outside identity providers that are linked to debtors."""

from lastschrift.domain.identity import ContractId
from lastschrift.domain.users import LinkedUser
from lastschrift.operations.ports import Listing, Page, Ports


async def list_linked_users(ports: Ports, contract: ContractId, page: Page) -> Listing[LinkedUser]:
    """Return a page of a contract's linked users, by issuer and subject."""
    return await ports.store.scan(lambda reader: reader.linked_users(contract, page))
