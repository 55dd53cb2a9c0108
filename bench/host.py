"""The host that a virtual machine is a guest of, and waiting until it has no other work.

While it has, our processors stand still, for a moment or for minutes, and what is measured then
tells of the host. Only who wants the processors sees that they are not to be had; so we want all of
them for a moment, and look. On a machine of its own nothing is ever kept back.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from bench.processes import stolen_seconds_of_machine

T = TypeVar("T")

WAIT_S_MAX = 300
"""Then it is measured all the same: some hosts are never quiet."""

TRIES_MAX = 5
"""So often it is measured, if the host began other work each time."""

_LOOK_S = 2
_REST_S = 5
_KEPT_BACK_MAX = 0.01

_BUSY = f"""
import os, time
os.sched_setaffinity(0, range(os.cpu_count()))  # who measures may have some of the processors only
end_s = time.monotonic() + {_LOOK_S}
while time.monotonic() < end_s: pass
"""


def kept_back() -> float:
    """Return which part of all processors the host keeps for others just now."""
    stolen_before_s, began_s = stolen_seconds_of_machine(), time.monotonic()
    busy = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(os.cpu_count() or 1)]
    for process in busy:
        process.wait()
    stolen_s = stolen_seconds_of_machine() - stolen_before_s
    return stolen_s / ((time.monotonic() - began_s) * len(busy))


def await_quiet_host(
    wait_s_max: float = WAIT_S_MAX,
    *,
    look: Callable[[], float] = kept_back,
    rest_s: float = _REST_S,
) -> bool:
    """Return whether the host has no other work: as soon as it has none, or when time is up.

    ``look`` tells which part of the processors it keeps, and is asked again after ``rest_s``. That
    it is waited for is said on standard error.
    """
    until_s = time.monotonic() + wait_s_max
    is_waited_for = False
    while (kept := look()) > _KEPT_BACK_MAX:
        if time.monotonic() + rest_s > until_s:
            _tell(kept, "measured all the same")
            return False
        if not is_waited_for:
            _tell(kept, f"waiting {wait_s_max:.0f} s at most")
            is_waited_for = True
        time.sleep(rest_s)
    return True


def least_disturbed(
    measure: Callable[[], T],
    tries_max: int = TRIES_MAX,
    *,
    wait: Callable[[], bool] = await_quiet_host,
    stolen_s: Callable[[], float] = stolen_seconds_of_machine,
) -> tuple[T, float]:
    """Return what was measured, and which part of all processors the host kept back meanwhile.

    It is measured when ``wait`` says that the host is quiet, and again where it did not stay so;
    the time with the least kept back counts. A host that is never quiet is not tried twice.
    ``stolen_s`` tells how many seconds were kept back so far.
    """
    measured: list[tuple[T, float]] = []
    while len(measured) < tries_max:
        is_quiet = wait()
        stolen_before_s, began_s = stolen_s(), time.monotonic()
        result = measure()
        processors_s = (time.monotonic() - began_s) * (os.cpu_count() or 1)
        kept = (stolen_s() - stolen_before_s) / processors_s
        measured.append((result, kept))
        if kept <= _KEPT_BACK_MAX or not is_quiet:
            break
        if len(measured) < tries_max:
            _tell(kept, "measuring again")
    return min(measured, key=lambda one: one[1])


def _tell(kept: float, so: str) -> None:
    said = f"the machine's host keeps {kept:.0%} of the processors for others: {so}"
    print(said, file=sys.stderr, flush=True)
