"""The result as it is told: a row for each kind of mishap, and every failure by name."""

from datetime import date

from tests.cluster import report
from tests.cluster.environment import REQUIREMENTS, builder_of
from tests.cluster.faults import FAULTS
from tests.cluster.rounds import Round


def round_of(fault: str, gap_s: float, *, lost: int = 0, doubled: int = 0) -> Round:
    return Round(fault=fault, acknowledged=1000, gap_s=gap_s, lost=lost, doubled=doubled)


def test_the_rounds_of_a_kind_are_one_row() -> None:
    rounds = [round_of("machine", gap_s) for gap_s in (20.0, 25.0, 22.0)]
    assert report.rows(rounds) == [
        [FAULTS["machine"].what, "3", "3,000", "0", "0", "25.0", "22.0", "30"]
    ]


def test_good_rounds_have_no_failures() -> None:
    assert report.failures([round_of("machine", 30.0), round_of("switchover", 5.0)]) == []


def test_a_loss_a_double_and_a_long_gap_are_failures() -> None:
    rounds = [
        round_of("machine", 1.0, lost=2),
        round_of("postgres", 1.0, doubled=1),
        round_of("switchover", 5.1),
    ]
    assert report.failures(rounds) == [
        "machine: 2 lost, 0 doubled",
        "postgres: 0 lost, 1 doubled",
        "switchover: a gap of 5.1 s, aim 5 s",
    ]


def test_the_guide_gets_a_table_and_how_it_was_made() -> None:
    rounds = [round_of("machine", 20.0)]
    text = report.as_markdown(rounds, {"Load": "some"}, date(2026, 11, 21))
    assert (
        "| the primary's machine loses its power | 1 | 1,000 | 0 | 0 | 20.0 | 20.0 | 30 |" in text
    )
    assert "- Date: 2026-11-21\n- Load: some\n" in text


def test_what_builds_others_is_installed_first_and_alone() -> None:
    builder = builder_of(REQUIREMENTS.read_text())
    assert builder.count("==") == 1
    assert builder.startswith("setuptools==")
    assert "--hash=sha256:" in builder
