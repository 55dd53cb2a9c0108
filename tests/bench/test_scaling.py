"""The arithmetic of the scaling guide: read off two pages, worked out, written into it."""

import pytest

from bench.load import BenchFailed
from bench.scaling import (
    GUIDE,
    Costs,
    Need,
    all_told,
    read_costs,
    read_slowness,
    worked_out,
    written_into,
)
from bench.weights import Weights, read_weights, told

POSTGRES_PAGE = """
| lastschrift | 10,005 | 25.0 | 1.19 | 2.80 | 8.90 | 66 | 80 | 67 |
| lastschrift | 9,000 | 25.0 | 1.19 | 2.80 | 8.90 | 72 | 70 | 67 |
"""
STORED_PAGE = """
- 515 bytes an account on disk, indexes and audit entry included; stored in 5 s
- 724 bytes an account on disk, indexes and audit entry included; 120 bytes of it in the index that finds duplicates; stored in 5 s
"""  # noqa: E501  # as the page has it


WEIGHTS = Weights(
    wal_full_bytes=2_000, wal_bytes=1_200, customer_bytes=1_000, key_bytes=400, entry_bytes=200
)


def test_the_dearer_wire_counts() -> None:
    costs = read_costs(POSTGRES_PAGE, STORED_PAGE)
    assert costs == Costs(server_us=72, database_us=80, account_bytes=724, index_bytes=120)


def test_what_was_not_measured_is_not_worked_out() -> None:
    with pytest.raises(BenchFailed, match="make bench"):
        read_costs(POSTGRES_PAGE, "")


def test_the_arithmetic_adds_up() -> None:
    costs = Costs(server_us=72, database_us=80, account_bytes=724, index_bytes=120)
    table = worked_out(costs)
    assert "| server CPU | 72 µs x 50,000/s | 3.6 cores |" in table
    assert "| data, with indexes and audit entries | 724 bytes x 100 million | 72 GB |" in table


def test_what_comes_with_registrations_counts() -> None:
    costs = Costs(server_us=72, database_us=80, account_bytes=724, index_bytes=120)
    table = all_told(Need(costs, WEIGHTS, slowness=1.5))
    for row in (
        "| server CPU | 72 µs (a customer's: `assumed`) x 100,000/s | 7.2 cores |",
        "| server machines | / 60% busy / 16 cores + 1 that may be down | 2 |",
        "| PostgreSQL's CPU, accounts stored | (80 µs + 50% of all CPU) x 100,000/s | 15.6 cores |",
        "| primaries | / 60% busy / 16 cores | 2 |",
        "| network to the standbys | x 2 standbys x 8 bits | 3.2 Gbit/s |",
        "| 400 bytes x 20 million (`assumed`: 10% of all are new) | 8 GB |",
    ):
        assert row in table


def test_how_much_dearer_a_filled_database_is_stands_in_its_page() -> None:
    page = "| PostgreSQL | 10,000,000 | 6,000 | 4 | 9 |\n| PostgreSQL | 0 | 7,500 | 4 | 9 |"
    assert read_slowness(page) == 1.25
    with pytest.raises(BenchFailed, match="make bench-stored"):
        read_slowness("")


def test_what_was_weighed_is_read_as_it_was_told() -> None:
    assert read_weights(told(WEIGHTS, "2026-11-23")) == WEIGHTS
    with pytest.raises(BenchFailed, match=r"bench\.weights"):
        read_weights("")


def test_the_guide_has_room_for_it() -> None:
    guide = GUIDE.read_text()
    assert written_into(guide, "computed\n").count("computed\n") == 1
    assert written_into(written_into(guide, "a\n"), "b\n") == written_into(guide, "b\n")
