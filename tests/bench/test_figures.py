"""The arithmetic of the benchmark, and the report that is made of it."""

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from bench.figures import (
    Figures,
    Sample,
    median_figures,
    medians_by_contender,
    outcomes,
    ratio,
    ratios_by_round,
)
from bench.machine import Machine
from bench.report import Report, comparison_line, markdown, print_report

BARE = Figures(
    registrations_per_s=50_000,
    p50_ms=0.6,
    p99_ms=1.2,
    cpu_us=20,
    rss_mb=30,
    pss_mb=25,
    start_s=0.1,
)
CONVENTIONAL = replace(BARE, registrations_per_s=500, p99_ms=140, cpu_us=2600, start_s=0.6)
AT_THE_AIMS = replace(
    BARE, registrations_per_s=20_000, p99_ms=9.99, cpu_us=60, start_s=0.49, rss_mb=79.9
)
MACHINE = Machine(cores=2, memory_gib=23.9, python="3.11.7", system="Linux x86_64", sync_us=95)


def sample(contender: str, round_number: int, speed: float, wire: str = "pace") -> Sample:
    return Sample(
        wire=wire,
        contender=contender,
        round_number=round_number,
        answered=100,
        cores_elsewhere=0,
        figures=replace(BARE, registrations_per_s=speed),
    )


def report_of(lastschrift: Figures) -> Report:
    medians = {"lastschrift": lastschrift, "conventional": CONVENTIONAL, "bare": BARE}
    return Report(
        day=date(2026, 11, 21),
        machine=MACHINE,
        command="make bench",
        rounds=5,
        seconds=5,
        customers=2000,
        cores_elsewhere=[0.05, 0.04, 0.9],
        base_speed="conventional",
        base_cpu="bare",
        medians_by_wire={"pace": medians},
        outcomes_by_wire={"pace": outcomes(medians)},
    )


def test_each_figure_has_a_median_of_its_own() -> None:
    samples = [
        replace(BARE, cpu_us=10, p50_ms=3),
        replace(BARE, cpu_us=30, p50_ms=1),
        replace(BARE, cpu_us=20, p50_ms=9),
    ]
    assert median_figures(samples) == replace(BARE, cpu_us=20, p50_ms=3)


def test_medians_are_taken_per_server_and_wire_in_the_order_of_the_turns() -> None:
    samples = [
        sample("lastschrift", 1, 100),
        sample("bare", 1, 1000),
        sample("lastschrift", 2, 300),
        sample("bare", 2, 3000),
        sample("lastschrift", 1, 7, wire="secuconnect"),
    ]
    medians = medians_by_contender(samples, "pace")
    assert [(name, each.registrations_per_s) for name, each in medians.items()] == [
        ("lastschrift", 200),
        ("bare", 2000),
    ]


def test_a_comparison_takes_the_ratio_within_each_round() -> None:
    samples = [
        *(sample("this", 1, 110), sample("other", 1, 100)),
        *(sample("this", 2, 40), sample("other", 2, 50)),
    ]
    assert ratios_by_round(samples, "pace", "this", "other") == [1.1, 0.8]
    assert "0.950x" in comparison_line("pace", [1.1, 0.8])


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio(5, 0) == 0


def test_figures_at_the_aims_reach_them() -> None:
    medians = {"lastschrift": AT_THE_AIMS, "conventional": CONVENTIONAL, "bare": BARE}
    assert [each.measured for each in outcomes(medians)] == [40, 3, 9.99, 0.49, 79.9]
    assert all(each.is_reached for each in outcomes(medians))


@pytest.mark.parametrize(
    ("figures", "missed"),
    [
        (replace(AT_THE_AIMS, registrations_per_s=19_999), 0),
        (replace(AT_THE_AIMS, cpu_us=60.1), 1),
        (replace(AT_THE_AIMS, p99_ms=10), 2),
        (replace(AT_THE_AIMS, start_s=0.5), 3),
        (replace(AT_THE_AIMS, rss_mb=80), 4),
    ],
)
def test_a_figure_past_its_aim_misses_it(figures: Figures, missed: int) -> None:
    medians = {"lastschrift": figures, "conventional": CONVENTIONAL, "bare": BARE}
    reached = [each.is_reached for each in outcomes(medians)]
    assert reached == [number != missed for number in range(5)]


def test_there_are_no_outcomes_without_the_servers_to_compare_with() -> None:
    assert outcomes({"lastschrift": AT_THE_AIMS, "bare": BARE}) == []


def test_the_document_tells_figures_ratios_aims_and_how_to_repeat_it() -> None:
    text = markdown(report_of(replace(AT_THE_AIMS, p99_ms=12.5)))
    assert "| lastschrift | 20,000 | 40.0x | 0.60 | 12.50 | 60.0 | 3.0x |" in text
    assert "at least 40x: 40.00x, reached" in text
    assert "under 10 ms: 12.50 ms, NOT REACHED" in text
    assert "- Date: 2026-11-21" in text
    assert "2 cores, 24 GiB" in text
    assert "`make bench` (each server and wire 5 times for 5 s)" in text
    assert "0.05 (median), 0.90 (worst turn)" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 100


def test_the_printed_table_fits_a_terminal_of_80_characters() -> None:
    printed = StringIO()
    print_report(report_of(AT_THE_AIMS), Console(file=printed, width=80))
    assert "…" not in printed.getvalue()
    assert "conventional" in printed.getvalue()
    assert "20,000" in printed.getvalue()
