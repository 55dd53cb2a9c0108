"""Machines of their own on one wire: network namespaces joined by a bridge.

lay_wire()
machine = Machine(name="node1", address="10.77.0.1")
machine.set_up()
machine.pull_cable()
"""

import ipaddress
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NETWORK = ipaddress.ip_network("10.77.0.0/24")
USER = "nobody"
"""Whom the machines' programs run as: PostgreSQL and Patroni refuse to be root."""

_BRIDGE = "switch"
_CLIENTS_ADDRESS = NETWORK[254]
_KILL_TIMEOUT_S = 10


def ip(*arguments: str) -> str:
    """Run `ip` and return what it printed."""
    command = ["ip", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def as_user(command: Sequence[str]) -> list[str]:
    """Return a command that runs another one as `USER`."""
    user = pwd.getpwnam(USER)
    whom = ("--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups")
    return ["setpriv", *whom, "--", *command]


def lay_wire() -> None:
    """Make the bridge, and put this program's own namespace on it, where the clients are."""
    ip("link", "set", "lo", "up")
    ip("link", "add", _BRIDGE, "type", "bridge")
    ip("address", "add", f"{_CLIENTS_ADDRESS}/{NETWORK.prefixlen}", "dev", _BRIDGE)
    ip("link", "set", _BRIDGE, "up")


@dataclass(frozen=True, slots=True)
class Machine:
    """A network namespace with one cable to the bridge, and all processes in it."""

    name: str
    address: str

    def set_up(self) -> None:
        """Make the namespace and its cable."""
        ip("netns", "add", self.name)
        ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self._cable, "master", _BRIDGE, "up")
        in_it = ("-n", self.name)
        ip(*in_it, "address", "add", f"{self.address}/{NETWORK.prefixlen}", "dev", "eth0")
        ip(*in_it, "link", "set", "lo", "up")
        ip(*in_it, "link", "set", "eth0", "up")

    @property
    def _cable(self) -> str:
        return f"to-{self.name}"

    def pull_cable(self) -> None:
        """Cut the machine off from everything."""
        ip("link", "set", self._cable, "down")

    def plug_cable(self) -> None:
        """Connect it again."""
        ip("link", "set", self._cable, "up")

    def part_from(self, others: Sequence["Machine"]) -> None:
        """Cut the machine off from some, while all others reach it."""
        for other in others:
            ip("-n", self.name, "route", "add", "blackhole", f"{other.address}/32")

    def rejoin(self, others: Sequence["Machine"]) -> None:
        """Undo `part_from`."""
        for other in others:
            ip("-n", self.name, "route", "del", "blackhole", f"{other.address}/32")

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a program on the machine, as `USER`; its output is appended to a file."""
        with log.open("ab") as output:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *as_user(command)],
                env={"PATH": os.defpath + ":/usr/sbin", "HOME": str(log.parent)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def kill_everything(self) -> None:
        """End every process on the machine at once (SIGKILL), as a loss of power does."""
        deadline = time.monotonic() + _KILL_TIMEOUT_S
        while pids := self._pids():
            for pid in pids:
                _kill(pid)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: {pids} outlive SIGKILL")

    def _pids(self) -> list[int]:
        pids = [int(pid) for pid in ip("netns", "pids", self.name).split()]
        return [pid for pid in pids if not _is_zombie(pid)]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_zombie(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"
