"""The servers that are compared, and how each is started."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load import BenchFailed

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server runs: its port, its own fresh directory, and the answer to repeat.

    ``database``: the URL of an empty PostgreSQL database, where the server is to use one.
    """

    port: int
    data: Path
    recorded_answer: Path
    database: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One server. `does_the_job` is false if it only repeats a recorded answer."""

    name: str
    command: Callable[[Place], list[str]]
    does_the_job: bool = True


def lastschrift_of(checkout: Path, name: str) -> Contender:
    """Return the server of a checkout, run by that checkout's own environment.

    Raises: BenchFailed if it is not built there.
    """
    program = checkout / ".venv" / "bin" / "lastschrift"
    if not program.exists():
        raise BenchFailed(f"there is no {program}: run `make setup` there")

    # Without PYTHONPATH, so that no checkout runs another one's code.
    environment = ["/usr/bin/env", "--unset=PYTHONPATH"]

    def command(place: Place) -> list[str]:
        database = [f"LASTSCHRIFT_DATABASE={place.database}"] if place.database else []
        options = ["--port", str(place.port), "--data", str(place.data)]
        return [*environment, *database, str(program), "sandbox", *options]

    return Contender(name=name, command=command)


def conventional() -> Contender:
    """Return the same job as most people would write it."""
    return Contender(
        name="conventional",
        command=lambda place: [
            *(sys.executable, "-m", "bench.conventional"),
            *("--port", str(place.port), "--data", str(place.data)),
            *(("--database", place.database) if place.database else ()),
        ],
    )


def bare() -> Contender:
    """Return the server that does nothing but HTTP."""
    return Contender(
        name="bare",
        command=lambda place: [
            *(sys.executable, "-m", "bench.bare"),
            *("--port", str(place.port), "--answer", str(place.recorded_answer)),
        ],
        does_the_job=False,
    )


CONTENDERS: Mapping[str, Callable[[], Contender]] = {
    "lastschrift": lambda: lastschrift_of(CHECKOUT, "lastschrift"),
    "conventional": conventional,
    "bare": bare,
}
