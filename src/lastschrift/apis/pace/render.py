"""From bank accounts to PACE's answers: JSON:API documents, which never show an IBAN."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from lastschrift.apis.pace.ids import payment_method_id
from lastschrift.apis.pace.models import (
    KIND,
    TYPE,
    VENDOR_ID,
    Attributes,
    Identifier,
    PaymentMethod,
    PaymentMethodList,
    Relationship,
    Relationships,
    Resource,
)
from lastschrift.domain.bank_account import BankAccount
from lastschrift.web.http import Response

_ENCODER = msgspec.json.Encoder()

_RELATIONSHIPS: Final = Relationships(
    payment_method_kind=Relationship(Identifier("paymentMethodKind", KIND)),
    payment_method_vendor=Relationship(Identifier("paymentMethodVendor", VENDOR_ID)),
)
"""The same for all accounts. A kind's id is its name, as PACE's iOS client has it, though the
relationship is documented as a UUID."""


def render_created(account: BankAccount) -> Response:
    """Return a payment method that has just been registered."""
    return Response(201, _ENCODER.encode(PaymentMethod(_resource(account))))


def render_payment_method(account: BankAccount) -> Response:
    """Return a payment method."""
    return Response(200, _ENCODER.encode(PaymentMethod(_resource(account))))


def render_payment_methods(accounts: Sequence[BankAccount]) -> Response:
    """Return all payment methods of a payer."""
    return Response(200, _ENCODER.encode(PaymentMethodList(list(map(_resource, accounts)))))


def _resource(account: BankAccount) -> Resource:
    return Resource(
        id=payment_method_id(account.id),
        type=TYPE,
        attributes=Attributes(
            kind=KIND,
            status="verified",
            identification_string=identification_string(account),
            two_factor=False,
            implicit=False,
            pace_pay=True,
            managed=False,
        ),
        relationships=_RELATIONSHIPS,
    )


def identification_string(account: BankAccount) -> str:
    """Return what a payer recognises an account by, as ``COMMERZBANK XX 3000``.

    That is the bank's name, or the country's code where it is not known, and the IBAN's last four
    characters (form documented in the second seed's 201; how the name is found is `assumed`).
    """
    bank = _letters_and_digits(account.bank_name or "") or account.iban_country
    return f"{bank} XX {account.iban_last_four}"


@lru_cache(maxsize=4096)
def _letters_and_digits(name: str) -> str:
    return "".join(filter(str.isalnum, name.upper()))
