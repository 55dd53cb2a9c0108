"""The tables. Instants are UTC without a zone, because SQLite keeps none."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def utc_now() -> datetime:
    """Return the present instant, in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """The root of all tables."""


class Contract(Base):
    """A merchant."""

    __tablename__ = "contract"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class Client(Base):
    """An OAuth client of a contract, with the customer that stands for itself."""

    __tablename__ = "client"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    identity_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))


class AccessToken(Base):
    """A bearer token, kept as its hash."""

    __tablename__ = "access_token"
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    scope: Mapped[str]
    expires_at: Mapped[datetime]
    client: Mapped[Client] = relationship(lazy="raise")


class Customer(Base):
    """A payer."""

    __tablename__ = "customer"
    __table_args__ = (Index("customer_by_contract", "contract_id", "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    is_service_identity: Mapped[bool] = mapped_column(default=False)
    contact: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class BankAccount(Base):
    """A payer's bank account: its number encrypted, once per customer."""

    __tablename__ = "bank_account"
    __table_args__ = (
        UniqueConstraint("customer_id", "fingerprint", name="bank_account_once_per_customer"),
        Index("bank_account_by_contract", "contract_id", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    owner: Mapped[str]
    iban_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    last_four: Mapped[str] = mapped_column(String(4))
    bic: Mapped[str | None] = mapped_column(String(11))
    bank_name: Mapped[str | None]
    holder: Mapped[dict[str, object] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
