"""How long an IBAN takes: our check beside the shortest possible one and the libraries.

Run by hand: ``python bench/iban.py``. Every contender checks the same clean IBANs, in turns within
one run; the figures are medians over the rounds, the ratios are to the hand-written check.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter

import schwifty
from stdnum import iban as stdnum

from lastschrift.domain.banks import find_bank
from lastschrift.domain.iban import Iban

ROUNDS = 25
CHECKS_PER_ROUND = 20_000

CLEAN_IBANS = {
    "DE, digits only": "DE89370400440532013000",
    "GB, some letters": "GB29NWBK60161331926819",
    "MT, many letters": "MT84MALT011000012345MTLCAST001S",
}

_STRUCTURE_BY_COUNTRY = {
    "DE": re.compile("DE[0-9]{20}"),
    "GB": re.compile("GB[0-9]{2}[A-Z]{4}[0-9]{14}"),
    "MT": re.compile("MT[0-9]{2}[A-Z]{4}[0-9]{5}[A-Z0-9]{18}"),
}
_WEIGHTS = {ord(c): str(i) for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def check_by_hand(text: str) -> bool:
    """Country's structure and MOD 97-10, and nothing else: no value, no reason, no blanks."""
    structure = _STRUCTURE_BY_COUNTRY.get(text[:2])
    if structure is None or structure.fullmatch(text) is None:
        return False
    return int((text[4:] + text[:4]).translate(_WEIGHTS)) % 97 == 1


CONTENDERS: Mapping[str, Callable[[str], object]] = {
    "hand-written check": check_by_hand,
    "Iban.parse": Iban.parse,
    "schwifty.IBAN": schwifty.IBAN,
    "stdnum.iban.validate": lambda text: stdnum.validate(text, check_country=False),
}


def main() -> None:
    """Print one table per IBAN, and the look-up of a bank."""
    for kind, text in CLEAN_IBANS.items():
        print_table(kind, time_in_turns(CONTENDERS, text))
    spaced = {"Iban.parse": Iban.parse}
    print_table("DE, with blanks", time_in_turns(spaced, "DE89 3704 0044 0532 0130 00"))
    iban = Iban.parse(CLEAN_IBANS["DE, digits only"])
    print_table("bank found", time_in_turns({"find_bank": lambda _: find_bank(iban)}, ""))


def time_in_turns(contenders: Mapping[str, Callable[[str], object]], text: str) -> dict[str, float]:
    """Return the median microseconds per call of each, measured alternately."""
    rounds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, check in contenders.items():
            rounds[name].append(time_us(check, [text] * CHECKS_PER_ROUND))
    return {name: median(times) for name, times in rounds.items()}


def time_us(check: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the microseconds that one call takes."""
    start = perf_counter()
    for text in texts:
        check(text)
    return (perf_counter() - start) / len(texts) * 1e6


def print_table(title: str, times_us: Mapping[str, float]) -> None:
    """Print each contender's median and its ratio to the first."""
    first_us = next(iter(times_us.values()))
    print(f"\n{title:<24}{'µs':>8}{'ratio':>8}")
    for name, time in times_us.items():
        print(f"{name:<24}{time:>8.2f}{time / first_us:>8.2f}")


if __name__ == "__main__":
    main()
