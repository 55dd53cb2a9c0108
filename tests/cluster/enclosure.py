"""A place of its own for the whole test: what is done in it leaves nothing behind.

Network, mounts and processes are those of new namespaces. The kernel takes them away when the
program ends, however that is, and every process in them.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

_INSIDE = "LASTSCHRIFT_CLUSTER_TEST_INSIDE"

_NAMESPACES = "--net --mount --pid --fork --kill-child --mount-proc".split()

# The shell is the first process, which inherits orphans and buries them. `ip netns` writes to /run.
_FIRST_PROCESS = 'mount -t tmpfs tmpfs /run && "$@"; exit $?'


def is_inside() -> bool:
    """Whether this program runs in the enclosure already."""
    return _INSIDE in os.environ


def run_inside(arguments: Sequence[str]) -> NoReturn:
    """Become this program anew, in the enclosure."""
    itself = [sys.executable, "-m", "tests.cluster", *arguments]
    command = ["unshare", *_NAMESPACES, "sh", "-c", _FIRST_PROCESS, "sh", *itself]
    os.execvpe(command[0], command, {**os.environ, _INSIDE: "yes"})
