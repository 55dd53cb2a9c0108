"""What secuconnect reads and writes, in the order in which it is written.

In requests null means absent, and unknown members are ignored. In answers what is not known is
absent, never null (seed documents; facts of 2017).
"""

from msgspec import UNSET, Struct, UnsetType, field

# --- requests -------------------------------------------------------------------------------------


class AddressRequest(Struct):
    """A customer's postal address."""

    type: str | None = None
    street: str | None = None
    street_number: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None
    additional_address_data: str | None = None


class ContactRequest(Struct):
    """A customer's contact data; ``name`` is computed where names are given."""

    name: str | None = None
    forename: str | None = None
    surname: str | None = None
    companyname: str | None = None
    salutation: str | None = None
    gender: str | None = None
    title: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    fax: str | None = None
    dob: str | None = None
    picture: str | None = None
    url_website: str | None = None
    birthplace: str | None = None
    nationality: str | None = None
    address: AddressRequest | None = None


class CustomerRequest(Struct):
    """A customer to be saved."""

    contact: ContactRequest


class CustomerReference(Struct):
    """A customer named by its id; whatever else a client sends along is ignored."""

    id: str | None = None


class BankDetailsRequest(Struct):
    """A bank account; a client's ``bankname`` is ignored, as ours is found from the IBAN."""

    iban: str
    owner: str | None = None
    bic: str | None = None


class ContainerRequest(Struct):
    """A bank account to be saved, for a customer or for nobody yet."""

    private: BankDetailsRequest
    type: str | None = None
    customer: str | CustomerReference | None = None
    customer_id: str | None = None


# --- answers --------------------------------------------------------------------------------------


class Reference(Struct):
    """Another object, by its kind and id."""

    object: str
    id: str


class AddressAnswer(Struct):
    """A customer's postal address."""

    type: str | UnsetType = UNSET
    street: str | UnsetType = UNSET
    street_number: str | UnsetType = UNSET
    postal_code: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    additional_address_data: str | UnsetType = UNSET


class ContactAnswer(Struct):
    """A customer's contact data; the first eleven in the document's order."""

    forename: str | UnsetType = UNSET
    surname: str | UnsetType = UNSET
    companyname: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    salutation: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    address: AddressAnswer | UnsetType = UNSET
    email: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    dob: str | UnsetType = UNSET
    gender: str | UnsetType = UNSET
    fax: str | UnsetType = UNSET
    picture: str | UnsetType = UNSET
    url_website: str | UnsetType = UNSET
    birthplace: str | UnsetType = UNSET
    nationality: str | UnsetType = UNSET


class CustomerAnswer(Struct):
    """A customer."""

    object: str
    id: str
    contract: Reference
    contact: ContactAnswer
    created: str
    updated: str | UnsetType = UNSET


class BankDetailsAnswer(Struct):
    """A bank account with its full IBAN."""

    owner: str | UnsetType
    iban: str
    bic: str | UnsetType
    bankname: str | UnsetType


class ContainerAnswer(Struct):
    """A payment container."""

    object: str
    id: str
    contract: Reference
    customer: Reference | UnsetType
    private: BankDetailsAnswer
    public: BankDetailsAnswer
    type: str
    created: str
    updated: str | UnsetType = UNSET


class CustomerList(Struct):
    """A page of customers; ``count`` is how many there are in all."""

    count: int
    data: list[CustomerAnswer]


class ContainerList(Struct):
    """A page of containers; ``count`` is how many there are in all."""

    count: int
    data: list[ContainerAnswer]


class ProductError(Struct):
    """Why something can't be done (seed "Save the debit payment instrument", section Error)."""

    status: str
    error: str
    error_details: str
    error_user: str
    code: int
    support_id: str = field(name="supportId")
