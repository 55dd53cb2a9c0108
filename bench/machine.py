"""The machine that was measured on, as far as it matters for the figures."""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SYNC_COUNT = 200
SYNC_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Size and software; `sync_us` is how long the disk takes to keep 4 KiB for good."""

    cores: int
    memory_gib: float
    python: str
    system: str
    sync_us: float


def this_machine(directory: Path) -> Machine:
    """Return the facts; `directory` is on the disk that the databases are on."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        sync_us=sync_us(directory),
    )


def sync_us(directory: Path) -> float:
    """Return the median duration of a write of 4 KiB with fdatasync, in microseconds."""
    path = directory / "sync"
    durations = []
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNC_COUNT):
            started_at = time.perf_counter()
            file.write(bytes(SYNC_BYTES))
            os.fdatasync(file.fileno())
            durations.append(time.perf_counter() - started_at)
    path.unlink()
    return median(durations) * 1e6
