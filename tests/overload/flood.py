"""The load beside what is measured: as much as a core of the machine can send.

By `wrk`, where it is at hand; else by a `rush` of its own, which is a tenth as fast.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench.load import SCRIPT
from tests.overload.rush import COMMAND, Asked, Outcome

_SCRIPT = Path(__file__).with_name("flood.lua")
_END_S = 30


class Flooded(msgspec.Struct):
    """What came back to a flood; ``broken`` requests had no answer.

    ``asked_in``: how many were sent in which second since 1970, by `wrk`.
    """

    seconds: float
    answered: int
    refused: int
    broken: int
    asked_in: dict[int, int] = {}

    @property
    def rate(self) -> float:
        """How many answers there were in a second, refusals too."""
        return self.answered / self.seconds

    def rate_undisturbed(self, beside: Outcome) -> float:
        """Return the same of those seconds in which the host kept next to nothing for others.

        ``beside``: what was measured at the same time.
        """
        counts = [n for second, n in self.asked_in.items() if beside.is_undisturbed_in(second)]
        return sum(counts) / len(counts) if counts else self.rate

    @property
    def rate_refused(self) -> float:
        """How many of them were refusals."""
        return self.refused / self.seconds


@dataclass(slots=True)
class Flood:
    """A flood that is on; ``flooded`` is there when it is over."""

    came: list[Flooded] = field(default_factory=list)

    @property
    def flooded(self) -> Flooded:
        """What came back."""
        (came,) = self.came
        return came


@contextmanager
def flooding(asked: Asked) -> Iterator[Flood]:
    """Flood a server while the block runs, and until ``asked.seconds`` are over."""
    flood = Flood()
    has_wrk = shutil.which("wrk") is not None
    variables = {
        "FLOOD_REGISTRATIONS": str(SCRIPT),
        "FLOOD_RATE": f"{asked.rate:.0f}",
        "FLOOD_CONNECTIONS": str(asked.connections),
    }
    with tempfile.TemporaryDirectory(prefix="lastschrift-flood-") as name:
        given = Path(name, "asked")
        given.write_bytes(msgspec.json.encode(asked))
        with (
            given.open("rb") as text,
            subprocess.Popen(
                _wrk(asked, Path(name)) if has_wrk else COMMAND,
                env={**os.environ, **variables},
                stdin=text,
                stdout=subprocess.PIPE,
            ) as process,
        ):
            try:
                yield flood
                said, _ = process.communicate(timeout=asked.seconds + _END_S)
            finally:
                process.kill()
    flood.came.append(_of_wrk(said) if has_wrk else _of_rush(said))


def _wrk(asked: Asked, directory: Path) -> list[str]:
    template, customers = directory / "request", directory / "customers"
    template.write_text(asked.template, newline="")
    customers.write_text("\n".join(asked.customers))
    return [
        *("nice", "-n", "19"),  # so that the client which measures need not wait for it
        "wrk",
        "--threads=1",
        f"--connections={asked.connections}",
        f"--duration={asked.seconds:.0f}s",
        f"--timeout={_END_S}s",
        f"--script={_SCRIPT}",
        f"http://127.0.0.1:{asked.port}",
        "--",
        *(str(template), str(customers), "0", str(asked.account_first)),
    ]


def _of_wrk(said: bytes) -> Flooded:
    return msgspec.json.decode(said.splitlines()[-1], type=Flooded)


def _of_rush(said: bytes) -> Flooded:
    outcome = msgspec.json.decode(said, type=Outcome)
    answered = sum(answers.count for answers in outcome.by_status.values())
    return Flooded(outcome.seconds, answered, outcome.of(503).count, outcome.broken)
