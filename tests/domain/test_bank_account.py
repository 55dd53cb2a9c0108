"""Whose account needs a holder of its own."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.domain.party import Party


def account_of(kind: DebtorKind | None, holder: Party | None) -> BankAccount:
    return BankAccount(
        contract_id=ContractId(UUID(int=1)),
        id=AccountId(UUID(int=2)),
        debtor=None if kind is None else DebtorRef(DebtorId(UUID(int=3)), kind),
        iban_country="DE",
        iban_last_four="3000",
        bic=None,
        bank_name=None,
        owner=None,
        holder=holder,
        created=datetime(2026, 11, 21, tzinfo=UTC),
    )


@pytest.mark.parametrize("kind", [None, *DebtorKind])
def test_whoever_may_have_a_holder(kind: DebtorKind | None) -> None:
    account_of(kind, Party()).check_holder()


@pytest.mark.parametrize("kind", [None, DebtorKind.CUSTOMER])
def test_a_customer_or_nobody_needs_none(kind: DebtorKind | None) -> None:
    account_of(kind, None).check_holder()


@pytest.mark.parametrize("kind", [DebtorKind.SERVICE_IDENTITY, DebtorKind.USER])
def test_anyone_else_needs_one(kind: DebtorKind) -> None:
    with pytest.raises(ValueError, match="needs a holder"):
        account_of(kind, None).check_holder()
