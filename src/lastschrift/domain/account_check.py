"""What can be told of an account number before anything is saved.

>>> check_account("DE89 3704 0044 0532 0130 00").bank.name
'Commerzbank'
>>> check_account("DE88 3704 0044 0532 0130 00") is None
True
"""

from msgspec import Struct

from lastschrift.domain.banks import Bank, find_bank
from lastschrift.domain.iban import Iban, NationalCheck, national_check
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.sepa import parse_sepa_iban


class CheckedAccount(Struct, frozen=True):
    """An account that can be collected from, and its bank, if the register lists it."""

    iban: Iban
    bank: Bank | None
    national_check: NationalCheck


def check_account(text: str) -> CheckedAccount | None:
    """Return what is known of the account of an IBAN; None if it can't be collected from."""
    try:
        iban = parse_sepa_iban(text)
    except ValueRefused:
        return None
    return CheckedAccount(iban, find_bank(iban), national_check(iban))
