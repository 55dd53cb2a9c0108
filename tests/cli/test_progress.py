"""How far a long command is, told to people before a terminal and to logs."""

import sys

import pytest

from lastschrift.cli.progress import progress_shown


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_where_no_terminal_is_a_line_is_written_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    with progress_shown(clock) as tell:
        for rows in range(1_000, 21_000, 1_000):
            tell("copying", "debtor", rows, 20_000)
            clock.now_s += 1
        tell("comparing", "debtor", 1_000, 20_000)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "copying debtor: 1,000 of 20,000 rows",
        "copying debtor: 6,000 of 20,000 rows",
        "copying debtor: 11,000 of 20,000 rows",
        "copying debtor: 16,000 of 20,000 rows",
        "copying debtor: 20,000 of 20,000 rows",
        "comparing debtor: 1,000 of 20,000 rows",
    ]


def test_a_terminal_shows_a_bar_for_each_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    with progress_shown() as tell:
        tell("copying", "contract", 1, 2)
        tell("copying", "debtor", 2, 2)
        tell("comparing", "contract", 1, 2)
    captured = capsys.readouterr()
    assert captured.out == ""
    shown = captured.err
    assert "copying debtor" in shown
    assert "comparing contract" in shown
    assert "2/2" in shown
