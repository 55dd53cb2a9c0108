"""What both wires share: a bank account is kept, once per customer."""

from uuid import UUID, uuid4

from schwifty import IBAN
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bench.conventional.access import Access
from bench.conventional.database import commit
from bench.conventional.errors import AlreadyRegistered, IdTaken
from bench.conventional.models import BankAccount
from bench.conventional.vault import Vault


async def register_bank_account(
    session: AsyncSession,
    vault: Vault,
    access: Access,
    *,
    iban: IBAN,
    owner: str,
    customer_id: UUID | None,
    account_id: UUID | None = None,
    bic: str | None = None,
    holder: dict[str, object] | None = None,
) -> BankAccount:
    """Return the bank account, committed.

    The unique constraint finds a duplicate, so the usual case costs no look-up for it.
    Raises: AlreadyRegistered, IdTaken.
    """
    row_id = account_id or uuid4()
    found_bic = None if bic else iban.bic
    account = BankAccount(
        id=row_id,
        contract_id=access.contract_id,
        customer_id=customer_id,
        owner=owner,
        iban_sealed=vault.seal(row_id, iban.compact),
        fingerprint=vault.fingerprint(iban.compact),
        last_four=iban.compact[-4:],
        bic=bic or (found_bic.compact if found_bic else None),
        bank_name=iban.bank_name,
        holder=holder,
    )
    session.add(account)
    try:
        await commit(session)
    except IntegrityError:
        await session.rollback()
        raise await _reason(session, account, iban) from None
    return account


async def _reason(
    session: AsyncSession, account: BankAccount, iban: IBAN
) -> AlreadyRegistered | IdTaken:
    """Tell which of the two unique keys was hit."""
    kept = await session.scalar(
        select(BankAccount.id).where(
            BankAccount.customer_id == account.customer_id,
            BankAccount.fingerprint == account.fingerprint,
        )
    )
    return IdTaken() if kept is None else AlreadyRegistered(kept, iban.compact)
