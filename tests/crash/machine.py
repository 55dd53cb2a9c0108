"""The program on a machine that a test breaks: python -m tests.crash.machine '{…}' sandbox …

The first argument says, as JSON, on which disk it runs and which promises are broken on purpose.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from lastschrift.main import main
from lastschrift.storage.sqlite import checkpoints
from tests.crash.broken_promises import BREAKAGES
from tests.crash.disks import Disk, Watch
from tests.crash.faults import (
    Counting,
    CountingDisk,
    Failing,
    FailingDisk,
    Fault,
    Killing,
    KillingDisk,
    Slow,
    SlowDisk,
    Unsyncing,
    UnsyncingDisk,
)
from tests.crash.power import Power, PowerDisk


class Machine(Struct, kw_only=True):
    """What is wrong with a machine: with its disk, and with the program on it.

    ``moves_log_at_once``: each commit is moved from the log into the database when it is done.
    """

    disk: Fault | Power | None = None
    broken: Sequence[str] = ()
    moves_log_at_once: bool = False


_DISKS: Mapping[type[Struct], Callable[[Any], Watch]] = {
    Counting: CountingDisk,
    Killing: KillingDisk,
    Slow: SlowDisk,
    Failing: FailingDisk,
    Unsyncing: UnsyncingDisk,
    Power: PowerDisk,
}


def program_on(machine: Machine) -> tuple[str, ...]:
    """Return how the program is called on this machine (`tests.serving.running`)."""
    return (sys.executable, "-m", "tests.crash.machine", msgspec.json.encode(machine).decode())


def run() -> None:
    """Run the program on the machine that the first argument describes."""
    machine = msgspec.json.decode(sys.argv.pop(1), type=Machine)
    disk = None if machine.disk is None else Disk(_DISKS[type(machine.disk)](machine.disk))
    for name in machine.broken:
        BREAKAGES[name]()
    if machine.moves_log_at_once:
        checkpoints.STEP_PAGES = 1
    main()
    del disk  # SQLite uses it as long as this function runs.


if __name__ == "__main__":
    run()
