"""Try the promises at full length, and write docs/reference/promises.md.

    python -m scripts.soak [--only survives-kill,disk-full]

The tests of one promise after the other run alone, at the sizes that the promises name (hours for
all of them). What a promise gave is kept as soon as it is through; an interrupted soak loses the
promise that it was at, and keeps its last figures.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import Machine, this_machine
from scripts.docs import PROMISES_PAGE, write
from scripts.promise_runs import Run, Tried, keep_run, kept_runs, read_report
from scripts.promise_tests import ROOT, controls_of, proofs_of
from scripts.promises_page import outcome_in_words
from tests.promises import PROMISES

_PYTEST = (
    *(sys.executable, "-m", "pytest", "--verbose"),
    *("-c", str(ROOT / "pyproject.toml")),
    *("-p", "no:randomly"),
    *("-o", "junit_family=xunit1"),  # the newer form has no place for what a test tells
)
_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Try the promises that are named, or all; return 1 if one of them does not hold."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = _asked(arguments)
    machine = in_words(this_machine(Path(tempfile.gettempdir())))
    print(_expectation(names))
    outcomes = {}
    try:
        for number, name in enumerate(names, 1):
            print(f"\n[{number}/{len(names)}] {name}: {PROMISES[name].aim}", flush=True)
            outcomes[name] = run = try_promise(name, machine)
            keep_run(name, run)
            write(PROMISES_PAGE)
            _tell(run)
    except KeyboardInterrupt:
        print("\nsoak: interrupted; what was through is kept")
        return _INTERRUPTED
    broken = [name for name, run in outcomes.items() if not run.holds]
    print(f"\nsoak: {len(outcomes) - len(broken)} of {len(outcomes)} promises hold", *broken)
    return 1 if broken else 0


def _asked(arguments: Sequence[str]) -> list[str]:
    """Return the names of the promises to try; one that nobody knows ends the program."""
    parser = argparse.ArgumentParser(prog="make soak", description="try the promises")
    parser.add_argument("--only", default="", help="names of promises, with commas between")
    asked = [name.strip() for name in parser.parse_args(arguments).only.split(",") if name.strip()]
    unknown = [name for name in asked if name not in PROMISES]
    if unknown:
        parser.error(f"no such promise: {', '.join(unknown)}; there are {', '.join(PROMISES)}")
    return asked or [name for name in PROMISES if proofs_of(name)]


def try_promise(name: str, machine: str) -> Run:
    """Run all tests of a promise, one after the other, and return what they gave."""
    started_at, started_s = datetime.now(UTC), time.monotonic()
    return Run(
        date=started_at.date().isoformat(),
        machine=machine,
        tests=run_tests(name, [test.node for test in (*proofs_of(name), *controls_of(name))]),
        seconds=round(time.monotonic() - started_s),
    )


def run_tests(name: str, nodes: Sequence[str]) -> tuple[Tried, ...]:
    """Run these tests at full length, and return what each gave for a promise."""
    with tempfile.TemporaryDirectory(prefix="lastschrift-soak-") as directory:
        report = Path(directory) / "report.xml"
        command = [*_PYTEST, f"--junitxml={report}", *dict.fromkeys(nodes)]
        _run(command)
        return read_report(report.read_text("utf-8"), name) if report.exists() else ()


def _run(command: Sequence[str]) -> None:
    """Run pytest to its end; interrupted, it is told once, so that it ends what it has started."""
    environment = {**os.environ, "LASTSCHRIFT_SOAK": "1"}
    with subprocess.Popen(  # noqa: S603  # our own tests
        command, cwd=ROOT, env=environment, start_new_session=True
    ) as running:
        try:
            running.wait()
        except KeyboardInterrupt:
            running.send_signal(signal.SIGINT)
            running.wait()
            raise


def in_words(machine: Machine) -> str:
    """Return what the figures were measured on."""
    return (
        f"{machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system}, "
        f"Python {machine.python}; its disk keeps 4 KiB for good in {machine.sync_us:.0f} µs"
    )


def _expectation(names: Sequence[str]) -> str:
    """Return how many promises it will be, and how long the last runs of them took."""
    known = [run.seconds for name, run in kept_runs().items() if name in names]
    return (
        f"{len(names)} promises; {len(known)} were tried before, in {sum(known) / 60:.0f} minutes"
    )


def _tell(run: Run) -> None:
    for test in run.tests:
        for figure in test.figures:
            print(f"  {test.kind} {test.case}: {figure}")
    print(f"  {outcome_in_words(run)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
