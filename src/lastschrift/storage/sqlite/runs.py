"""Runs: accounts that came together stand together in the index that IBANs are looked for in.

A fingerprint is as good as a random number: in one sorted index each account changes a page of its
own, and such pages are the greater part of what a COMMIT writes. So the index begins with a run's
number, and some hundred accounts that come one after the other share a run and its few pages. Who
looks for an IBAN asks every run in turn, which takes a microsecond or two for each. (LSM trees do
the same: O'Neil et al., Acta Informatica 33, 1996.)

Accounts that come by ones and twos go to the first run, which has any number of them.
"""

from collections.abc import Callable
from typing import Final

import apsw

FIRST_RUN: Final = 0
RUN_ROWS: Final = 256
"""So many accounts a run has: some five pages, and as many runs to ask as can be borne."""

TOGETHER_MIN: Final = 8
"""So few accounts at once change so few pages that no run is needed."""

RunOf = Callable[[bytes], int]
"""Tells the run that the next account of a contract goes to."""

_NEWEST_RUN = """
SELECT max(
    COALESCE((
        SELECT max(fingerprint_run) FROM bank_account INDEXED BY bank_account_by_fingerprint
        WHERE contract_id = ?1 AND deleted IS NULL AND fingerprint IS NOT NULL
    ), 0),
    COALESCE((
        SELECT max(fingerprint_run) FROM bank_account INDEXED BY bank_account_by_fingerprint_even
        WHERE contract_id = ?1 AND deleted IS NULL AND fingerprint_even IS NOT NULL
    ), 0)
)
"""


class Runs:
    """The runs that one connection writes to: a new one for each contract it begins with."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._places: dict[bytes, int] = {}

    def for_accounts(self, count: int) -> RunOf:
        """Return what tells the runs of so many accounts that come at once."""
        return self._next if count >= TOGETHER_MIN else _first

    def _next(self, contract: bytes) -> int:
        """Return a run that is not full; places that are not used in the end are left empty."""
        place = self._places.get(contract) or RUN_ROWS * (1 + self._newest(contract))
        self._places[contract] = place + 1
        return place // RUN_ROWS

    def _newest(self, contract: bytes) -> int:
        return int(self._connection.execute(_NEWEST_RUN, (contract,)).get)


def _first(_contract: bytes) -> int:
    return FIRST_RUN
