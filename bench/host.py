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

from bench.processes import stolen_seconds_of_machine

WAIT_S_MAX = 300
"""Then it is measured all the same: some hosts are never quiet."""

_LOOK_S = 2
_REST_S = 5
_KEPT_BACK_MAX = 0.01

_BUSY = (
    *(sys.executable, "-c"),
    f"import time; end_s = time.monotonic() + {_LOOK_S}\nwhile time.monotonic() < end_s: pass",
)


def await_quiet_host(
    wait_s_max: float = WAIT_S_MAX,
    *,
    look: Callable[[], float] | None = None,
    rest_s: float = _REST_S,
) -> bool:
    """Return whether the host has no other work: as soon as it has none, or when time is up.

    ``look`` tells which part of the processors it keeps, and is asked again after ``rest_s``.
    """
    look = look or kept_back
    until_s = time.monotonic() + wait_s_max
    while not (is_quiet := look() <= _KEPT_BACK_MAX):
        if time.monotonic() + rest_s > until_s:
            break
        time.sleep(rest_s)
    return is_quiet


def kept_back() -> float:
    """Return which part of all processors the host keeps for others just now."""
    stolen_before_s, began_s = stolen_seconds_of_machine(), time.monotonic()
    busy = [subprocess.Popen(_BUSY) for _ in os.sched_getaffinity(0)]
    for process in busy:
        process.wait()
    stolen_s = stolen_seconds_of_machine() - stolen_before_s
    return stolen_s / ((time.monotonic() - began_s) * len(busy))
