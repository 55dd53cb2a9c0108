"""The arithmetic of the scaling guide: read off two pages, worked out, written into it."""

import pytest

from bench.load import BenchFailed
from bench.scaling import GUIDE, Costs, read_costs, worked_out, written_into

POSTGRES_PAGE = """
| lastschrift | 10,005 | 25.0 | 1.19 | 2.80 | 8.90 | 66 | 80 | 67 |
| lastschrift | 9,000 | 25.0 | 1.19 | 2.80 | 8.90 | 72 | 70 | 67 |
"""
STORED_PAGE = """
- 515 bytes an account on disk, indexes and audit entry included; stored in 5 s
- 724 bytes an account on disk, indexes and audit entry included; 120 bytes of it in the index that finds duplicates; stored in 5 s
"""  # noqa: E501  # as the page has it


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


def test_the_guide_has_room_for_it() -> None:
    guide = GUIDE.read_text()
    assert written_into(guide, "computed\n").count("computed\n") == 1
    assert written_into(written_into(guide, "a\n"), "b\n") == written_into(guide, "b\n")
