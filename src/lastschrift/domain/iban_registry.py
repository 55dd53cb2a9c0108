"""How the account numbers of each country are built.

Taken at start from schwifty's copy of SWIFT's IBAN registry, so that no data is kept here. It
has more prefixes than the 89 that are registered: territories whose banks really use another
country's IBANs (GF, IM), and countries that have a format but no registration yet (MA, SN).

>>> STRUCTURES["DE"].length
22
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from string import ascii_uppercase

from schwifty.domain import IBANSpec
from schwifty.exceptions import InvalidCountryCode
from schwifty.registry import Registry

BBAN_START = 4
"""Where the national part begins: after country and check digits."""

_CHARACTERS_BY_KIND = {  # ISO 13616-1: what may stand in a run such as "4!n"
    "n": "[0-9]",
    "a": "[A-Z]",
    "c": "[A-Z0-9]",
}
_RUN = re.compile(r"(?P<length>\d+)!(?P<kind>[nac])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """How the IBANs of one country are built, in electronic format (no blanks, upper case)."""

    length: int
    """Characters of the whole IBAN."""

    pattern: str
    """A regular expression for the whole IBAN, compiled when the first one comes."""

    bank_code: slice
    """Where the code stands that registries of banks list a bank under; empty if not known."""

    def fits(self, text: str) -> bool:
        """Whether ``text`` is built like this; whether the check digits are right it can't tell."""
        return _compiled(self.pattern).fullmatch(text) is not None


_compiled = cache(re.compile)


def _read_registry() -> dict[str, Structure]:
    """Return the structure of every country, by its two letters.

    A registry of our own is asked, and let go: schwifty's shared one would keep its raw copy.
    """
    registry = Registry()
    structures = {}
    for country in map("".join, product(ascii_uppercase, repeat=2)):
        with suppress(InvalidCountryCode):
            structures[country] = _read_structure(registry.get_iban_spec(country))
    return structures


def _read_structure(spec: IBANSpec) -> Structure:
    bban = _RUN.sub(
        lambda run: f"{_CHARACTERS_BY_KIND[run['kind']]}{{{run['length']}}}", spec.bban_spec
    )
    # Where several parts name the bank (Slovenia: bank and branch) they are neighbours.
    parts = [spec.positions[component] for component in spec.bic_lookup_components]
    return Structure(
        length=spec.iban_length,
        pattern=f"{spec.country}[0-9]{{2}}{bban}",
        bank_code=slice(BBAN_START + parts[0].start, BBAN_START + parts[-1].end),
    )


STRUCTURES: Mapping[str, Structure] = _read_registry()
"""The structure of each country's IBANs, by the two letters that they begin with."""
