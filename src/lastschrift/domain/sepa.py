"""Who takes part in SEPA: EPC409-09 version 8.0 of 24 December 2025.

41 countries with 42 IBAN prefixes. The list is our own because the libraries still have that of
2024, without AL, MD, ME, MK and RS. Territories have no prefix of their own: Åland's accounts begin
with FI, French Guiana's with FR, the Isle of Man's with GB.

>>> is_sepa("DE"), is_sepa("US")
(True, False)
"""

from collections.abc import Mapping
from enum import Enum

from lastschrift.domain.iban import Iban
from lastschrift.domain.refusals import ValueRefused


class SepaArea(Enum):
    """Which part of SEPA a country belongs to."""

    EEA = "eea"
    """European Economic Area: the IBAN is enough (Regulation (EU) 260/2012, since 2016)."""

    BEYOND_EEA = "beyond-eea"
    """A collection needs the BIC too, and the debtor's address."""


SEPA_AREA_BY_PREFIX: Mapping[str, SepaArea] = {
    "AD": SepaArea.BEYOND_EEA,  # Andorra
    "AL": SepaArea.BEYOND_EEA,  # Albania
    "AT": SepaArea.EEA,  # Austria
    "BE": SepaArea.EEA,  # Belgium
    "BG": SepaArea.EEA,  # Bulgaria
    "CH": SepaArea.BEYOND_EEA,  # Switzerland
    "CY": SepaArea.EEA,  # Cyprus
    "CZ": SepaArea.EEA,  # Czechia
    "DE": SepaArea.EEA,  # Germany
    "DK": SepaArea.EEA,  # Denmark
    "EE": SepaArea.EEA,  # Estonia
    "ES": SepaArea.EEA,  # Spain
    "FI": SepaArea.EEA,  # Finland
    "FR": SepaArea.EEA,  # France
    "GB": SepaArea.BEYOND_EEA,  # United Kingdom
    "GI": SepaArea.BEYOND_EEA,  # Gibraltar, counted with the United Kingdom
    "GR": SepaArea.EEA,  # Greece
    "HR": SepaArea.EEA,  # Croatia
    "HU": SepaArea.EEA,  # Hungary
    "IE": SepaArea.EEA,  # Ireland
    "IS": SepaArea.EEA,  # Iceland
    "IT": SepaArea.EEA,  # Italy
    "LI": SepaArea.EEA,  # Liechtenstein
    "LT": SepaArea.EEA,  # Lithuania
    "LU": SepaArea.EEA,  # Luxembourg
    "LV": SepaArea.EEA,  # Latvia
    "MC": SepaArea.BEYOND_EEA,  # Monaco
    "MD": SepaArea.BEYOND_EEA,  # Moldova
    "ME": SepaArea.BEYOND_EEA,  # Montenegro
    "MK": SepaArea.BEYOND_EEA,  # North Macedonia
    "MT": SepaArea.EEA,  # Malta
    "NL": SepaArea.EEA,  # Netherlands
    "NO": SepaArea.EEA,  # Norway
    "PL": SepaArea.EEA,  # Poland
    "PT": SepaArea.EEA,  # Portugal
    "RO": SepaArea.EEA,  # Romania
    "RS": SepaArea.BEYOND_EEA,  # Serbia
    "SE": SepaArea.EEA,  # Sweden
    "SI": SepaArea.EEA,  # Slovenia
    "SK": SepaArea.EEA,  # Slovakia
    "SM": SepaArea.BEYOND_EEA,  # San Marino
    "VA": SepaArea.BEYOND_EEA,  # Vatican City
}


class OutsideSepa(ValueRefused):
    """An account's country takes no part in SEPA, so nothing can be collected from it."""

    def __init__(self, country: str) -> None:
        super().__init__(country)
        self.country = country


def is_sepa(country_prefix: str) -> bool:
    """Whether accounts whose IBAN begins with these two letters are within SEPA."""
    return country_prefix in SEPA_AREA_BY_PREFIX


def require_sepa(iban: Iban) -> None:
    """Let accounts within SEPA pass.

    Raises: OutsideSepa.
    """
    if iban.country not in SEPA_AREA_BY_PREFIX:
        raise OutsideSepa(iban.country)


def parse_sepa_iban(text: str) -> Iban:
    """Return the IBAN of an account that can be collected from.

    Raises: what `Iban.parse` raises; OutsideSepa.
    """
    iban = Iban.parse(text)
    require_sepa(iban)
    return iban
