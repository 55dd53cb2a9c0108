"""The reference page of promises: what is promised, which tests prove it, and what they measured.

The promises stand in tests/promises.py, the tests say by their marks which one they prove, and the
figures are those of the last `make soak` (docs/reference/promises.json).
"""

from collections.abc import Iterator, Mapping, Sequence

from scripts.promise_runs import Kind, Run, Tried, kept_runs
from scripts.promise_tests import Marked, controls_of, proofs_of
from tests.promises import PROMISES, Promise

_INTRODUCTION = """\
What Lastschrift promises, and how each promise is tried. A **proof** is a test that tries to catch
it broken; a **control** breaks it on purpose, to see that the proof would notice. Every `make test`
runs them at small size; `make soak` at the size that stands here as the aim.
It writes what the tests measured; `make soak ONLY=survives-kill` tries one promise anew.
"""

_FROM_PAGE = "../.."
"""Leads from the page's folder, docs/reference/, to the root."""

_WORD_BY_KIND: Mapping[Kind, str] = {"promise": "proof", "control": "control"}
_NEVER = "not yet run at full length"


def promises_reference() -> str:
    """Return the page: all promises at a glance, then each with its tests and figures."""
    return promises_text(PROMISES, kept_runs())


def promises_text(promises: Mapping[str, Promise], runs: Mapping[str, Run]) -> str:
    """Return the page for these promises, of which these runs are known."""
    glance = [
        f"| [{name}](#{name}) | {promise.statement} | {outcome_in_words(runs.get(name))} |"
        for name, promise in promises.items()
    ]
    sections = [_section(name, promise, runs.get(name)) for name, promise in promises.items()]
    head = ["| promise | | the last soak |", "|---|---|---|"]
    return "\n".join([_INTRODUCTION, *head, *glance, "", *sections])


def outcome_in_words(run: Run | None) -> str:
    """Return what came of a promise's last run, and when that was."""
    if run is None:
        return _NEVER
    if run.holds:
        return f"holds, {run.date}"
    if run.of_outcome("failed"):
        return f"**broken**, {run.date}"
    return f"not wholly tried, {run.date}"


def _section(name: str, promise: Promise, run: Run | None) -> str:
    lines = [
        f"- Aim: {promise.aim}",
        *_tests_lines("Proof", proofs_of(name)),
        *_tests_lines("Control", controls_of(name)),
        *_run_lines(run),
    ]
    return "\n".join([f"## {name}", "", f"{promise.statement}.", "", *lines, ""])


def _tests_lines(word: str, tests: Sequence[Marked]) -> Iterator[str]:
    if not tests:
        yield f"- {word}: none yet"
    for test in tests:
        yield f"- {word}: [`{test.name}`]({_FROM_PAGE}/{test.file})"


def _run_lines(run: Run | None) -> Iterator[str]:
    if run is None:
        yield f"- Last soak: {_NEVER}"
        return
    took = f"{run.seconds} s" if run.seconds < 120 else f"{run.seconds / 60:.0f} minutes"
    yield f"- Last soak: {outcome_in_words(run)}; {took} on {run.machine}"
    for test in run.tests:
        yield from _test_lines(test)


def _test_lines(test: Tried) -> Iterator[str]:
    """Yield what one test measured, and why it did not pass."""
    where = f" ({test.case})" if test.case else ""
    word = _WORD_BY_KIND[test.kind]
    for figure in test.figures:
        yield f"  - {word}{where}: {figure}"
    if test.outcome != "passed":
        yield f"  - **{test.outcome}**: `{test.name}`{where}: {test.why}"
