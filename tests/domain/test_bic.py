"""A BIC is taken by its form."""

import pytest
import schwifty
from hypothesis import given
from hypothesis import strategies as st
from schwifty.exceptions import InvalidCountryCode, SchwiftyException

from lastschrift.domain.bic import Bic, BicMalformed

BICS = st.from_regex(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", fullmatch=True)


@given(BICS)
def test_a_well_formed_bic_is_taken_as_it_is(text: str) -> None:
    assert str(Bic.parse(text)) == text


@given(BICS)
def test_blanks_and_case_do_not_matter(text: str) -> None:
    assert Bic.parse(f" {text[:4]} {text[4:].lower()}\u00a0") == Bic(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "COBADEF",  # 7
        "COBADEFFX",  # 9
        "COBADEFFXX",  # 10
        "COBADEFFXXXX",  # 12
        "COBA12FFXXX",  # digits for a country
        "COBADEFF-XX",
        "COBADEFF\u0660",
        "COBADEFF\u00df1",  # sharp s, in Unicode a small letter of SS
        "NOTPROVIDED1",
    ],
)
def test_a_malformed_bic_is_refused(text: str) -> None:
    with pytest.raises(BicMalformed):
        Bic.parse(text)


@given(BICS | st.text(max_size=12) | st.text("ABCDEFGH0123 ", min_size=6, max_size=13))
def test_schwifty_agrees_but_for_the_country(text: str) -> None:
    try:
        Bic.parse(text)
    except BicMalformed:
        with pytest.raises(SchwiftyException):
            schwifty.BIC(text)
    else:
        try:
            assert str(Bic.parse(text)) == schwifty.BIC(text).compact
        except InvalidCountryCode:
            """Whether the country exists, we do not ask."""
