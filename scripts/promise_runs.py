"""What `make soak` found out about a promise, kept in docs/reference/promises.json.

pytest writes its report (``--junitxml``): each test, whether it passed, what it proves or controls,
and the figures that it told. `read_report` makes a `Run` of that; the last run of every promise is
kept, so that promises can be tried on different days.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal
from xml.etree.ElementTree import Element, fromstring

import msgspec

from scripts.promise_tests import ROOT

RUNS_FILE: Final = ROOT / "docs" / "reference" / "promises.json"

Kind = Literal["promise", "control"]
Outcome = Literal["passed", "failed", "skipped"]

_KINDS: Final[tuple[Kind, ...]] = ("promise", "control")

_OUTCOME_BY_ELEMENT: Final[Mapping[str, Outcome]] = {
    "failure": "failed",
    "error": "failed",
    "skipped": "skipped",
}


class Tried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One test of a run. ``case``: its parameters; ``why``: what a failed or skipped one said."""

    name: str
    case: str = ""
    kind: Kind
    outcome: Outcome
    figures: tuple[str, ...] = ()
    why: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The last time that a promise was tried at full length: when, on what, how long, each test."""

    date: str
    machine: str
    seconds: int
    tests: tuple[Tried, ...]

    def of_outcome(self, outcome: Outcome) -> list[Tried]:
        """Return the tests that ended so."""
        return [test for test in self.tests if test.outcome == outcome]

    @property
    def holds(self) -> bool:
        """Whether the promise was proved, and every test of it passed."""
        is_proved = any(test.kind == "promise" for test in self.tests)
        return is_proved and len(self.of_outcome("passed")) == len(self.tests)


# --- keeping --------------------------------------------------------------------------------------


def kept_runs(file: Path = RUNS_FILE) -> dict[str, Run]:
    """Return the last run of each promise that was tried, by its name."""
    if not file.exists():
        return {}
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Run])


def keep_run(name: str, run: Run, file: Path = RUNS_FILE) -> None:
    """Put a promise's run in the place of its last one."""
    runs = {**kept_runs(file), name: run}
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(runs.items()))), indent=1)
    part = file.with_suffix(".part")
    part.write_bytes(text + b"\n")
    part.replace(file)


# --- reading pytest's report ----------------------------------------------------------------------


def read_report(xml: str, promise: str) -> tuple[Tried, ...]:
    """Return the tests of a report that prove or control ``promise``."""
    cases = fromstring(xml).iter("testcase")  # noqa: S314  # pytest wrote it here
    return tuple(tried for case in cases for tried in _tried(case, promise))


def _tried(case: Element, promise: str) -> Iterator[Tried]:
    told = [(each.get("name", ""), each.get("value", "")) for each in case.iter("property")]
    outcome, why = _ending(case)
    name, _, parameters = case.get("name", "").partition("[")
    for kind in _KINDS:
        if (kind, promise) in told:
            yield Tried(
                name=name,
                case=parameters.removesuffix("]"),
                kind=kind,
                outcome=outcome,
                figures=tuple(figure for label, figure in told if label == "figure"),
                why=why,
            )


def _ending(case: Element) -> tuple[Outcome, str]:
    for element in case:
        outcome = _OUTCOME_BY_ELEMENT.get(element.tag)
        if outcome is not None:
            return outcome, element.get("message", "").partition("\n")[0]
    return "passed", ""
