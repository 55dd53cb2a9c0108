"""What the PACE wire takes and answers, as pydantic models."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from bench.conventional.account_number import CheckedIban

Text70 = Annotated[str, StringConstraints(min_length=1, max_length=70)]


class WireModel(BaseModel):
    """The root of the models: camel case on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Address(WireModel):
    """The residential address; every part is required."""

    street: Text70
    house_no: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    postal_code: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    city: Annotated[str, StringConstraints(min_length=1, max_length=35)]
    country_code: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class Attributes(WireModel):
    """The account and its holder, as they are sent."""

    kind: Literal["sepa"]
    iban: CheckedIban
    title: Text70 | None = None
    first_name: Text70 | None = None
    last_name: Text70 | None = None
    company: Text70 | None = None
    address: Address
    email: Annotated[str, StringConstraints(max_length=255, pattern="^[^@]+@[^@]+$")] | None = None

    @model_validator(mode="after")
    def require_holder(self) -> "Attributes":
        """Refuse an account without a company's or a person's name."""
        if not self.owner:
            raise PydanticCustomError("holder_missing", "neither a name nor a company")
        return self

    @property
    def owner(self) -> str:
        """The company, else first and last name."""
        names = (self.first_name, self.last_name)
        return self.company or " ".join(name for name in names if name)


class NewMethod(WireModel):
    """The resource as it is sent."""

    id: UUID | None = None
    type: Literal["paymentMethod"]
    attributes: Attributes


class RegisterMethod(WireModel):
    """The body of POST payment-methods/sepa-direct-debit."""

    data: NewMethod


class ResourceIdentifier(WireModel):
    """A related resource, by its type and id."""

    type: str
    id: str


class Relationship(WireModel):
    """A relationship to one resource."""

    data: ResourceIdentifier


class Relationships(WireModel):
    """A payment method's relationships."""

    payment_method_kind: Relationship
    payment_method_vendor: Relationship


class AttributesAnswer(WireModel):
    """A payment method as it is answered; the account number is not."""

    kind: Literal["sepa"] = "sepa"
    status: Literal["verified"] = "verified"
    identification_string: str
    two_factor: bool = False
    implicit: bool = False
    managed: bool = False
    pace_pay: bool = True


class MethodAnswer(WireModel):
    """The resource as it is answered."""

    type: Literal["paymentMethod"] = "paymentMethod"
    id: UUID
    attributes: AttributesAnswer
    relationships: Relationships


class MethodDocument(WireModel):
    """The answer's document."""

    data: MethodAnswer
