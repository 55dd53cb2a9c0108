"""The command: `python -m bench`, which `make bench` runs."""

import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from bench.contenders import CHECKOUT, CONTENDERS, Contender, lastschrift_of
from bench.figures import (
    CONTENDERS_OF_AIMS,
    Sample,
    medians_by_contender,
    outcomes,
    ratios_by_round,
)
from bench.load import BenchFailed, find_wrk
from bench.machine import this_machine
from bench.report import Report, comparison_line, markdown, print_report
from bench.rounds import Run, measure_all
from bench.wires import WIRES

DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
CUSTOMERS = 2000
CUSTOMERS_QUICK = 200
THIS, OTHER = "this", "other"


@click.command()
@click.option("--seconds", type=click.IntRange(1), default=5, show_default=True, help="Per turn.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--wire", type=click.Choice([*WIRES, "both"]), default="both", show_default=True)
@click.option("--quick", is_flag=True, help="One round of 2 s, few customers: does it work?")
@click.option(
    "--only",
    "names",
    type=click.Choice(list(CONTENDERS)),
    multiple=True,
    help="Run only this server; repeatable. Default: all three.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help="Compare with the server of another checkout (its .venv/bin/lastschrift) instead.",
)
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write every sample to this file."
)
@click.option("--write", "is_written", is_flag=True, help="Write docs/benchmarks.md.")
def main(
    *,
    seconds: int,
    rounds: int,
    wire: str,
    quick: bool,
    names: Sequence[str],
    against: Path | None,
    json_path: Path | None,
    is_written: bool,
) -> None:
    """Measure the registration of bank accounts beside other servers.

    Example: python -m bench --wire secuconnect --rounds 3
    """
    if is_written and (against or quick or (names and set(names) != CONTENDERS_OF_AIMS)):
        raise click.UsageError("--write needs all three servers and full rounds")
    console = Console()
    try:
        find_wrk()
        run = Run(
            contenders=choose_contenders(names, against),
            wires=list(WIRES.values()) if wire == "both" else [WIRES[wire]],
            rounds=1 if quick else rounds,
            seconds=2 if quick else seconds,
            customers=CUSTOMERS_QUICK if quick else CUSTOMERS,
            is_quick=quick,
        )
        for signal_number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, stop)
        report, samples = measured(run, console)
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    print_report(report, console)
    if against:
        for name in report.medians_by_wire:
            click.echo(comparison_line(name, ratios_by_round(samples, name, THIS, OTHER)))
    if json_path:
        json_path.write_text(as_json(report, samples))
    if is_written:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(markdown(report))
        click.echo(f"written: {DOCUMENT.relative_to(CHECKOUT)}")


def stop(signal_number: int, _: FrameType | None) -> None:
    """End as by Ctrl-C, so that every server is ended on the way out."""
    sys.exit(128 + signal_number)


def choose_contenders(names: Sequence[str], against: Path | None) -> list[Contender]:
    """Return the servers to run, in the order of their turns.

    Raises: BenchFailed if a checkout has no built environment.
    """
    if against:
        return [lastschrift_of(CHECKOUT, THIS), lastschrift_of(against, OTHER)]
    return [make() for name, make in CONTENDERS.items() if not names or name in names]


def measured(run: Run, console: Console) -> tuple[Report, list[Sample]]:
    """Run all turns and return their report.

    Raises: BenchFailed.
    """

    def tell(sample: Sample) -> None:
        speed = sample.figures.registrations_per_s
        turn = f"{sample.wire}, round {sample.round_number} of {run.rounds}, {sample.contender}"
        console.print(f"{turn}: {speed:,.0f}/s", highlight=False)

    with tempfile.TemporaryDirectory(prefix="lastschrift-bench-") as name:
        machine = this_machine(Path(name))
        samples = measure_all(run, Path(name), tell)
    medians = {wire.name: medians_by_contender(samples, wire.name) for wire in run.wires}
    is_comparison = any(contender.name == OTHER for contender in run.contenders)
    report = Report(
        day=datetime.now(UTC).date(),
        machine=machine,
        command="make bench",
        rounds=run.rounds,
        seconds=run.seconds,
        customers=run.customers,
        cores_elsewhere=[sample.cores_elsewhere for sample in samples],
        base_speed=OTHER if is_comparison else "conventional",
        base_cpu=OTHER if is_comparison else "bare",
        medians_by_wire=medians,
        outcomes_by_wire={name: outcomes(figures) for name, figures in medians.items()},
    )
    return report, samples


def as_json(report: Report, samples: Sequence[Sample]) -> str:
    """Return everything that was measured, for other programs."""
    document = {
        "date": report.day.isoformat(),
        "machine": asdict(report.machine),
        "samples": [asdict(sample) for sample in samples],
        "medians": {
            wire: {name: asdict(figures) for name, figures in medians.items()}
            for wire, medians in report.medians_by_wire.items()
        },
        "aims": {
            wire: [
                {"aim": each.aim.text, "limit": each.aim.limit, "measured": each.measured}
                | {"reached": each.is_reached}
                for each in of_wire
            ]
            for wire, of_wire in report.outcomes_by_wire.items()
        },
    }
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    main()
