"""Whatever is asked on both wires, however often and with whatever crashes: it holds together."""

from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import apsw
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.both_wires import Answered, Asked
from tests.databases import ENGINES, Database
from tests.histories.rules import History
from tests.histories.world import World
from tests.house import FakeClock
from tests.identity_providers.issuer import Issuer
from tests.promises import control, promise, rounds

HISTORIES = {"sqlite": rounds(ci=170, soak=9_000), "postgres": rounds(ci=30, soak=1_000)}
STEPS = rounds(ci=15, soak=50)
FOUND_WITHIN = 400


@promise("any-history")
@pytest.mark.parametrize("engine", ENGINES)
def test_any_history_holds_together(engine: str, figure: Callable[[str], None]) -> None:
    histories = HISTORIES[engine]
    wanted = settings(max_examples=histories, stateful_step_count=STEPS, print_blob=True)
    run_state_machine_as_test(type("HistoryOn", (History,), {"engine": engine}), settings=wanted)
    figure(f"{engine}: {histories:,} histories of up to {STEPS} steps, none of which went astray")


# --- broken on purpose ----------------------------------------------------------------------------


class OnSqlite(History):
    """Histories on a database that was meddled with."""

    engine = "sqlite"
    changes: ClassVar[str] = "SELECT 1"
    played: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        type(self).played += 1

    def database(self, directory: Path) -> Database:
        lent = super().database(directory)
        assert isinstance(lent, SqliteInstallation)
        with closing(apsw.Connection(str(lent._path))) as connection:
            connection.execute(self.changes)
        return lent


class WithoutUniqueIndex(OnSqlite):
    """Nothing but chance keeps a debtor from holding an IBAN twice."""

    changes = "DROP INDEX bank_account_once"


class WithDeletedAccountsInTheWay(OnSqlite):
    """Who deletes an account does not free its IBAN."""

    changes = (
        "DROP INDEX bank_account_once;"
        "CREATE UNIQUE INDEX bank_account_once ON bank_account"
        " (contract_id, debtor_id, fingerprint)"
    )


class ForgetfulWorld(World):
    """A server that acknowledges before it commits: a crash undoes the last two changes.

    The very last one need not have been acknowledged; the one before it was.
    """

    def __init__(self, database: Database, issuer: Issuer, clock: FakeClock) -> None:
        super().__init__(database, issuer, clock)
        self._earlier = deque([database], maxlen=2)

    async def ask(self, asked: Asked) -> Answered:
        if asked.method != "GET":
            self._earlier.append(self._copied())
        return await super().ask(asked)

    def _left_behind(self) -> Database:
        return self._earlier[0]


class WithoutLastCommit(OnSqlite):
    """A crash loses what was acknowledged."""

    world = ForgetfulWorld


@control("any-history")
@pytest.mark.parametrize(
    "broken", [WithoutUniqueIndex, WithDeletedAccountsInTheWay, WithoutLastCommit]
)
def test_a_rule_that_is_broken_is_found(
    broken: type[OnSqlite], figure: Callable[[str], None]
) -> None:
    broken.played = 0
    wanted = settings(
        max_examples=FOUND_WITHIN,
        stateful_step_count=50,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises((AssertionError, apsw.ConstraintError)):  # by what was told, or by no answer
        run_state_machine_as_test(broken, settings=wanted)
    figure(f"{broken.__name__}: found by history {broken.played}")
