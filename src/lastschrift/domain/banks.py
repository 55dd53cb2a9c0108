"""Which bank an account is held at, found from its IBAN.

The banks come from schwifty's registry, which gathers what central banks publish. A country's are
read when it is first asked for, or ahead of that by `load_banks`.

>>> find_bank(Iban.parse("DE89370400440532013000"))
Bank(name='Commerzbank', bic=Bic(text='COBADEFFXXX'))
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from msgspec import Struct
from schwifty import domain as schwifty
from schwifty.registry import Registry

from lastschrift.domain.bic import BIC_BRANCH_START, Bic
from lastschrift.domain.iban import Iban


class Bank(Struct, frozen=True):
    """A bank as its country's register names it; ``bic`` where that tells one."""

    name: str
    bic: Bic | None


def find_bank(iban: Iban) -> Bank | None:
    """Return the bank that ``iban`` is held at, or None if the register does not list it."""
    return _banks_of(iban.country).get(iban.bank_code)


def load_banks(countries: Iterable[str]) -> None:
    """Read the banks of these countries now, so that no look-up has to wait for it."""
    for country in countries:
        _banks_of(country)


@cache
def _banks_of(country: str) -> Mapping[str, Bank]:
    """Return a country's banks by bank code.

    A registry of our own is asked, and let go: schwifty's shared one would keep its raw copy.
    """
    offices_by_code = defaultdict(list)
    for office in Registry().get_banks_by_country(country):
        if office.bank_code:
            offices_by_code[office.bank_code].append(office)
    return {code: _bank_of(offices) for code, offices in offices_by_code.items()}


def _bank_of(offices: Sequence[schwifty.Bank]) -> Bank:
    """Return the bank that these offices, listed under one code, belong to.

    The register flags main offices; where it doesn't, all count. The first gives the name, its head
    office the BIC. None is given where the main offices are of several institutions: it would be a
    guess, and inside the EEA nobody needs it.
    """
    main_offices = [office for office in offices if office.primary] or offices
    name = main_offices[0].name
    bics = [office.bic for office in main_offices if office.bic and office.name == name]
    institutions = {office.bic[:BIC_BRANCH_START] for office in main_offices if office.bic}
    if not bics or len(institutions) > 1:
        return Bank(name, bic=None)
    return Bank(name, Bic(max(bics, key=_is_head_office)))


def _is_head_office(bic: str) -> bool:
    """Whether a BIC tells no branch; ``XXX`` stands for none."""
    return bic[BIC_BRANCH_START:] in {"", "XXX"}
