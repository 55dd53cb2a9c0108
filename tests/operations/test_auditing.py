"""One entry in the audit trail for each request that changes something, none for any other."""

import asyncio
from collections.abc import Sequence

import pytest

from lastschrift.domain.access import Client
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    ClientUnknown,
)
from lastschrift.domain.iban import Iban
from lastschrift.domain.party import Party
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    register_bank_account,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.rotate_client_secret import rotate_client_secret
from tests.databases import looking_into
from tests.house import House
from tests.storage.filling import SEED_IBAN, german_iban

pytestmark = pytest.mark.anyio


async def audited(house: House) -> Sequence[tuple[object, ...]]:
    """Return what the audit trail holds: action, subject, client and instant (microseconds)."""
    async with looking_into(house.database) as looking:
        return await looking.rows(
            "SELECT action, subject_id, client_id, at FROM audit_entry ORDER BY at, action"
        )


def registration_of(client: Client, debtor: DebtorRef, iban: Iban) -> RegisterBankAccount:
    return RegisterBankAccount(
        contract_id=client.contract_id,
        client_id=client.id,
        debtor=debtor,
        account_id=None,
        iban=iban,
        bic=None,
        bank_name=None,
        owner=None,
        holder=None,
    )


async def actions(house: House) -> list[object]:
    return [action for action, *_ in await audited(house)]


async def test_each_change_leaves_one_entry(house: House) -> None:
    client, _ = await house.open_contract()
    debtor = await register_debtor(
        house.ports,
        RegisterDebtor(contract_id=client.contract_id, client_id=client.id, contact=Party()),
    )
    registration = registration_of(client, DebtorRef(debtor.id, DebtorKind.CUSTOMER), SEED_IBAN)
    account = (await register_bank_account(house.ports, registration)).account
    deletion = DeleteBankAccount(
        contract_id=client.contract_id,
        client_id=client.id,
        debtor_id=debtor.id,
        account_id=account.id,
    )
    await delete_bank_account(house.ports, deletion)
    await rotate_client_secret(house.ports, client.id)
    await revoke_client(house.ports, client.id)
    now = int(house.clock.now().timestamp()) * 1_000_000
    assert await audited(house) == [
        ("bank_account.deleted", account.id.bytes, client.id.bytes, now),
        ("bank_account.registered", account.id.bytes, client.id.bytes, now),
        ("client.created", client.id.bytes, None, now),
        ("client.revoked", client.id.bytes, None, now),
        ("client.secret_rotated", client.id.bytes, None, now),
        ("contract.created", client.contract_id.bytes, None, now),
        ("debtor.registered", debtor.id.bytes, client.id.bytes, now),
    ]
    with pytest.raises(BankAccountUnknown):
        await delete_bank_account(house.ports, deletion)
    assert len(await audited(house)) == 7


async def test_what_changes_nothing_leaves_no_entry(house: House) -> None:
    client, secret = await house.open_contract()
    assert client.identity is not None
    registration = registration_of(
        client, DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY), SEED_IBAN
    )
    await register_bank_account(house.ports, registration)
    before = await actions(house)
    with pytest.raises(BankAccountAlreadyRegistered):
        await register_bank_account(house.ports, registration)
    with pytest.raises(ClientUnknown):
        await revoke_client(house.ports, house.ports.ids.new_client_id())
    await issue_access_token(
        house.ports, IssueAccessToken(client_id=client.id, client_secret=secret, scopes=None)
    )
    assert await actions(house) == before


async def test_of_many_at_once_each_that_is_kept_leaves_one_entry(house: House) -> None:
    client, _ = await house.open_contract()
    assert client.identity is not None
    registrations = [
        registration_of(
            client, DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY), german_iban(number)
        )
        for number in (1, 2, 1, 3, 2)
    ]
    outcomes = await asyncio.gather(
        *[register_bank_account(house.ports, registration) for registration in registrations],
        return_exceptions=True,
    )
    kept = [found.account.id for found in outcomes if isinstance(found, RevealedBankAccount)]
    audited_ids = [
        subject
        for action, subject, *_ in await audited(house)
        if action == "bank_account.registered"
    ]
    assert len(kept) == len(audited_ids) == 3
    assert set(audited_ids) == {account.bytes for account in kept}


async def test_a_second_revocation_leaves_no_entry(house: House) -> None:
    client, _ = await house.open_contract()
    await revoke_client(house.ports, client.id)
    await revoke_client(house.ports, client.id)
    assert (await actions(house)).count("client.revoked") == 1
