"""What secuconnect reads and writes, in the order in which it is written.

In requests null means absent, and unknown members are ignored. In answers what is not known is
absent, never null (seed documents; facts of 2017). Lengths are `assumed`; the examples are the seed
document's, but for its slip of naming two customers.
"""

from typing import Annotated, Any, Final

from msgspec import UNSET, Struct, UnsetType, field

from lastschrift.apis.secuconnect.ids import CONTAINER, CONTRACT, CUSTOMER, id_pattern
from lastschrift.web.described import described, described_text

NAME_CHARACTERS_MAX: Final = 140
TEXT_CHARACTERS_MAX: Final = 255

COUNT_DEFAULT: Final = 20
COUNT_MAX: Final = 1_000
OFFSET_MAX: Final = 2**31 - 1

BANK_ACCOUNT: Final = "bank_account"
CUSTOMERS: Final = "payment.customers"
CONTAINERS: Final = "payment.containers"
CONTRACTS: Final = "payment.contracts"

ME: Final = "me"
"""The token's own contract, where an id could stand."""


# --- members of requests and answers --------------------------------------------------------------

Name = Annotated[str, described_text(NAME_CHARACTERS_MAX)]
Text = Annotated[str, described_text(TEXT_CHARACTERS_MAX)]

Forename = Annotated[str, described_text(NAME_CHARACTERS_MAX, "John")]
Surname = Annotated[str, described_text(NAME_CHARACTERS_MAX, "Doe")]
FullName = Annotated[str, described_text(NAME_CHARACTERS_MAX, "John Doe")]
Companyname = Annotated[str, described_text(NAME_CHARACTERS_MAX, "Example Inc.")]
Salutation = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "Mr.")]
Title = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "Dr.")]
Email = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "example@example.com")]
Phone = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "0049-123-456789")]
Mobile = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "0049-987-654321")]

Street = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "Example Street")]
StreetNumber = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "6a")]
PostalCode = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "01234")]
City = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "Examplecity")]
Country = Annotated[str, described_text(TEXT_CHARACTERS_MAX, "DE")]

ContainerType = Annotated[str, described(BANK_ACCOUNT, enum=[BANK_ACCOUNT])]
IbanText = Annotated[str, described("DE89370400440532013000", format="iban")]
BicText = Annotated[str, described("COBADEFFXXX", format="bic")]

CustomerId = Annotated[
    str, described("PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA", pattern=id_pattern(CUSTOMER))
]
ContainerId = Annotated[
    str, described("PCT_26VH44YJM2MG4Y6WX75XUVH65QYVAB", pattern=id_pattern(CONTAINER))
]
ContractId = Annotated[
    str, described("PCR_2NSCASA2N2MF75F5875XUDD87M8UA6", pattern=id_pattern(CONTRACT))
]
ContractIdOrMe = Annotated[str, described(ME, pattern=f"{id_pattern(CONTRACT)}|^{ME}$")]


# --- requests -------------------------------------------------------------------------------------

Dob = Annotated[str, described("1901-02-03", format="date")]


class AddressRequest(Struct, omit_defaults=True):
    """A customer's postal address."""

    type: Text | None = None
    street: Street | None = None
    street_number: StreetNumber | None = None
    city: City | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None
    additional_address_data: Text | None = None


class ContactRequest(Struct, omit_defaults=True):
    """A customer's contact data; ``name`` is computed where names are given."""

    name: Name | None = None
    forename: Forename | None = None
    surname: Surname | None = None
    companyname: Companyname | None = None
    salutation: Salutation | None = None
    gender: Text | None = None
    title: Title | None = None
    email: Email | None = None
    phone: Phone | None = None
    mobile: Mobile | None = None
    fax: Text | None = None
    dob: Dob | None = None
    picture: Text | None = None
    url_website: Text | None = None
    birthplace: Text | None = None
    nationality: Text | None = None
    address: AddressRequest | None = None


class CustomerRequest(Struct, omit_defaults=True):
    """A customer to be saved."""

    contact: ContactRequest


class CustomerReference(Struct, omit_defaults=True):
    """A customer named by its id; whatever else a client sends along is ignored."""

    id: CustomerId | None = None


class BankDetailsRequest(Struct, omit_defaults=True):
    """A bank account; a client's ``bankname`` is ignored, as ours is found from the IBAN."""

    iban: IbanText
    owner: FullName | None = None
    bic: BicText | None = None


class ContainerRequest(Struct, omit_defaults=True):
    """A bank account to be saved, for a customer or for nobody yet."""

    private: BankDetailsRequest
    type: ContainerType | None = None
    customer: CustomerId | CustomerReference | None = None
    customer_id: Annotated[str, described(pattern=id_pattern(CUSTOMER))] | None = None


class IbanValidationRequest(Struct, omit_defaults=True):
    """An IBAN to be looked at; ``id`` is the client's own, and comes back with the answer."""

    iban: Annotated[str, described("DE89370400440532013000")]
    id: Annotated[int, described(1)] | Text | None = None


# --- answers --------------------------------------------------------------------------------------

Instant = Annotated[str, described("2017-11-09T20:16:19+01:00", format="date-time")]


class Reference(Struct):
    """Another object, by its kind and id."""

    object: str
    id: Annotated[str, described(pattern=id_pattern("PC[TUR]_"))]


ContractReference = Annotated[
    Reference, described({"object": CONTRACTS, "id": "PCR_2NSCASA2N2MF75F5875XUDD87M8UA6"})
]
CustomerReferenceAnswer = Annotated[
    Reference, described({"object": CUSTOMERS, "id": "PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA"})
]


class AddressAnswer(Struct):
    """A customer's postal address."""

    type: Text | UnsetType = UNSET
    street: Street | UnsetType = UNSET
    street_number: StreetNumber | UnsetType = UNSET
    postal_code: PostalCode | UnsetType = UNSET
    city: City | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    additional_address_data: Text | UnsetType = UNSET


class ContactAnswer(Struct):
    """A customer's contact data; the first eleven in the document's order."""

    forename: Forename | UnsetType = UNSET
    surname: Surname | UnsetType = UNSET
    companyname: Companyname | UnsetType = UNSET
    name: Annotated[str, described("John Doe")] | UnsetType = UNSET
    salutation: Salutation | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    address: AddressAnswer | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    mobile: Mobile | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    dob: Annotated[str, described("1901-02-03T00:00:00+01:00", format="date-time")] | UnsetType = (
        UNSET
    )
    gender: Text | UnsetType = UNSET
    fax: Text | UnsetType = UNSET
    picture: Text | UnsetType = UNSET
    url_website: Text | UnsetType = UNSET
    birthplace: Text | UnsetType = UNSET
    nationality: Text | UnsetType = UNSET


class CustomerAnswer(Struct):
    """A customer."""

    object: Annotated[str, described(CUSTOMERS, enum=[CUSTOMERS])]
    id: CustomerId
    contract: ContractReference
    contact: ContactAnswer
    created: Instant
    updated: Annotated[str, described(format="date-time")] | UnsetType = UNSET


class BankDetailsAnswer(Struct, kw_only=True):
    """A bank account with its full IBAN."""

    owner: FullName | UnsetType = UNSET
    iban: IbanText
    bic: BicText | UnsetType = UNSET
    bankname: Annotated[str, described("Commerzbank")] | UnsetType = UNSET


class ContainerAnswer(Struct, kw_only=True):
    """A payment container."""

    object: Annotated[str, described(CONTAINERS, enum=[CONTAINERS])]
    id: ContainerId
    contract: ContractReference
    customer: CustomerReferenceAnswer | UnsetType = UNSET
    private: BankDetailsAnswer
    public: BankDetailsAnswer
    type: ContainerType
    created: Instant
    updated: Annotated[str, described(format="date-time")] | UnsetType = UNSET


class ContractAnswer(Struct):
    """A payment contract."""

    object: Annotated[str, described(CONTRACTS, enum=[CONTRACTS])]
    id: ContractId
    created: Instant


class IbanValidation(Struct, kw_only=True):
    """What can be said of an IBAN.

    ``valid``: a container of it would be saved. ``national_check``: what the check digits that some
    countries put inside their account numbers say; no reason not to save it.
    """

    id: Annotated[int, described(1)] | Text | UnsetType = UNSET
    valid: Annotated[bool, described(example=True)]
    iban: Annotated[str, described("DE89370400440532013000")]
    bic: BicText | UnsetType = UNSET
    bankname: Annotated[str, described("Commerzbank")] | UnsetType = UNSET
    national_check: Annotated[str, described("passed", enum=["passed", "failed"])] | UnsetType = (
        UNSET
    )


_Total = Annotated[int, described(1, minimum=0)]
_ScrollId = Annotated[
    str, described("0198f2c3a4b57d6e8f90a1b2c3d4e5f6", pattern="^[A-Za-z0-9_-]+$")
]
_ListedCustomer = Annotated[
    dict[str, Any],
    described({"object": CUSTOMERS, "id": "PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA"}),
]
_ListedContainer = Annotated[
    dict[str, Any],
    described({"object": CONTAINERS, "id": "PCT_26VH44YJM2MG4Y6WX75XUVH65QYVAB"}),
]


class ListMeta(Struct):
    """Which part of a list a page is."""

    count: int
    offset: int


class CustomerList(Struct, kw_only=True):
    """Customers, each with the members that were asked for; ``count`` is how many there are in all.

    Batches but the first have no ``count``; only batches have a ``scroll_id``.
    """

    count: _Total | UnsetType = UNSET
    scroll_id: _ScrollId | UnsetType = UNSET
    meta: ListMeta | UnsetType = UNSET
    data: list[_ListedCustomer]


class ContainerList(Struct, kw_only=True):
    """Containers, each with the members that were asked for; ``count`` is how many there are.

    Batches but the first have no ``count``; only batches have a ``scroll_id``.
    """

    count: _Total | UnsetType = UNSET
    scroll_id: _ScrollId | UnsetType = UNSET
    meta: ListMeta | UnsetType = UNSET
    data: list[_ListedContainer]


class ContractList(Struct):
    """A page of contracts; ``count`` is how many there are in all."""

    count: Annotated[int, described(1, minimum=0)]
    data: list[ContractAnswer]


class ProductError(Struct):
    """Why something can't be done (seed "Save the debit payment instrument", section Error)."""

    status: Annotated[str, described("error", enum=["error"])]
    error: Annotated[str, described("ProductFormatException")]
    error_details: Annotated[str, described("private.iban: is missing")]
    error_user: Annotated[str, described("Es ist ein unbekannter Fehler aufgetreten")]
    code: Annotated[int, described(0)]
    support_id: Annotated[
        str, described("9c9a230e5b3f1408e92c520cd2a5636c", pattern="^[0-9a-f]{32}$")
    ] = field(name="supportId")
