"""What the secuconnect wire takes and answers, as pydantic models in the documented key order."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from bench.conventional.account_number import CheckedIban


class Address(BaseModel):
    """A postal address."""

    street: str | None = Field(None, max_length=255)
    street_number: str | None = Field(None, max_length=255)
    postal_code: str | None = Field(None, max_length=255)
    city: str | None = Field(None, max_length=255)
    country: str | None = Field(None, max_length=255)


class Contact(BaseModel):
    """A customer's contact as it is sent."""

    forename: str | None = Field(None, max_length=140)
    surname: str | None = Field(None, max_length=140)
    companyname: str | None = Field(None, max_length=140)
    salutation: str | None = Field(None, max_length=255)
    title: str | None = Field(None, max_length=255)
    address: Address | None = None
    email: str | None = Field(None, max_length=255)
    mobile: str | None = Field(None, max_length=255)
    phone: str | None = Field(None, max_length=255)
    dob: date | None = None


class CreateCustomer(BaseModel):
    """The body of POST Payment/Customers."""

    contact: Contact


class Reference(BaseModel):
    """Another object, by its kind and id."""

    object: str
    id: str


class ContactAnswer(BaseModel):
    """A customer's contact as it is answered: with the computed name."""

    forename: str | None = None
    surname: str | None = None
    companyname: str | None = None
    name: str | None = None
    salutation: str | None = None
    title: str | None = None
    address: Address | None = None
    email: str | None = None
    mobile: str | None = None
    phone: str | None = None
    dob: str | None = None


class CustomerAnswer(BaseModel):
    """A customer as it is answered."""

    object: Literal["payment.customers"] = "payment.customers"
    id: str
    contract: Reference
    contact: ContactAnswer
    created: str


class CustomerReference(BaseModel):
    """A customer, named by an object with its id."""

    id: str


class BankData(BaseModel):
    """A bank account as it is sent."""

    owner: str = Field(min_length=1, max_length=140)
    iban: CheckedIban
    bic: str | None = Field(None, pattern=r"^([A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?)?$")


class CreateContainer(BaseModel):
    """The body of POST Payment/Containers."""

    type: Literal["bank_account"] = "bank_account"
    customer: str | CustomerReference | None = None
    private: BankData

    @property
    def customer_reference(self) -> str | None:
        """The customer's id in either form."""
        if isinstance(self.customer, CustomerReference):
            return self.customer.id
        return self.customer


class BankDataAnswer(BaseModel):
    """A bank account as it is answered."""

    owner: str
    iban: str
    bic: str | None
    bankname: str | None


class ContainerAnswer(BaseModel):
    """A container as it is answered."""

    object: Literal["payment.containers"] = "payment.containers"
    id: str
    contract: Reference
    customer: Reference | None
    private: BankDataAnswer
    public: BankDataAnswer
    type: Literal["bank_account"] = "bank_account"
    created: str


class ContainerList(BaseModel):
    """A page of containers and the number of all."""

    count: int
    data: list[ContainerAnswer]
