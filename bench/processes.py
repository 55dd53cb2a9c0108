"""What a server's process tree has used, as Linux tells it in /proc.

>>> import os
>>> process_tree(os.getpid())[0] == os.getpid()
True
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# Fields of /proc/PID/stat behind the command's closing bracket, counted from 0; proc_pid_stat(5).
PARENT, USER_TICKS, SYSTEM_TICKS = 1, 11, 12
# Fields of the first line of /proc/stat; proc_stat(5). Waiting for the disk follows idle, and the
# guests' time is part of the user time already. Stolen is what other machines on our host had.
IDLE, STOLEN, GUEST = 3, 7, 8


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in MB (10^6 bytes): resident, and with shared pages counted in shares."""

    rss_mb: float
    pss_mb: float


def process_tree(root: int) -> list[int]:
    """Return `root` and all its living descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        fields = stat_fields(int(entry.name)) if entry.name.isdigit() else []
        if fields:
            children.setdefault(int(fields[PARENT]), []).append(int(entry.name))
    tree = [root]
    for pid in tree:  # grows while it is walked
        tree.extend(children.get(pid, []))
    return tree


def cpu_seconds(root: int) -> float:
    """Return the processor time of the tree under `root`, user and system."""
    ticks = 0
    for pid in process_tree(root):
        fields = stat_fields(pid)
        if fields:
            ticks += int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])
    return ticks / TICKS_PER_S


def cpu_seconds_of_machine() -> float:
    """Return the processor time of everything that has run since the machine started."""
    ticks = _ticks_of_machine()
    return (sum(ticks[:IDLE]) + sum(ticks[IDLE + 2 : GUEST])) / TICKS_PER_S


def stolen_seconds_of_machine() -> float:
    """Return the processor time that this machine wanted, and its host gave to others."""
    return _ticks_of_machine()[STOLEN] / TICKS_PER_S


def _ticks_of_machine() -> list[int]:
    return [int(field) for field in read(PROC / "stat").splitlines()[0].split()[1:]]


def memory(root: int) -> Memory:
    """Return the memory of the tree under `root`."""
    kilobytes = {"Rss": 0, "Pss": 0}
    for pid in process_tree(root):
        for line in read(PROC / str(pid) / "smaps_rollup").splitlines():
            name, _, rest = line.partition(":")
            if name in kilobytes:
                kilobytes[name] += int(rest.split()[0])
    return Memory(rss_mb=kilobytes["Rss"] * 1024 / 1e6, pss_mb=kilobytes["Pss"] * 1024 / 1e6)


def stat_fields(pid: int) -> list[str]:
    """Return the fields behind the command's name, which may hold blanks; none if it ended."""
    return read(PROC / str(pid) / "stat").rpartition(")")[2].split()


def read(path: Path) -> str:
    """Return the file's text, empty if its process has ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
