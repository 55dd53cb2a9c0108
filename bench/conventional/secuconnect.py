"""The secuconnect wire: customers and containers."""

import secrets
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func, select

from bench.conventional.access import Access, access_for
from bench.conventional.database import Session, commit
from bench.conventional.errors import (
    AlreadyRegistered,
    CustomerUnknown,
    NotAuthenticated,
    RequestRefused,
)
from bench.conventional.models import BankAccount, Customer
from bench.conventional.registration import register_bank_account
from bench.conventional.secuconnect_schemas import (
    BankDataAnswer,
    ContactAnswer,
    ContainerAnswer,
    ContainerList,
    CreateContainer,
    CreateCustomer,
    CustomerAnswer,
    Reference,
)
from bench.conventional.vault import Vault
from bench.conventional.wire_ids import from_wire, to_wire
from bench.wires import SECUCONNECT_SCOPE

BERLIN = ZoneInfo("Europe/Berlin")
ERROR_USER = "Es ist ein unbekannter Fehler aufgetreten"
PAGE_MAX = 100

router = APIRouter(prefix="/api/v2/Payment")
MerchantAccess = Annotated[Access, Depends(access_for(SECUCONNECT_SCOPE))]


@router.post("/Customers", response_model_exclude_none=True)
async def create_customer(
    body: CreateCustomer, access: MerchantAccess, session: Session
) -> CustomerAnswer:
    """Keep a payer."""
    contact = body.contact.model_dump(mode="json", exclude_none=True)
    customer = Customer(contract_id=access.contract_id, contact=contact)
    session.add(customer)
    await commit(session)
    return render_customer(customer)


@router.post("/Containers", response_model_exclude_none=True)
async def create_container(
    request: Request, body: CreateContainer, access: MerchantAccess, session: Session
) -> ContainerAnswer:
    """Keep a payer's bank account."""
    account = await register_bank_account(
        session,
        request.app.state.vault,
        access,
        iban=body.private.iban,
        owner=body.private.owner,
        bic=body.private.bic,
        customer_id=await find_customer(session, access, body.customer_reference),
    )
    return render_container(account, body.private.iban.compact)


@router.get("/Containers", response_model_exclude_none=True)
async def list_containers(
    request: Request,
    access: MerchantAccess,
    session: Session,
    count: Annotated[int, Query(ge=0, le=PAGE_MAX)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> ContainerList:
    """List the merchant's bank accounts, oldest first."""
    vault: Vault = request.app.state.vault
    of_contract = BankAccount.contract_id == access.contract_id
    total = await session.scalar(select(func.count()).select_from(BankAccount).where(of_contract))
    accounts = await session.scalars(
        select(BankAccount)
        .where(of_contract)
        .order_by(BankAccount.created_at, BankAccount.id)
        .limit(count)
        .offset(offset)
    )
    page = [render_container(each, vault.open(each.id, each.iban_sealed)) for each in accounts]
    return ContainerList(count=total or 0, data=page)


async def find_customer(session: Session, access: Access, reference: str | None) -> UUID | None:
    """Return the row of the merchant's own customer.

    Raises: CustomerUnknown.
    """
    if reference is None:
        return None
    customer_id = from_wire("PCU", reference)
    kept = await session.scalar(
        select(Customer.id).where(
            Customer.id == customer_id, Customer.contract_id == access.contract_id
        )
    )
    if kept is None:
        raise CustomerUnknown(reference)
    return kept


def render_customer(customer: Customer) -> CustomerAnswer:
    """Return a customer in the wire's shape."""
    contact = ContactAnswer.model_validate(customer.contact)
    names = (contact.forename, contact.surname)
    contact.name = " ".join(name for name in names if name) or None
    if contact.dob:
        contact.dob = berlin_midnight(date.fromisoformat(contact.dob))
    return CustomerAnswer(
        id=to_wire("PCU", customer.id),
        contract=contract_reference(customer.contract_id),
        contact=contact,
        created=berlin_time(customer.created_at),
    )


def render_container(account: BankAccount, iban: str) -> ContainerAnswer:
    """Return a bank account in the wire's shape."""
    bank_data = BankDataAnswer(
        owner=account.owner, iban=iban, bic=account.bic, bankname=account.bank_name
    )
    customer = None
    if account.customer_id:
        customer = Reference(object="payment.customers", id=to_wire("PCU", account.customer_id))
    return ContainerAnswer(
        id=to_wire("PCT", account.id),
        contract=contract_reference(account.contract_id),
        customer=customer,
        private=bank_data,
        public=bank_data,
        created=berlin_time(account.created_at),
    )


def contract_reference(contract_id: UUID) -> Reference:
    """Return the merchant in the wire's shape."""
    return Reference(object="payment.contracts", id=to_wire("PCR", contract_id))


def berlin_time(instant: datetime) -> str:
    """Return an instant in Berlin's time, with its offset, to the second."""
    return instant.replace(tzinfo=UTC).astimezone(BERLIN).isoformat(timespec="seconds")


def berlin_midnight(day: date) -> str:
    """Return the beginning of a day in Berlin, with its offset."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).isoformat(timespec="seconds")


def render_refused(error: RequestRefused) -> Response:
    """Return why a request is refused, in the wire's words."""
    match error:
        case AlreadyRegistered():
            details = f"Container with IBAN {error.iban} for customer already exists"
            return product_error(409, "ProductDuplicateException", details)
        case NotAuthenticated():
            details = "Valid auth token required"
            return product_error(403, "ProductNotAllowedException", details, code=2003)
        case CustomerUnknown():
            details = f"Referenced customer access denied {error.reference}"
            return product_error(403, "ProductNotAllowedException", details)
        case _:
            return product_error(403, "ProductNotAllowedException", "access denied")


def render_invalid(error: RequestValidationError) -> Response:
    """Return every field that is wrong."""
    problems = (f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors())
    return product_error(422, "ProductFormatException", "; ".join(problems))


def product_error(status: int, error: str, details: str, code: int = 0) -> JSONResponse:
    """Return the wire's one error shape."""
    body = {
        "status": "error",
        "error": error,
        "error_details": details,
        "error_user": f"{ERROR_USER} (Code {code})" if code else ERROR_USER,
        "code": code,
        "supportId": secrets.token_hex(16),
    }
    return JSONResponse(body, status_code=status)
