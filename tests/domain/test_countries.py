"""Country codes, with pycountry as oracle."""

import pycountry
import pytest

from lastschrift.domain.countries import COUNTRIES, country_code
from lastschrift.domain.refusals import CountryUnknown


def test_the_countries_are_those_of_iso_3166() -> None:
    assert {country.alpha_2 for country in pycountry.countries} == COUNTRIES
    assert len(COUNTRIES) == 249


@pytest.mark.parametrize("text", ["DE", "de", "De"])
def test_a_country_code_is_given_in_capitals(text: str) -> None:
    assert country_code(text) == "DE"


@pytest.mark.parametrize("text", ["", "D", "DEU", "XX", "XK", "EU", "UK", " DE", "ﬁ", "Germany"])
def test_what_is_no_country_code_is_refused(text: str) -> None:
    with pytest.raises(CountryUnknown):
        country_code(text)
