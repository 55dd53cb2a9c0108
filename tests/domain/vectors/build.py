"""Builds one valid IBAN per country, in ways of its own: ``python tests/domain/vectors/build.py``.

The numbers are drawn by chance and belong to nobody we know of. Check digits are computed here
digit by digit, as one would by hand, so that the code under test is not its own judge.
"""

import json
import re
from pathlib import Path
from random import Random

from schwifty.exceptions import InvalidCountryCode
from schwifty.registry import get_iban_spec

VALID_IBANS = Path(__file__).with_name("iban-valid.json")

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALPHABET_BY_KIND = {"n": DIGITS, "a": LETTERS, "c": DIGITS + LETTERS}

IBAN_PREFIX_BY_TERRITORY = {  # the registry has formats for these, but their banks use another
    "AX": "FI",
    "BL": "FR",
    "GF": "FR",
    "GG": "GB",
    "GP": "FR",
    "IM": "GB",
    "JE": "GB",
    "MF": "FR",
    "MQ": "FR",
    "NC": "FR",
    "PF": "FR",
    "PM": "FR",
    "RE": "FR",
    "TF": "FR",
    "WF": "FR",
    "YT": "FR",
}


def registry_countries() -> list[str]:
    """Return all prefixes that the registry knows."""
    return [first + second for first in LETTERS for second in LETTERS if _is_known(first + second)]


def bban_alphabets(country: str) -> list[str]:
    """Return what may stand at each place of a country's BBAN."""
    runs = re.findall(r"(\d+)!(\w)", get_iban_spec(country).bban_spec)
    return [ALPHABET_BY_KIND[kind] for length, kind in runs for _ in range(int(length))]


def iban_of(country: str, bban: str) -> str:
    """Return the IBAN with the check digits that belong to it (ISO 7064 MOD 97-10)."""
    remainder = 0
    for character in bban + country + "00":
        remainder = int(f"{remainder}{int(character, 36)}") % 97
    return f"{country}{98 - remainder:02d}{bban}"


def main() -> None:
    """Write the vectors anew; the same registry gives the same ones."""
    ibans = {}
    for country in registry_countries():
        chance = Random(country)
        ibans[country] = iban_of(country, "".join(map(chance.choice, bban_alphabets(country))))
    VALID_IBANS.write_text(json.dumps(ibans, indent=0) + "\n")


def _is_known(country: str) -> bool:
    try:
        get_iban_spec(country)
    except InvalidCountryCode:
        return False
    return True


if __name__ == "__main__":
    main()
