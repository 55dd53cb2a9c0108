"""The README's table of banks is what is found, and what real answers named."""

import re
from importlib.resources import files

import pytest

from lastschrift.domain.banks import find_bank
from lastschrift.domain.iban import Iban

_ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)

README = files("lastschrift.apis.secuconnect").joinpath("README.md").read_text("utf-8")
ROWS = _ROW.findall(README)

REAL_ANSWERS = {
    "DE89370400440532013000": ("COBADEFFXXX", "Commerzbank"),
    "DE37503240001000000524": ("FTSBDEFAXXX", "ABN AMRO Bank, Frankfurt Branch"),
    "DE62100208900001317270": ("HYVEDEMM488", "UniCredit Bank - HypoVereinsbank"),
}
SENT_BICS = {
    "DK5750510001322617": "JYBADKKK",
    "EE342200221034126658": "HABAEE2X",
    "FI9814283500171141": "NDEAFIHH",
}


def test_the_readme_has_all_of_them() -> None:
    assert {iban for iban, *_ in ROWS} == REAL_ANSWERS.keys() | SENT_BICS.keys()


@pytest.mark.parametrize(("iban", "bic", "name", "told"), ROWS)
def test_the_readme_tells_what_is_found(iban: str, bic: str, name: str, told: str) -> None:
    bank = find_bank(Iban.parse(iban))
    assert bank is not None
    assert (str(bank.bic), bank.name) == (bic, name)
    assert told.startswith("the same")


@pytest.mark.parametrize("iban", REAL_ANSWERS)
def test_the_bank_is_the_one_of_the_real_answer(iban: str) -> None:
    bank = find_bank(Iban.parse(iban))
    assert bank is not None
    assert (str(bank.bic), bank.name) == REAL_ANSWERS[iban]


@pytest.mark.parametrize("iban", SENT_BICS)
def test_the_bic_is_the_one_that_was_sent(iban: str) -> None:
    bank = find_bank(Iban.parse(iban))
    assert bank is not None
    assert str(bank.bic) == SENT_BICS[iban]
