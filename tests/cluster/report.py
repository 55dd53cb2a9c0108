"""The result: a table for the terminal, and the same table for the guide."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median

from tests.cluster.faults import FAULTS
from tests.cluster.rounds import Round

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "high-availability.md"

HEADINGS = (
    "what happened",
    "times",
    "acknowledged",
    "lost",
    "doubled",
    "longest gap s",
    "median gap s",
    "aim s",
)

_MARKED = re.compile(
    r"(?<=<!-- Written by `make cluster-test`: -->\n).*?(?=<!-- Until here\. -->)", re.DOTALL
)


def rows(rounds: Sequence[Round]) -> list[list[str]]:
    """Return a row for each kind of mishap, in the order of `HEADINGS`."""
    by_fault: dict[str, list[Round]] = {}
    for each in rounds:
        by_fault.setdefault(each.fault, []).append(each)
    return [_row(name, of_kind) for name, of_kind in by_fault.items()]


def _row(name: str, rounds: Sequence[Round]) -> list[str]:
    fault = FAULTS[name]
    gaps_s = [each.gap_s for each in rounds]
    return [
        fault.what,
        str(len(rounds)),
        f"{sum(each.acknowledged for each in rounds):,}",
        str(sum(each.lost for each in rounds)),
        str(sum(each.doubled for each in rounds)),
        f"{max(gaps_s):.1f}",
        f"{median(gaps_s):.1f}",
        f"{fault.gap_s_max}",
    ]


def failures(rounds: Sequence[Round]) -> list[str]:
    """Return what must never happen and did, and each aim that was missed."""
    told = []
    for each in rounds:
        aim_s = FAULTS[each.fault].gap_s_max
        if each.lost or each.doubled:
            told.append(f"{each.fault}: {each.lost} lost, {each.doubled} doubled")
        if each.gap_s > aim_s:
            told.append(f"{each.fault}: a gap of {each.gap_s:.1f} s, aim {aim_s} s")
    return told


def as_markdown(rounds: Sequence[Round], facts: Mapping[str, str], day: date) -> str:
    """Return the result as it stands in the guide."""
    lines = [HEADINGS, ["---", *["---:"] * (len(HEADINGS) - 1)], *rows(rounds)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    told = "\n".join(f"- {name}: {text}" for name, text in {"Date": str(day), **facts}.items())
    return f"\n{table}\n\n{told}\n\n"


def in_guide(guide: str, result: str) -> str:
    """Return the guide with another result between its marks.

    Raises: LookupError, if it has no marks.
    """
    if _MARKED.search(guide) is None:
        raise LookupError("the marks")
    return _MARKED.sub(lambda _: result, guide)
