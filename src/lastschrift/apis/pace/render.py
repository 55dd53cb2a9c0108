"""From bank accounts to PACE's answers: JSON:API documents, which never show an IBAN."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from lastschrift.apis.pace.catalogue import KIND, KINDS, VENDOR_ID, VENDORS, Kind, KindList, Vendor
from lastschrift.apis.pace.ids import payment_method_id
from lastschrift.apis.pace.languages import Language
from lastschrift.apis.pace.models import (
    TYPE,
    Attributes,
    Identifier,
    MandatoryAttribute,
    PageLinks,
    PaymentMethod,
    PaymentMethodList,
    Relationship,
    Relationships,
    RelationshipToMany,
    Resource,
)
from lastschrift.apis.pace.query import Related
from lastschrift.domain.bank_account import AuthorisationAttribute, BankAccount
from lastschrift.operations.list_bank_accounts import SomeBankAccounts
from lastschrift.web.http import Header, Response

_ENCODER = msgspec.json.Encoder()

_KIND_AND_VENDOR: Final = Relationships(
    payment_method_kind=Relationship(Identifier("paymentMethodKind", KIND)),
    payment_method_vendor=Relationship(Identifier("paymentMethodVendor", VENDOR_ID)),
)
"""The same for all accounts. A kind's id is its name, as PACE's iOS client has it, though the
relationship is documented as a UUID."""

_WITH_TOKENS: Final = msgspec.structs.replace(
    _KIND_AND_VENDOR, payment_tokens=RelationshipToMany([])
)
"""Payment tokens come with collections; until then nobody has one."""


# --- documents ------------------------------------------------------------------------------------


def render_created(account: BankAccount) -> Response:
    """Return a payment method that has just been registered."""
    return Response(201, _ENCODER.encode(PaymentMethod(_resource(account, _KIND_AND_VENDOR))))


def render_payment_method(
    account: BankAccount,
    included: frozenset[Related] = frozenset(),
    language: Language = Language.ENGLISH,
) -> Response:
    """Return a payment method, and beside it what was to be included."""
    resource = _resource(account, _relationships(included))
    if not included:
        return Response(200, _ENCODER.encode(PaymentMethod(resource)))
    document = PaymentMethod(resource, _included_resources(included, language))
    return Response(200, _ENCODER.encode(document), (_content_language(language),))


def render_payment_methods(
    some: SomeBankAccounts,
    included: frozenset[Related],
    language: Language,
    links: PageLinks | UnsetType,
) -> Response:
    """Return payment methods of a payer; what is included stands there once."""
    relationships = _relationships(included)
    resources = [_resource(account, relationships) for account in some.accounts]
    document = PaymentMethodList(
        resources,
        _included_resources(included if resources else frozenset(), language)
        if included
        else UNSET,
        links,
    )
    return Response(200, _ENCODER.encode(document), (_content_language(language),))


def render_kinds(language: Language) -> Response:
    """Return all kinds of payment methods."""
    document = KindList([KINDS[language]])
    return Response(200, _ENCODER.encode(document), (_content_language(language),))


def _included_resources(included: frozenset[Related], language: Language) -> list[Kind | Vendor]:
    """Return the resources that all payment methods have in common, as far as they are wanted."""
    found: list[Kind | Vendor] = []
    if Related.KIND in included:
        found.append(KINDS[language])
    if Related.VENDOR in included:
        found.append(VENDORS[language])
    return found


def _content_language(language: Language) -> Header:
    return b"content-language", language.value.encode()


# --- a payment method -----------------------------------------------------------------------------


def _relationships(included: frozenset[Related]) -> Relationships:
    return _WITH_TOKENS if Related.TOKENS in included else _KIND_AND_VENDOR


def _resource(account: BankAccount, relationships: Relationships) -> Resource:
    return Resource(
        id=payment_method_id(account.id),
        type=TYPE,
        attributes=Attributes(
            kind=KIND,
            status="verified",
            identification_string=identification_string(account),
            two_factor=False,
            alias=account.alias or UNSET,
            implicit=False,
            pace_pay=True,
            mandatory_authorisation_attributes=list(map(_mandatory, account.authorisation))
            or UNSET,
            expiry=UNSET if account.expiry is None else _instant(account.expiry),
            managed=account.managed_by is not None,
        ),
        relationships=relationships,
    )


def _mandatory(attribute: AuthorisationAttribute) -> MandatoryAttribute:
    return MandatoryAttribute(
        name=attribute.name,
        regex=UNSET if attribute.regex is None else attribute.regex,
        max_length=UNSET if attribute.characters_max is None else attribute.characters_max,
    )


def _instant(instant: datetime) -> str:
    """Write an instant in the one form that PACE's iOS client reads: seconds, and ``Z``."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


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
