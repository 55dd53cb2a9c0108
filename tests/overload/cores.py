"""Who runs on which cores: a server with all it needs on one, whoever sends to it on the others.

Where load and server share cores, a flood takes the server's own time away, and what is measured
tells of the machine. With a core of its own a server does less, and five times that can be sent.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import process_tree

Cores = frozenset[int]


def cores_apart() -> tuple[Cores, Cores]:
    """Return a server's core, and the others; where there is but one, it is both."""
    first, *others = sorted(os.sched_getaffinity(0))
    return Cores({first}), Cores(others or {first})


@contextmanager
def on_cores(cores: Cores) -> Iterator[None]:
    """Run on these cores, and so whatever is started, until the block ends."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def moved(root: int, cores: Cores) -> Iterator[None]:
    """Let a process and all that it has started run on these cores until the block ends."""
    _move(root, cores)
    try:
        yield
    finally:
        _move(root, Cores(os.sched_getaffinity(0)))


def _move(root: int, cores: Cores) -> None:
    for process in process_tree(root):
        for thread in Path(f"/proc/{process}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
