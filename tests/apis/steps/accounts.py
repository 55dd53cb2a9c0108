"""How a step adds a bank account, whichever API shows it."""

from lastschrift.apis.secuconnect.ids import container_id
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId
from lastschrift.operations.register_bank_account import RegisterBankAccount, register_bank_account
from tests.apis.steps.world import World
from tests.holders import holder_of

SEED_IBAN = Iban.parse("DE89370400440532013000")


async def register(
    world: World,
    debtor: DebtorRef | None,
    iban: Iban = SEED_IBAN,
    *,
    account_id: AccountId | None = None,
    managed_by: ClientId | None = None,
) -> None:
    """Add a bank account, and bind what each API calls it."""
    command = RegisterBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor=debtor,
        account_id=account_id,
        iban=iban,
        bic="COBADEFFXXX",
        bank_name="Commerzbank",
        owner="John Doe",
        holder=holder_of(debtor),
        managed_by=managed_by,
    )
    revealed = await register_bank_account(world.house.ports, command)
    world.bindings["container"] = container_id(revealed.account.id)
    world.bindings["method"] = str(revealed.account.id)
