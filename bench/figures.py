"""The arithmetic: samples to medians, medians to ratios, ratios against the aims.

>>> ratio(21_000, 500)
42.0
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is measured of one server; memory in MB (10^6 bytes)."""

    registrations_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    rss_mb: float
    pss_mb: float
    start_s: float
    database_cpu_us: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One server's figures in one round; `answered` registrations were acknowledged in it.

    `cores_elsewhere` is how many cores were busy with neither the server nor the load: the kernel,
    and programs that have nothing to do with the benchmark.
    """

    wire: str
    contender: str
    round_number: int
    answered: int
    cores_elsewhere: float
    figures: Figures


MediansByContender = Mapping[str, Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure to reach: `holds(measured, limit)` must be true."""

    text: str
    unit: str
    holds: Callable[[float, float], bool]
    limit: float
    measure: Callable[[MediansByContender], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An aim and what was measured."""

    aim: Aim
    measured: float

    @property
    def is_reached(self) -> bool:
        """True if the measured figure is on the right side of the limit."""
        return self.aim.holds(self.measured, self.aim.limit)


def ratio(figure: float, base: float) -> float:
    """Return how many times `base` the figure is; 0 if there is no base."""
    return figure / base if base else 0.0


AIMS: Sequence[Aim] = (
    Aim(
        text="registrations/s, times the conventional server's, at least",
        unit="x",
        holds=operator.ge,
        limit=40,
        measure=lambda medians: ratio(
            medians["lastschrift"].registrations_per_s,
            medians["conventional"].registrations_per_s,
        ),
    ),
    Aim(
        text="server CPU per request, times the bare server's, at most",
        unit="x",
        holds=operator.le,
        limit=3,
        measure=lambda medians: ratio(medians["lastschrift"].cpu_us, medians["bare"].cpu_us),
    ),
    Aim(
        text="p99, under",
        unit=" ms",
        holds=operator.lt,
        limit=10,
        measure=lambda medians: medians["lastschrift"].p99_ms,
    ),
    Aim(
        text="from start to first answer, under",
        unit=" s",
        holds=operator.lt,
        limit=0.5,
        measure=lambda medians: medians["lastschrift"].start_s,
    ),
    Aim(
        text="resident memory after the load, under",
        unit=" MB",
        holds=operator.lt,
        limit=80,
        measure=lambda medians: medians["lastschrift"].rss_mb,
    ),
)

CONTENDERS_OF_AIMS = frozenset({"lastschrift", "conventional", "bare"})


def median_figures(samples: Iterable[Figures]) -> Figures:
    """Return the median of each figure on its own."""
    rows = [asdict(sample) for sample in samples]
    return Figures(
        **{each.name: median(row[each.name] for row in rows) for each in fields(Figures)}
    )


def medians_by_contender(samples: Iterable[Sample], wire: str) -> dict[str, Figures]:
    """Return each server's medians on one wire, in the order in which they ran."""
    rows: dict[str, list[Figures]] = {}
    for sample in samples:
        if sample.wire == wire:
            rows.setdefault(sample.contender, []).append(sample.figures)
    return {name: median_figures(figures) for name, figures in rows.items()}


def ratios_by_round(samples: Iterable[Sample], wire: str, contender: str, base: str) -> list[float]:
    """Return the ratio of registrations/s in each round: neighbours in time, so noise cancels."""
    speeds = {
        (sample.round_number, sample.contender): sample.figures.registrations_per_s
        for sample in samples
        if sample.wire == wire
    }
    rounds = sorted({number for number, _ in speeds})
    return [ratio(speeds[number, contender], speeds[number, base]) for number in rounds]


def outcomes(medians: MediansByContender) -> list[Outcome]:
    """Return what became of each aim; none if a server that they compare with did not run."""
    if not medians.keys() >= CONTENDERS_OF_AIMS:
        return []
    return [Outcome(aim=aim, measured=aim.measure(medians)) for aim in AIMS]
