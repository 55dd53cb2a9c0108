"""Some bank accounts in an installation, for commands that look at what it holds."""

import asyncio
from pathlib import Path

from lastschrift.domain.access import Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.party import Party
from lastschrift.opening import with_ports
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.ports import Ports
from lastschrift.operations.register_bank_account import RegisterBankAccount, register_bank_account
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.settings import Settings
from tests.storage.filling import german_iban

ACCOUNTS = 7


def register_some(directory: Path) -> None:
    """Register some accounts of one customer under a contract of its own; no server may run."""
    asyncio.run(with_ports(Settings.load(directory, {}), _register))


async def _register(ports: Ports) -> None:
    contract = await create_contract(ports, CreateContract("Example Inc."))
    created = await create_client(
        ports,
        CreateClient(contract_id=contract.id, name="shop", scopes=tuple(Scope), has_identity=True),
    )
    client_id = created.client.id
    debtor = await register_debtor(
        ports, RegisterDebtor(contract_id=contract.id, client_id=client_id, contact=Party())
    )
    for number in range(ACCOUNTS):
        await register_bank_account(
            ports,
            RegisterBankAccount(
                contract_id=contract.id,
                client_id=client_id,
                debtor=DebtorRef(debtor.id, DebtorKind.CUSTOMER),
                account_id=None,
                iban=german_iban(number),
                bic=None,
                bank_name=None,
                owner=None,
                holder=None,
            ),
        )
