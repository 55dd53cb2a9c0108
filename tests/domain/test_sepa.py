"""Who takes part in SEPA in 2026."""

import pytest
from schwifty.registry import get_iban_spec

from lastschrift.domain.iban import Iban
from lastschrift.domain.iban_registry import STRUCTURES
from lastschrift.domain.sepa import (
    SEPA_AREA_BY_PREFIX,
    OutsideSepa,
    SepaArea,
    is_sepa,
    require_sepa,
)
from tests.domain.vectors.build import IBAN_PREFIX_BY_TERRITORY, iban_of


def test_41_countries_with_42_prefixes_take_part() -> None:
    areas = list(SEPA_AREA_BY_PREFIX.values())
    assert areas.count(SepaArea.EEA) == 30
    assert areas.count(SepaArea.BEYOND_EEA) == 11 + 1  # Gibraltar's beside the United Kingdom's


def test_the_countries_beyond_the_eea_are_these() -> None:
    beyond = [p for p, area in SEPA_AREA_BY_PREFIX.items() if area is SepaArea.BEYOND_EEA]
    assert " ".join(beyond) == "AD AL CH GB GI MC MD ME MK RS SM VA"


def test_every_prefix_begins_ibans() -> None:
    assert STRUCTURES.keys() >= SEPA_AREA_BY_PREFIX.keys()


@pytest.mark.parametrize("prefix", ["AL", "MD", "ME", "MK", "RS", "GB", "GI", "CH", "VA", "BG"])
def test_a_country_on_the_list_takes_part(prefix: str) -> None:
    assert is_sepa(prefix)


@pytest.mark.parametrize("prefix", ["US", "TR", "UA", "XK", "BA", "FO", "GL", "NC", "de", "", "D"])
def test_any_other_does_not(prefix: str) -> None:
    assert not is_sepa(prefix)


def test_the_list_differs_from_schwiftys_of_2024_by_late_comers_and_territories() -> None:
    theirs = {country for country in STRUCTURES if get_iban_spec(country).in_sepa_zone}
    assert SEPA_AREA_BY_PREFIX.keys() - theirs == {"AL", "MD", "ME", "MK", "RS"}
    assert theirs - SEPA_AREA_BY_PREFIX.keys() == IBAN_PREFIX_BY_TERRITORY.keys()


def test_an_account_within_sepa_passes() -> None:
    require_sepa(Iban.parse("DE89370400440532013000"))


def test_an_account_outside_sepa_is_refused_with_its_country() -> None:
    with pytest.raises(OutsideSepa) as refusal:
        require_sepa(Iban.parse(iban_of("TR", "0006100519786457841326")))
    assert refusal.value.country == "TR"
