"""What PACE reads and writes, in the order in which it is written.

In requests unknown members are ignored, an optional empty text means absent, and null is a value of
the wrong kind, but for a PATCH: there it clears an attribute. In answers what is not known is
absent, never null. Which attributes there are, and which of them are required, is documented;
lengths are `assumed`; the examples are the documents'.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from lastschrift.apis.pace.catalogue import KIND, VENDOR_ID, Kind, Vendor
from lastschrift.web.described import described, described_text

TYPE: Final = "paymentMethod"

NAME_CHARACTERS_MAX: Final = 70
STREET_CHARACTERS_MAX: Final = 70
HOUSE_NO_CHARACTERS_MAX: Final = 16
POSTAL_CODE_CHARACTERS_MAX: Final = 16
CITY_CHARACTERS_MAX: Final = 35
EMAIL_CHARACTERS_MAX: Final = 255
ALIAS_CHARACTERS_MAX: Final = 70
AUTHORISATION_ATTRIBUTES_MAX: Final = 20
AUTHORISATION_NAME_CHARACTERS_MAX: Final = 70
AUTHORISATION_REGEX_CHARACTERS_MAX: Final = 255
AUTHORISATION_LENGTH_MAX: Final = 1000


# --- members of requests and answers --------------------------------------------------------------

ResourceType = Annotated[str, described(TYPE, enum=[TYPE])]
KindName = Annotated[str, described(KIND, enum=[KIND])]
PaymentMethodId = Annotated[str, described("2a1319c3-c136-495d-b59a-47b3246d08af", format="uuid")]
Alias = Annotated[str, described_text(ALIAS_CHARACTERS_MAX, "Company account")]
Expiry = Annotated[str, described("2027-12-31T23:59:59Z", format="date-time")]
AuthorisationName = Annotated[str, described_text(AUTHORISATION_NAME_CHARACTERS_MAX, "mileage")]
Regex = Annotated[str, described_text(AUTHORISATION_REGEX_CHARACTERS_MAX, "[0-9]+")]
MaxLength = Annotated[int, described(8, minimum=1, maximum=AUTHORISATION_LENGTH_MAX)]


class MandatoryAttribute(Struct, rename="camel"):
    """What must be told when the payment method is charged, and what it may look like."""

    name: AuthorisationName
    regex: Regex | UnsetType = UNSET
    max_length: MaxLength | UnsetType = UNSET


MandatoryAttributes = Annotated[
    list[MandatoryAttribute], described(maxItems=AUTHORISATION_ATTRIBUTES_MAX)
]


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

    kind: KindName
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


class ChangedAttributesRequest(Struct, rename="camel"):
    """What is to be another: what is absent stays as it is, null clears it."""

    alias: Alias | UnsetType | None = UNSET
    expiry: Expiry | UnsetType | None = UNSET
    mandatory_authorisation_attributes: MandatoryAttributes | UnsetType | None = UNSET


class ChangedResourceRequest(Struct):
    """A payment method to be changed; ``id`` is the one in the path."""

    type: ResourceType
    id: PaymentMethodId
    attributes: ChangedAttributesRequest | UnsetType = UNSET


class PaymentMethodChangeRequest(Struct):
    """A JSON:API document with changes to a payment method."""

    data: ChangedResourceRequest


# --- answers --------------------------------------------------------------------------------------


class Attributes(Struct, rename="camel", kw_only=True):
    """What there is to tell of a payment method; never its IBAN."""

    kind: KindName
    status: Annotated[str, described("verified", enum=["verified"])]
    identification_string: Annotated[str, described("COMMERZBANK XX 3000")]
    two_factor: Annotated[bool, described(example=False)]
    alias: Alias | UnsetType = UNSET
    implicit: Annotated[bool, described(example=False)]
    pace_pay: Annotated[bool, described(example=True)]
    mandatory_authorisation_attributes: MandatoryAttributes | UnsetType = UNSET
    expiry: Expiry | UnsetType = UNSET
    managed: Annotated[bool, described(example=False)]


class Identifier(Struct):
    """Another resource, by its type and id."""

    type: str
    id: str


class Relationship(Struct):
    """One other resource that a payment method belongs to."""

    data: Identifier


class RelationshipToMany(Struct):
    """The other resources that belong to a payment method."""

    data: list[Identifier]


class Relationships(Struct, rename="camel"):
    """What kind of payment method it is, who offers it, and its tokens, if those are asked for.

    There are no payment tokens yet: the list is always empty.
    """

    payment_method_kind: Annotated[
        Relationship, described({"data": {"type": "paymentMethodKind", "id": KIND}})
    ]
    payment_method_vendor: Annotated[
        Relationship, described({"data": {"type": "paymentMethodVendor", "id": VENDOR_ID}})
    ]
    payment_tokens: RelationshipToMany | UnsetType = UNSET


class Resource(Struct):
    """A payment method."""

    id: PaymentMethodId
    type: ResourceType
    attributes: Attributes
    relationships: Relationships


class PaymentMethod(Struct):
    """A JSON:API document with a payment method, and what was to be included beside it."""

    data: Resource
    included: list[Kind | Vendor] | UnsetType = UNSET


class PageLinks(Struct):
    """Where the other pages of a list are; a link is absent where there is no such page."""

    first: str | UnsetType = UNSET
    prev: str | UnsetType = UNSET
    next: str | UnsetType = UNSET


class PaymentMethodList(Struct):
    """A JSON:API document with payment methods of a payer, and what was to be included."""

    data: list[Resource]
    included: list[Kind | Vendor] | UnsetType = UNSET
    links: PageLinks | UnsetType = UNSET


# --- errors ---------------------------------------------------------------------------------------


class ErrorSource(Struct):
    """What in the request is at fault: a place in its body, or a parameter of path or query."""

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
