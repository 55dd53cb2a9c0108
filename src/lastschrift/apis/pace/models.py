"""What PACE reads and writes, in the order in which it is written.

In requests unknown members are ignored, an optional empty text means absent, and null is a value of
the wrong kind. In answers what is not known is absent, never null. Which attributes there are, and
which of them are required, is documented; lengths are `assumed`; the examples are the documents'.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from lastschrift.web.described import described, described_text

TYPE: Final = "paymentMethod"
KIND: Final = "sepa"
VENDOR_ID: Final = "3397421f-744a-47fa-a5de-cc00b2132c4b"
"""Which vendor stands for SEPA is not documented: this id is ours, always the same (`assumed`)."""

NAME_CHARACTERS_MAX: Final = 70
STREET_CHARACTERS_MAX: Final = 70
HOUSE_NO_CHARACTERS_MAX: Final = 16
POSTAL_CODE_CHARACTERS_MAX: Final = 16
CITY_CHARACTERS_MAX: Final = 35
EMAIL_CHARACTERS_MAX: Final = 255


# --- members of requests and answers --------------------------------------------------------------

ResourceType = Annotated[str, described(TYPE, enum=[TYPE])]
Kind = Annotated[str, described(KIND, enum=[KIND])]
PaymentMethodId = Annotated[str, described("2a1319c3-c136-495d-b59a-47b3246d08af", format="uuid")]


# --- requests -------------------------------------------------------------------------------------


def _latin(characters_max: int, example: str) -> Meta:
    return described_text(characters_max, example, format="latin")


class AddressRequest(Struct, rename="camel"):
    """Where a person or a company resides; ``countryCode`` is ISO 3166-1 alpha-2."""

    street: Annotated[str, _latin(STREET_CHARACTERS_MAX, "Haid-und-Neu-Str.")]
    house_no: Annotated[str, _latin(HOUSE_NO_CHARACTERS_MAX, "18")]
    postal_code: Annotated[str, _latin(POSTAL_CODE_CHARACTERS_MAX, "76131")]
    city: Annotated[str, _latin(CITY_CHARACTERS_MAX, "Karlsruhe")]
    country_code: Annotated[str, described("DE", format="country-code")]


Title = Annotated[str, _latin(NAME_CHARACTERS_MAX, "Prof. Dr.")]
FirstName = Annotated[str, _latin(NAME_CHARACTERS_MAX, "Jon")]
LastName = Annotated[str, _latin(NAME_CHARACTERS_MAX, "Smith")]
Company = Annotated[str, _latin(NAME_CHARACTERS_MAX, "Clean House GmbH")]
Email = Annotated[
    str,
    described("jon.smith@example.com", maxLength=EMAIL_CHARACTERS_MAX, format="email"),
]


class AttributesRequest(Struct, rename="camel"):
    """A SEPA account and its owner. With ``company``, the names are not looked at."""

    kind: Kind
    iban: Annotated[str, described("DE89 3704 0044 0532 0130 00", format="iban")]
    address: AddressRequest
    title: Title | UnsetType = UNSET
    first_name: FirstName | UnsetType = UNSET
    last_name: LastName | UnsetType = UNSET
    company: Company | UnsetType = UNSET
    email: Email | UnsetType = UNSET


class ResourceRequest(Struct):
    """A payment method to be registered; without ``id`` we choose one."""

    type: ResourceType
    attributes: AttributesRequest
    id: PaymentMethodId | UnsetType = UNSET


class PaymentMethodRequest(Struct):
    """A JSON:API document with a payment method to be registered."""

    data: ResourceRequest


# --- answers --------------------------------------------------------------------------------------


class Attributes(Struct, rename="camel"):
    """What there is to tell of a payment method; never its IBAN."""

    kind: Kind
    status: Annotated[str, described("verified", enum=["verified"])]
    identification_string: Annotated[str, described("COMMERZBANK XX 3000")]
    two_factor: Annotated[bool, described(example=False)]
    implicit: Annotated[bool, described(example=False)]
    pace_pay: Annotated[bool, described(example=True)]
    managed: Annotated[bool, described(example=False)]


class Identifier(Struct):
    """Another resource, by its type and id."""

    type: str
    id: str


class Relationship(Struct):
    """One other resource that a payment method belongs to."""

    data: Identifier


class Relationships(Struct, rename="camel"):
    """What kind of payment method it is, and who offers it."""

    payment_method_kind: Annotated[
        Relationship, described({"data": {"type": "paymentMethodKind", "id": KIND}})
    ]
    payment_method_vendor: Annotated[
        Relationship, described({"data": {"type": "paymentMethodVendor", "id": VENDOR_ID}})
    ]


class Resource(Struct):
    """A payment method."""

    id: PaymentMethodId
    type: ResourceType
    attributes: Attributes
    relationships: Relationships


class PaymentMethod(Struct):
    """A JSON:API document with a payment method."""

    data: Resource


class PaymentMethodList(Struct):
    """A JSON:API document with all payment methods of a payer."""

    data: list[Resource]


# --- errors ---------------------------------------------------------------------------------------


class ErrorSource(Struct):
    """What in the request is at fault: a place in its body, or a parameter of its path."""

    pointer: Annotated[str, described("/data/attributes/iban")] | UnsetType = UNSET
    parameter: str | UnsetType = UNSET


class ErrorObject(Struct):
    """One thing that is wrong; ``id`` is this occurrence's own."""

    id: Annotated[str, described("cbgmhslmp1o9or9kh1p0")]
    status: Annotated[str, described("422", pattern="^[45][0-9]{2}$")]
    code: Annotated[str, described("provider:invalid-content")]
    title: Annotated[str, described("An attribute is not accepted")]
    detail: Annotated[str, described("iban is no IBAN: the check digits are wrong")]
    source: ErrorSource | UnsetType = UNSET


class Errors(Struct):
    """A JSON:API document with all that is wrong."""

    errors: Annotated[list[ErrorObject], described(minItems=1)]
