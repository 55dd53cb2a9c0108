"""The PACE wire: an account as a payment method."""

import re
import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from bench.conventional.access import Access, access_for
from bench.conventional.database import Session
from bench.conventional.errors import (
    AlreadyRegistered,
    IdTaken,
    MediaTypeRefused,
    NotAuthenticated,
    RequestRefused,
)
from bench.conventional.models import BankAccount
from bench.conventional.pace_schemas import (
    AttributesAnswer,
    MethodAnswer,
    MethodDocument,
    RegisterMethod,
    Relationship,
    Relationships,
    ResourceIdentifier,
)
from bench.conventional.registration import register_bank_account
from bench.wires import PACE_SCOPE

PREFIX = "/pay/2024-1"
MEDIA_TYPE = "application/vnd.api+json"
ACCEPTABLE = (MEDIA_TYPE, "application/*", "*/*")
CODES = {"string_too_long": "too-long", "iban_outside_sepa": "provider:card-not-usable"}
RELATIONSHIPS = Relationships(
    payment_method_kind=Relationship(data=ResourceIdentifier(type="paymentMethodKind", id="sepa")),
    payment_method_vendor=Relationship(
        data=ResourceIdentifier(
            type="paymentMethodVendor", id="5ad3c1c8-7a0b-4f6e-9d54-0f6d0c1f2b3a"
        )
    ),
)


class JsonApiResponse(JSONResponse):
    """An answer in JSON:API's media type."""

    media_type = MEDIA_TYPE


async def check_media_types(
    content_type: Annotated[str, Header()] = "", accept: Annotated[str, Header()] = "*/*"
) -> None:
    """Refuse a request that neither sends nor takes JSON:API.

    Raises: MediaTypeRefused.
    """
    if not any(name in accept for name in ACCEPTABLE):
        raise MediaTypeRefused(406)
    if content_type != MEDIA_TYPE:
        raise MediaTypeRefused(415)


router = APIRouter(prefix=PREFIX, default_response_class=JsonApiResponse)
PayerAccess = Annotated[Access, Depends(access_for(PACE_SCOPE))]


@router.post(
    "/payment-methods/sepa-direct-debit",
    status_code=201,
    dependencies=[Depends(check_media_types)],
)
async def register_method(
    request: Request, body: RegisterMethod, access: PayerAccess, session: Session
) -> MethodDocument:
    """Keep the account of the payer that the token speaks for."""
    attributes = body.data.attributes
    account = await register_bank_account(
        session,
        request.app.state.vault,
        access,
        iban=attributes.iban,
        owner=attributes.owner,
        customer_id=access.identity_id,
        account_id=body.data.id,
        holder=attributes.model_dump(mode="json", exclude={"iban"}, exclude_none=True),
    )
    return MethodDocument(data=render_method(account, attributes.iban.country_code))


def render_method(account: BankAccount, country: str) -> MethodAnswer:
    """Return a bank account in the wire's shape."""
    bank = re.sub("[^A-Z0-9]", "", (account.bank_name or country).upper())
    return MethodAnswer(
        id=account.id,
        attributes=AttributesAnswer(identification_string=f"{bank} XX {account.last_four}"),
        relationships=RELATIONSHIPS,
    )


def render_refused(request: Request, error: RequestRefused) -> Response:
    """Return why a request is refused, in the wire's words."""
    match error:
        case AlreadyRegistered():
            location = f"{request.base_url}{PREFIX[1:]}/payment-methods/{error.account_id}"
            return Response(status_code=303, headers={"Location": location})
        case NotAuthenticated():
            return document_of_errors(401, [problem(401)])
        case IdTaken():
            return document_of_errors(409, [problem(409)])
        case MediaTypeRefused():
            return document_of_errors(error.status, [problem(error.status)])
        case _:
            return document_of_errors(403, [problem(403)])


def render_invalid(error: RequestValidationError) -> Response:
    """Return one problem per field; a body that is no such document is a bad request."""
    if any(each["type"] == "json_invalid" or len(each["loc"]) <= 2 for each in error.errors()):
        return document_of_errors(400, [problem(400)])
    problems = [
        problem(
            422,
            code=CODES.get(each["type"], "provider:invalid-content"),
            detail=each["msg"],
            source={"pointer": "/" + "/".join(map(str, each["loc"][1:]))},
        )
        for each in error.errors()
    ]
    return document_of_errors(422, problems)


def problem(status: int, code: str = "1000", **members: object) -> dict[str, object]:
    """Return one error object; `members` are put in as they are."""
    return {
        "id": secrets.token_hex(10),
        "status": str(status),
        "code": code,
        "title": HTTPStatus(status).phrase,
        **members,
    }


def document_of_errors(status: int, errors: list[dict[str, object]]) -> JsonApiResponse:
    """Return the wire's one error shape."""
    return JsonApiResponse({"errors": errors}, status_code=status)
