"""What nobody has: values in the form of each kind, another one each time."""

from collections.abc import Callable, Mapping
from itertools import count
from uuid import UUID

from lastschrift.apis.secuconnect.ids import container_id, contract_id, customer_id
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from tests.isolation.references import Kind

_numbers = count(1)


def absent(kind: Kind) -> str:
    """Return a value of that kind that nobody has."""
    return _ABSENT[kind]()


def _iban() -> str:
    """Return a valid IBAN, always of the same bank; in Austria no more is checked."""
    bban = f"20111{next(_numbers):011}"
    return f"AT{98 - int(bban + '102900') % 97:02}{bban}"


def _uuid() -> UUID:
    return UUID(int=0xA << 124 | 4 << 76 | 0b10 << 62 | next(_numbers))


_ABSENT: Mapping[Kind, Callable[[], str]] = {
    Kind.CUSTOMER: lambda: customer_id(DebtorId(_uuid())),
    Kind.CONTAINER: lambda: container_id(AccountId(_uuid())),
    Kind.CONTRACT: lambda: contract_id(ContractId(_uuid())),
    Kind.PAYMENT_METHOD: lambda: str(_uuid()),
    Kind.NAME: lambda: f"Geheim{next(_numbers):06}",
    Kind.IBAN: _iban,
    Kind.CUSTOMER_SCROLL: lambda: _uuid().hex,
    Kind.CONTAINER_SCROLL: lambda: _uuid().hex,
    Kind.SUBJECT: lambda: f"subject-{next(_numbers):06}",
    Kind.CLIENT: lambda: _uuid().hex,
    Kind.SECRET: lambda: f"{next(_numbers):064x}",
    Kind.TOKEN: lambda: f"{next(_numbers):026}",
    Kind.NEW_ID: lambda: str(_uuid()),
    Kind.NEW_IBAN: _iban,
    Kind.NEW_KEY: lambda: f"key-{next(_numbers):06}",
}
