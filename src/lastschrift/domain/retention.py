"""How long German law wants payment records kept: what is restricted until then, and then erased.

Erasing a payer need not, and may not, take away what has to be kept (Art. 17(3)(b) GDPR); it is
restricted, shown to nobody, and gone when its period ends. The periods can be set; these are the
defaults, each with its source.

>>> kept_until(date(2026, 3, 5), LAW)
datetime.date(2035, 1, 1)
"""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """For how long after the last collection its records are kept."""

    mandate_months: int
    voucher_years: int


LAW: Final = Periods(
    mandate_months=14,  # from the last collection on: banks' terms for direct debit, as by vdb.de
    voucher_years=8,  # from the year's end on: §147(3) AO, §257(4) HGB, since 1 January 2025
)


def kept_until(last_collection: date, periods: Periods) -> date:
    """Return the first day on which nothing of a payer's accounts has to be kept any more."""
    mandate = _months_later(last_collection, periods.mandate_months)
    voucher = date(last_collection.year + 1 + periods.voucher_years, 1, 1)
    return max(mandate, voucher)


def _months_later(day: date, months: int) -> date:
    """Return the day of the same number some months later, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
