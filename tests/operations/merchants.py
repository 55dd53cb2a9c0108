"""A merchant who does things: a contract with one debtor, and a method for each verb."""

from dataclasses import dataclass

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import Debtor, DebtorKind, DebtorRef
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.domain.party import Party
from lastschrift.operations.archive_bank_account import ArchiveBankAccount, archive_bank_account
from lastschrift.operations.assign_bank_account import AssignBankAccount, assign_bank_account
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.delete_debtor import DeleteDebtor, delete_debtor
from lastschrift.operations.ports import Page, Search
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    register_bank_account,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.unassign_bank_account import (
    UnassignBankAccount,
    unassign_bank_account,
)
from lastschrift.operations.update_bank_account import UpdateBankAccount, update_bank_account
from lastschrift.operations.update_debtor import UpdateDebtor, update_debtor
from tests.holders import holder_of
from tests.house import House
from tests.storage.filling import SEED_IBAN, german_iban

ALL = Search(page=Page(count=100, offset=0))


@dataclass(slots=True)
class Merchant:
    """A contract with one debtor, and how things are done there."""

    house: House
    contract: ContractId
    client: ClientId
    identity: DebtorRef
    debtor: DebtorRef

    # --- debtors ---

    async def add_debtor(self) -> DebtorRef:
        command = RegisterDebtor(
            contract_id=self.contract, client_id=self.client, contact=Party(company="Example Inc.")
        )
        debtor = await register_debtor(self.house.ports, command)
        return DebtorRef(debtor.id, DebtorKind.CUSTOMER)

    async def update_debtor(self, contact: Party, debtor: DebtorRef | None = None) -> Debtor:
        command = UpdateDebtor(
            contract_id=self.contract,
            client_id=self.client,
            debtor_id=(debtor or self.debtor).id,
            contact=contact,
        )
        return await update_debtor(self.house.ports, command)

    async def delete_debtor(self, debtor: DebtorRef | None = None) -> Debtor:
        command = DeleteDebtor(
            contract_id=self.contract,
            client_id=self.client,
            debtor_id=(debtor or self.debtor).id,
        )
        return await delete_debtor(self.house.ports, command)

    # --- bank accounts ---

    async def register(
        self,
        debtor: DebtorRef | None = None,
        number: int | None = None,
        account_id: AccountId | None = None,
        managed_by: ClientId | None = None,
    ) -> RevealedBankAccount:
        return await self._register(debtor or self.debtor, number, account_id, managed_by)

    async def register_for_nobody(self, number: int | None = None) -> RevealedBankAccount:
        return await self._register(None, number)

    async def _register(
        self,
        debtor: DebtorRef | None,
        number: int | None = None,
        account_id: AccountId | None = None,
        managed_by: ClientId | None = None,
    ) -> RevealedBankAccount:
        command = RegisterBankAccount(
            contract_id=self.contract,
            client_id=self.client,
            debtor=debtor,
            account_id=account_id,
            iban=SEED_IBAN if number is None else german_iban(number),
            bic="COBADEFFXXX",
            bank_name="Commerzbank",
            owner="John Doe",
            holder=holder_of(debtor),
            managed_by=managed_by,
        )
        return await register_bank_account(self.house.ports, command)

    async def update(
        self,
        account: AccountId,
        debtor: DebtorRef | None = None,
        iban: Iban = SEED_IBAN,
        owner: str = "Jane Doe",
    ) -> RevealedBankAccount:
        command = UpdateBankAccount(
            contract_id=self.contract,
            client_id=self.client,
            account_id=account,
            debtor=debtor,
            iban=iban,
            bic=None,
            bank_name=None,
            owner=owner,
        )
        return await update_bank_account(self.house.ports, command)

    async def assign(self, account: AccountId, debtor: DebtorRef) -> RevealedBankAccount:
        command = AssignBankAccount(
            contract_id=self.contract, client_id=self.client, account_id=account, debtor=debtor
        )
        return await assign_bank_account(self.house.ports, command)

    async def unassign(
        self, account: AccountId, debtor: DebtorRef | None = None
    ) -> RevealedBankAccount:
        command = UnassignBankAccount(
            contract_id=self.contract,
            client_id=self.client,
            account_id=account,
            debtor_id=None if debtor is None else debtor.id,
        )
        return await unassign_bank_account(self.house.ports, command)

    async def archive(self, account: AccountId) -> RevealedBankAccount:
        command = ArchiveBankAccount(
            contract_id=self.contract, client_id=self.client, account_id=account
        )
        return await archive_bank_account(self.house.ports, command)

    async def delete(self, account: AccountId, debtor: DebtorRef | None = None) -> None:
        await self._delete(account, debtor or self.debtor)

    async def delete_whosever(self, account: AccountId) -> RevealedBankAccount:
        return await self._delete(account, None)

    async def _delete(self, account: AccountId, debtor: DebtorRef | None) -> RevealedBankAccount:
        command = DeleteBankAccount(
            contract_id=self.contract,
            client_id=self.client,
            account_id=account,
            debtor_id=None if debtor is None else debtor.id,
        )
        return await delete_bank_account(self.house.ports, command)

    # --- clients ---

    async def add_client(self) -> ClientId:
        command = CreateClient(
            contract_id=self.contract, name="another", scopes=(), has_identity=False
        )
        return (await create_client(self.house.ports, command)).client.id


async def merchant_of(house: House) -> Merchant:
    """Open a contract with a client and a debtor."""
    client, _ = await house.open_contract()
    assert client.identity is not None
    identity = DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY)
    merchant = Merchant(house, client.contract_id, client.id, identity, identity)
    merchant.debtor = await merchant.add_debtor()
    return merchant
