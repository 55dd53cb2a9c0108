"""`make soak`: which tests it runs, what it reads of pytest's report, what it keeps and writes."""

from pathlib import Path
from typing import Final

import pytest

from scripts.promise_runs import Run, Tried, keep_run, kept_runs, read_report
from scripts.promise_tests import Marked, marks_in
from scripts.promises_page import promises_text
from scripts.soak import main, run_tests
from tests.promises import PROMISES, Promise

REPORT: Final = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="4">
<testcase classname="tests.crash.test_kill" name="test_it_survives[sqlite]" time="61.2">
  <properties>
    <property name="promise" value="survives-kill"/>
    <property name="figure" value="1,000 kills: 0 lost"/>
    <property name="figure" value="ready again after 0.4 s"/>
  </properties>
</testcase>
<testcase classname="tests.crash.test_kill" name="test_a_loss_is_noticed" time="1.0">
  <properties><property name="control" value="survives-kill"/></properties>
  <failure message="AssertionError: 3 lost&#10;assert 3 == 0">the whole trace</failure>
</testcase>
<testcase classname="tests.crash.test_kill" name="test_it_survives[postgres]" time="0.1">
  <properties><property name="promise" value="survives-kill"/></properties>
  <skipped type="pytest.skip" message="no PostgreSQL here">where</skipped>
</testcase>
<testcase classname="tests.crash.test_disk" name="test_another_promise" time="0.1">
  <properties><property name="promise" value="disk-full"/></properties>
</testcase>
</testsuite></testsuites>
"""

PROVED: Final = Tried(
    name="test_it_survives",
    case="sqlite",
    kind="promise",
    outcome="passed",
    figures=("1,000 kills: 0 lost", "ready again after 0.4 s"),
)
NOT_NOTICED: Final = Tried(
    name="test_a_loss_is_noticed",
    kind="control",
    outcome="failed",
    why="AssertionError: 3 lost",
)
SKIPPED: Final = Tried(
    name="test_it_survives",
    case="postgres",
    kind="promise",
    outcome="skipped",
    why="no PostgreSQL here",
)


def run_of(*tests: Tried, date: str = "2026-11-21") -> Run:
    return Run(date=date, machine="2 cores", seconds=61, tests=tests)


# --- which tests ----------------------------------------------------------------------------------


def test_the_marks_of_tests_are_found_wherever_they_may_stand() -> None:
    source = """
pytestmark = [pytest.mark.anyio, promise("a")]

@pytest.mark.parametrize("number", [1])
@control("b")
async def test_one(number): ...

@promise("c")
class TestMany:
    @control("d")
    def test_inside(self): ...

def test_of_no_promise(): ...
"""
    assert set(marks_in(source, "tests/test_x.py")) == {
        Marked("tests/test_x.py", "promise", "a"),
        Marked("tests/test_x.py::test_one", "control", "b"),
        Marked("tests/test_x.py::TestMany", "promise", "c"),
        Marked("tests/test_x.py::TestMany::test_inside", "control", "d"),
    }


def test_a_marked_test_knows_its_file_and_its_name() -> None:
    marked = Marked("tests/crash/test_kill.py::test_one", "control", "b")
    assert (marked.file, marked.name) == ("tests/crash/test_kill.py", "test_one")


def test_a_promise_that_nobody_knows_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "survives-kill, lives-for-ever"])
    assert "no such promise: lives-for-ever; there are survives-kill," in capsys.readouterr().err


# --- what they gave -------------------------------------------------------------------------------


def test_of_a_report_that_is_read_which_is_of_the_promise() -> None:
    assert read_report(REPORT, "survives-kill") == (PROVED, NOT_NOTICED, SKIPPED)


def test_the_real_report_is_read_and_the_tests_are_told_to_run_at_full_length(
    tmp_path: Path,
) -> None:
    test = tmp_path / "test_small.py"
    test.write_text(
        "import os\n"
        "def test_it_holds(record_property):\n"
        "    record_property('promise', 'disk-full')\n"
        "    record_property('figure', 'soak ' + os.environ['LASTSCHRIFT_SOAK'])\n"
    )
    held = Tried(name="test_it_holds", kind="promise", outcome="passed", figures=("soak 1",))
    assert run_tests("disk-full", [str(test)]) == (held,)


def test_tests_that_end_without_a_report_prove_nothing(tmp_path: Path) -> None:
    test = tmp_path / "test_small.py"
    test.write_text("import os\nos._exit(3)\n")
    assert run_tests("disk-full", [str(test)]) == ()
    assert not run_of().holds


@pytest.mark.parametrize(
    ("tests", "holds"),
    [
        pytest.param([PROVED], True, id="proved"),
        pytest.param([PROVED, NOT_NOTICED], False, id="its control failed"),
        pytest.param([PROVED, SKIPPED], False, id="skipped in part"),
        pytest.param([], False, id="nothing ran"),
    ],
)
def test_a_promise_holds_if_all_its_tests_pass(tests: list[Tried], holds: bool) -> None:
    assert run_of(*tests).holds is holds


# --- what is kept ---------------------------------------------------------------------------------


def test_a_run_takes_the_place_of_the_last_one_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "promises.json"
    other = run_of(SKIPPED, date="2026-11-01")
    for name, run in [("b", other), ("a", run_of()), ("a", run_of(PROVED))]:
        keep_run(name, run, file)
    assert kept_runs(file) == {"a": run_of(PROVED), "b": other}


def test_only_promises_that_are_made_are_kept() -> None:
    assert kept_runs().keys() <= PROMISES.keys()


# --- the page -------------------------------------------------------------------------------------


def page(run: Run | None = None) -> list[str]:
    promised = {"whole": Promise(statement="It stays whole", aim="100 tries")}
    return promises_text(promised, {} if run is None else {"whole": run}).splitlines()


def test_a_promise_that_was_never_tried_says_so() -> None:
    assert "| [whole](#whole) | It stays whole | not yet run at full length |" in page()
    assert "- Aim: 100 tries" in page()


def test_a_promise_that_holds_has_its_figures_and_their_date() -> None:
    told = page(run_of(PROVED))
    assert "| [whole](#whole) | It stays whole | holds, 2026-11-21 |" in told
    assert "- Last soak: holds, 2026-11-21; 61 s on 2 cores" in told
    assert "  - proof (sqlite): 1,000 kills: 0 lost" in told


def test_a_promise_that_is_broken_says_so_and_why() -> None:
    told = page(run_of(PROVED, NOT_NOTICED))
    assert "| [whole](#whole) | It stays whole | **broken**, 2026-11-21 |" in told
    assert "  - **failed**: `test_a_loss_is_noticed`: AssertionError: 3 lost" in told


def test_a_promise_that_was_tried_in_part_says_what_was_missing() -> None:
    told = page(run_of(PROVED, SKIPPED))
    assert "| [whole](#whole) | It stays whole | not wholly tried, 2026-11-21 |" in told
    assert "  - **skipped**: `test_it_survives` (postgres): no PostgreSQL here" in told
