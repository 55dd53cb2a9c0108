"""People and companies: who pays, and who holds an account.

Fields are named after ISO 20022's party and postal address (``Nm``, ``StrtNm``, ``BldgNb``,
``PstCd``, ``TwnNm``, ``Ctry``) where it has them. All are optional: a wire says which it needs.
"""

from datetime import date

from msgspec import Struct


class Address(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A postal address. ``country`` is kept as the wire sent it: "DE", or "Germany"."""

    street: str | None = None
    building_number: str | None = None
    post_code: str | None = None
    town: str | None = None
    country: str | None = None
    additional: str | None = None
    kind: str | None = None


class Party(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person, a company, or a person of a company."""

    salutation: str | None = None
    title: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    full_name: str | None = None
    company: str | None = None
    gender: str | None = None
    birth_date: date | None = None
    birth_place: str | None = None
    nationality: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    fax: str | None = None
    website: str | None = None
    picture: str | None = None
    address: Address | None = None

    @property
    def personal_name(self) -> str | None:
        """Given and family name with a blank between, or what there is of them."""
        names = [name for name in (self.given_name, self.family_name) if name]
        return " ".join(names) or None

    @property
    def account_owner(self) -> str | None:
        """The name an account is held under: the company's, else the person's."""
        return self.company or self.personal_name
