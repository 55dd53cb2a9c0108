"""One machine of the cluster: etcd, Patroni and the PostgreSQL that Patroni runs."""

import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests import postgres
from tests.cluster.configuration import Addresses, Passwords, Places, etcd_flags, patroni_file
from tests.cluster.environment import PYTHON
from tests.cluster.network import NETWORK, USER, Machine

_FOLDERS = ("etcd", "postgres", "sockets")


@dataclass(slots=True)
class Node:
    """A machine and what runs on it; ``directory`` is its disk."""

    machine: Machine
    directory: Path
    passwords: Passwords = field(repr=False)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        """What Patroni calls it."""
        return self.machine.name

    @property
    def address(self) -> str:
        """Where it is reached."""
        return self.machine.address

    def set_up(self, machines: Addresses) -> None:
        """Make the machine with its disk and its configuration, one among others."""
        self.machine.set_up()
        self.directory.mkdir()
        for name in _FOLDERS:
            (self.directory / name).mkdir(mode=0o700)
        patroni = patroni_file(self.name, machines, self._places, self.passwords)
        (self.directory / "patroni.yml").write_text(patroni)
        flags = etcd_flags(self.name, machines, self._places)
        (self.directory / "etcd.flags").write_text(flags)
        owner = pwd.getpwnam(USER)
        for path in (self.directory, *self.directory.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)

    @property
    def _places(self) -> Places:
        return Places(
            data=str(self.directory / "postgres"),
            etcd_data=str(self.directory / "etcd"),
            sockets=str(self.directory / "sockets"),
            programs=str(postgres.programs()),
            network=str(NETWORK),
            watchdog="off",
        )

    def start(self) -> None:
        """Start etcd and Patroni; Patroni starts PostgreSQL."""
        flags = (self.directory / "etcd.flags").read_text().split()
        self._start("etcd", ["etcd", *flags])
        configuration = str(self.directory / "patroni.yml")
        self._start("patroni", [str(PYTHON), "-m", "patroni", configuration])

    def _start(self, name: str, command: Sequence[str]) -> None:
        log = self.directory / f"{name}.log"
        self._processes.append(self.machine.start(command, log))

    def lose_power(self) -> None:
        """Pull the cable and end all processes at once."""
        self.machine.pull_cable()
        self.kill()

    def regain_power(self) -> None:
        """Start the machine again, with what is on its disk."""
        self.machine.plug_cable()
        self.start()

    def kill(self) -> None:
        """End all processes at once."""
        self.machine.kill_everything()
        for process in self._processes:
            process.wait()
        self._processes.clear()

    def kill_postgres(self) -> None:
        """End PostgreSQL's first process at once; Patroni is left."""
        pid_file = self.directory / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
