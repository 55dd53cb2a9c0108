"""An account's bank is found from its IBAN, as its country's register has it."""

import pytest
from schwifty import registry
from schwifty.domain import Bank as Office
from schwifty.domain import Component

from lastschrift.domain.banks import Bank, find_bank, load_banks
from lastschrift.domain.bic import Bic
from lastschrift.domain.iban import Iban
from lastschrift.domain.sepa import SEPA_AREA_BY_PREFIX
from tests.domain.vectors.build import bban_alphabets, iban_of

LISTED_COUNTRIES = sorted(SEPA_AREA_BY_PREFIX.keys() & set(registry.get_countries()))


@pytest.mark.parametrize(
    ("text", "bic", "name"),
    [  # as secuconnect answered (German ones); foreign names as their registers have them
        ("DE89370400440532013000", "COBADEFFXXX", "Commerzbank"),
        ("DE37503240001000000524", "FTSBDEFAXXX", "ABN AMRO Bank, Frankfurt Branch"),
        ("DE62100208900001317270", "HYVEDEMM488", "UniCredit Bank - HypoVereinsbank"),
        ("DK5750510001322617", "JYBADKKK", "JYSKE BANK A/S"),
        ("EE342200221034126658", "HABAEE2X", "Swedbank AS"),
        ("FI9814283500171141", "NDEAFIHH", "NORDEA BANK FINLAND PLC"),
    ],
)
def test_a_known_account_is_found_at_its_bank(text: str, bic: str, name: str) -> None:
    assert find_bank(Iban.parse(text)) == Bank(name, Bic(bic))


def test_a_bank_code_that_no_bank_has_is_not_found() -> None:
    assert find_bank(Iban.parse(iban_of("DE", "010101010000000001"))) is None


def test_a_country_whose_banks_are_not_listed_has_none() -> None:
    assert find_bank(Iban.parse("AL47212110090000000235698741")) is None


def test_a_country_whose_bank_codes_are_not_known_has_none() -> None:
    iban = Iban.parse(iban_of("AO", "0" * 21))
    assert iban.bank_code == ""
    assert find_bank(iban) is None


def test_a_bank_without_a_bic_is_found_by_name() -> None:
    code = next(bank.bank_code for bank in registry.get_banks_by_country("ES") if not bank.bic)
    bank = find_bank(iban_at("ES", code))
    assert bank is not None
    assert bank.bic is None
    assert bank.name


@pytest.mark.parametrize("country", LISTED_COUNTRIES)
def test_every_listed_bank_is_found_by_its_code(country: str) -> None:
    load_banks([country])
    for code, offices in offices_by_code(country).items():
        bank = find_bank(iban_at(country, code))
        assert bank is not None
        assert bank.name == main_offices(offices)[0].name
        assert_bic_is_no_guess(bank, main_offices(offices))


def assert_bic_is_no_guess(bank: Bank, offices: list[Office]) -> None:
    bics = {office.bic for office in offices if office.bic}
    if bank.bic is None:
        assert len({bic[:8] for bic in bics}) != 1
    else:
        assert Bic.parse(bank.bic.text) == bank.bic
        assert len({bic[:8] for bic in bics}) == 1
        assert bank.bic.text in {office.bic for office in offices if office.name == bank.name}


def main_offices(offices: list[Office]) -> list[Office]:
    return [office for office in offices if office.primary] or offices


def offices_by_code(country: str) -> dict[str, list[Office]]:
    codes = {office.bank_code for office in registry.get_banks_by_country(country)}
    return {code: registry.get_banks_by_code(country, code) for code in codes if code}


def iban_at(country: str, bank_code: str) -> Iban:
    """Return an IBAN with this bank code, all other places being the first that may stand there."""
    bban = "".join(alphabet[0] for alphabet in bban_alphabets(country))
    start = registry.get_iban_spec(country).positions[Component.BANK_CODE].start
    end = start + len(bank_code)
    return Iban.parse(iban_of(country, bban[:start] + bank_code + bban[end:]))
