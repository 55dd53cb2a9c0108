"""The guide to production can be followed: its commands are run as they stand, on a made machine.

The machine is a folder: every place that the guide names lies in it, and what only a whole system
has (users, services, a repository to clone) is stood in for by a program that writes down what it
was asked. What `make setup` would build is this checkout's program, from deploy/ as it is.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.proxies import (
    DEPLOY,
    await_port,
    free_port,
    make_certificate,
    needs,
    running_proxy,
)
from tests.serving import STOP_TIMEOUT_S, command_line, environment

GUIDE = (DEPLOY.parent / "docs" / "guides" / "production.md").read_text()
PLACES = ("/opt/lastschrift", "/var/", "/etc/", "/usr/local/bin")

NOTES_DOWN = 'echo "$(basename "$0") $*" >>"$MACHINE/asked"\n'
STAND_INS = {
    "adduser": NOTES_DOWN,
    "systemctl": NOTES_DOWN,
    "haproxy": NOTES_DOWN,
    "git": NOTES_DOWN + 'mkdir -p "$5"\n',
    "make": NOTES_DOWN + 'cp -r "$MACHINE/built/." "$2"\n',
    # Users and owners are the real system's: who has no such user runs as who we are.
    "runuser": 'shift 3\nexec "$@"\n',
    "install": 'exec /usr/bin/install $(echo "$*" | sed "s/-[og] lastschrift//g")\n',
}


def blocks(heading: str, language: str = "sh") -> list[str]:
    """Return the blocks of one language below a heading, up to the next one of its rank."""
    _, _, after = GUIDE.partition(f"\n{heading}\n")
    assert after, f"the guide has no {heading}"
    rank = heading.index(" ")
    section = re.split(rf"^#{{2,{rank}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class Machine:
    """A folder that stands for a machine, on which a root's commands are run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("bin", "usr/local/bin", "etc/systemd/system", "etc/haproxy", "var", "opt"):
            (root / folder).mkdir(parents=True)
        for folder in ("opt/lastschrift", "var/lib", "var/backups"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in STAND_INS.items():
            self._program(root / "bin" / name, text)
        program = " ".join(map(shlex.quote, command_line()))
        self._program(root / "built/.venv/bin/lastschrift", f'exec {program} "$@"\n')
        for file in DEPLOY.iterdir():
            built = root / "built" / "deploy" / file.name
            built.parent.mkdir(exist_ok=True)
            built.write_text(self.here(file.read_text()))

    def _program(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}")
        file.chmod(0o755)

    def here(self, text: str) -> str:
        """Return a text with the places of this machine in it."""
        for place in PLACES:
            text = re.sub(rf"(?<![\w.]){re.escape(place)}", f"{self.root}{place}", text)
        return text

    def do(self, script: str, **variables: str) -> str:
        """Run commands of the guide, and return what they said."""
        path = f"{self.root}/bin:{self.root}/usr/local/bin:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-euc", self.here(script)],
            cwd=self.root,
            env={**environment(MACHINE=str(self.root), **variables), "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout

    def started_by(self, unit: str) -> list[str]:
        """Return the command line of an installed unit."""
        text = (self.root / "etc/systemd/system" / unit).read_text()
        (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
        return shlex.split(line)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def settings_of(machine: Machine, changes: Mapping[str, str]) -> None:
    """Set what the guide says, at the top of the file, where a setting may stand."""
    (shown,) = blocks("## Installing", "toml")
    file = machine.root / "var/lib/lastschrift/lastschrift.toml"
    text = machine.here(shown) + file.read_text()
    for theirs, ours in changes.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    file.write_text(text)


def test_an_empty_machine_becomes_a_server_behind_a_proxy(machine: Machine, tmp_path: Path) -> None:
    port, proxy_port = free_port(), free_port()
    install, make_data = blocks("## Installing")
    begin, look = blocks("## The service")
    from_outside = blocks("## TLS and the proxy")[1]
    machine.do(install, REPOSITORY="https://example.org/lastschrift.git")
    machine.do(make_data)
    settings_of(machine, {"127.0.0.1:8080": f"127.0.0.1:{port}"})
    machine.do(begin)
    with served_by(machine.started_by("lastschrift.service")):
        await_port(port)
        told = machine.do(look.replace(":8080", f":{port}"))
        assert "wrong" not in told
        needs("haproxy")
        with running_proxy(
            "haproxy", port=proxy_port, servers=[f"127.0.0.1:{port}"], directory=tmp_path
        ) as proxy:
            here = f"--cacert {proxy.certificate} {proxy.url}/"
            told = machine.do(from_outside.replace("https://debit.example.org/", here))
    assert told.split() == ["405", "404"]


@contextmanager
def served_by(command: Sequence[str]) -> Iterator[None]:
    """Run a server until the block ends."""
    server = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    try:
        yield
        server.terminate()
        assert server.wait(STOP_TIMEOUT_S) == 0
    finally:
        server.kill()
        server.wait()


def test_what_the_timers_begin_does_what_is_said(machine: Machine) -> None:
    install, make_data = blocks("## Installing")
    machine.do(install, REPOSITORY="https://example.org/lastschrift.git")
    machine.do(make_data)
    settings_of(machine, {})
    machine.do(blocks("## The service")[0])
    unit = (machine.root / "etc/systemd/system/lastschrift-backup.service").read_text()
    backups = machine.root / "var/backups/lastschrift"
    old = backups / "lastschrift-2026-01-01-000000.backup"
    old.touch()
    os.utime(old, (0, 0))
    for line in re.findall(r"^ExecStart(?:Post)?=(.*)$", unit, re.MULTILINE):
        machine.do(line.replace("$$", "$").replace("%%", "%"), BACKUPS=str(backups))
    (backup,) = backups.iterdir()
    assert re.fullmatch(r"lastschrift-\d{4}(-\d\d){2}-\d{6}\.backup", backup.name)
    assert backup.stat().st_mode & 0o777 == 0o600

    check = (machine.root / "etc/systemd/system/lastschrift-check.service").read_text()
    doctor, verify = re.findall(r"^ExecStart=(.*)$", check, re.MULTILINE)
    assert "wrong" not in machine.do(doctor)
    assert "0 faults" in machine.do(verify)


def test_the_proxys_configuration_is_put_where_it_is_read(machine: Machine) -> None:
    machine.do(blocks("## Installing")[0], REPOSITORY="https://example.org/lastschrift.git")
    make_certificate(machine.root)
    (machine.root / "certificate.pem").rename(machine.root / "fullchain.pem")
    (machine.root / "key.pem").rename(machine.root / "privkey.pem")
    machine.do(blocks("## TLS and the proxy")[0])
    assert (machine.root / "etc/haproxy/lastschrift.pem").stat().st_mode & 0o777 == 0o600
    asked = (machine.root / "asked").read_text().splitlines()
    assert asked[-2:] == [
        f"haproxy -c -f {machine.root}/etc/haproxy/haproxy.cfg",
        "systemctl reload haproxy",
    ]


def test_what_a_wrong_command_says_is_noticed(machine: Machine) -> None:
    with pytest.raises(AssertionError, match="no-such-command"):
        machine.do("no-such-command")


def test_the_update_builds_beside_and_has_a_way_back(machine: Machine) -> None:
    install, make_data = blocks("## Installing")
    machine.do(install, REPOSITORY="https://example.org/lastschrift.git")
    machine.do(make_data)
    settings_of(machine, {})
    (update,) = blocks("## Updates, and the way back", "")
    machine.do(update, REPOSITORY="https://example.org/lastschrift.git")
    assert (machine.root / "opt/lastschrift/current").readlink() == Path("0.2.0")
    machine.do("ln -sfn 0.1.0 /opt/lastschrift/current; lastschrift --version")
    assert (machine.root / "opt/lastschrift/current").readlink() == Path("0.1.0")
