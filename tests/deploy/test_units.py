"""deploy/'s systemd units: they fit the program, and the program fits into their sandbox."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import click
import httpx2
import pytest

from lastschrift.cli.root import lastschrift
from tests.deploy.proxies import DEPLOY, needs
from tests.serving import START_TIMEOUT_S, STOP_TIMEOUT_S, command_line, environment, run

UNITS = sorted(file.name for file in DEPLOY.glob("lastschrift*.*"))
SERVICES = [name for name in UNITS if name.endswith(".service")]
PROGRAM = "/opt/lastschrift/current/.venv/bin/lastschrift"
EXPOSURE_MAX = {
    "lastschrift.service": 1.5,
    "lastschrift-backup.service": 0.7,
    "lastschrift-check.service": 1.2,
}
"""What `systemd-analyze security` says at most; 10 is a service without any sandbox."""


def directives(unit: str, name: str) -> list[str]:
    """Return a directive's values, in their order."""
    lines = (DEPLOY / unit).read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def directive(unit: str, name: str) -> str:
    """Return the value of a directive that stands there once."""
    (value,) = directives(unit, name)
    return value


# --- what systemd says ----------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder with the units, whose program is one that is there."""
    for unit in UNITS:
        text = (DEPLOY / unit).read_text().replace(PROGRAM, sys.executable)
        (tmp_path / unit).write_text(text)
    return tmp_path


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [needs("systemd-analyze"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_the_unit(installed: Path, unit: str) -> None:
    verified = analyzed("verify", "--man=no", str(installed / unit))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_systemd_finds_a_wrong_directive(installed: Path) -> None:
    unit = installed / "lastschrift.service"
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHome=perhaps"))
    assert "Failed to parse protect home" in analyzed("verify", "--man=no", str(unit)).stderr


@pytest.mark.parametrize(
    ("written", "complaint"),
    [("LoadCredentialEncrypted=", ""), ("LoadCredentialEncrypt=", "Unknown")],
)
def test_systemd_takes_the_sealed_key_beside_the_unit(
    installed: Path, written: str, complaint: str
) -> None:
    drop_in = installed / "lastschrift.service.d" / "master-key-sealed.conf"
    drop_in.parent.mkdir()
    text = (DEPLOY / drop_in.name).read_text()
    drop_in.write_text(text.replace("LoadCredentialEncrypted=", written))
    verified = analyzed("verify", "--man=no", str(installed / "lastschrift.service"))
    assert bool(verified.stderr) is bool(complaint)
    assert complaint in verified.stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_the_service_is_as_little_exposed_as_is_said(unit: str) -> None:
    told = analyzed("security", "--offline=yes", "--no-pager", str(DEPLOY / unit)).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure is not None
    assert float(exposure[1]) <= EXPOSURE_MAX[unit]


# --- that it fits the program ---------------------------------------------------------------------


def parsed(arguments: Sequence[str]) -> Mapping[str, object]:
    """Return what a command is told by its arguments."""
    name, *rest = arguments
    command = lastschrift.get_command(click.Context(lastschrift), name)
    assert command is not None, name
    if isinstance(command, click.Group):
        name, *rest = rest
        command = command.commands[name]
    return command.make_context(name, rest).params


@pytest.mark.parametrize("unit", SERVICES)
def test_the_unit_begins_a_command_that_there_is(unit: str) -> None:
    for started in directives(unit, "ExecStart"):
        words = shlex.split(started.replace("$$", "$").replace("%%", "%"))
        line = words if words[0] == PROGRAM else shlex.split(words[-1])
        arguments = line[line.index(PROGRAM) + 1 :]
        directory = Path("/var/lib", directive(unit, "StateDirectory"))
        assert parsed(arguments)["directory"] == directory


def test_a_command_that_there_is_not_is_noticed() -> None:
    with pytest.raises(click.UsageError):
        parsed(["serve", "--date", "/var/lib/lastschrift"])


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.endswith(".timer")])
def test_a_timer_has_its_service(unit: str) -> None:
    assert unit.replace(".timer", ".service") in SERVICES


# --- that the program fits into it ----------------------------------------------------------------

OF_ROOT_ONLY = {"fchown"}
"""SQLite gives its files to the database's owner, if it runs as root (`robustFchown`)."""

CALL = re.compile(r"^\d+ +([a-z]\w*)\((.*)", re.MULTILINE)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Sequence[tuple[str, str]]:
    """Return all calls of the system that serving and backing up made, with their arguments."""
    place = tmp_path_factory.mktemp("traced")
    data = ["--data", str(place / "data")]
    assert run("init", *data).returncode == 0
    with traced(place / "served", "serve", "--port", "0", *data) as url:
        assert httpx2.get(f"{url}/readyz").status_code == 200
        assert "process_open_fds" in httpx2.get(f"{url}/metrics").text
        assert run("contract", "create", "Example", *data).returncode == 0
        with traced(place / "backed-up", "backup", str(place / "backup"), *data):
            pass
    found = [
        (match[1], match[2])
        for trace in ("served", "backed-up")
        for match in CALL.finditer((place / trace).read_text())
    ]
    assert len(found) > 1000
    return found


@contextmanager
def traced(trace: Path, *arguments: str) -> Iterator[str]:
    """Run a command under strace; give the URL that it prints, or an empty one at its end."""
    said = trace.with_suffix(".said")
    # -D: what is begun here is the command itself, so that it can be ended.
    command = [needs("strace"), "-D", "-f", "-qq", "-o", str(trace), *command_line(*arguments)]
    with said.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while process.poll() is None and "http://" not in said.read_text():
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.01)
        yield next(iter(re.findall(r"http://\S+", said.read_text())), "")
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
    finally:
        process.kill()
        process.wait()
    if "attach" in said.read_text() or "PTRACE" in said.read_text():
        pytest.skip(f"strace may not trace here: {said.read_text()}")


@cache
def members(group: str) -> frozenset[str]:
    """Return the calls of one of systemd's groups, and of the groups in it."""
    lines = analyzed("syscall-filter", "--no-pager", group).stdout.splitlines()[1:]
    names = {line.strip() for line in lines} - {""}
    return frozenset().union(
        *(members(name) if name.startswith("@") else {name} for name in names if name[0] != "#")
    )


def allowed_calls(unit: str) -> frozenset[str]:
    """Return the calls that a unit's filters leave; some are always left (systemd.exec(5))."""
    allowed = members("@default")
    for line in directives(unit, "SystemCallFilter"):
        named = frozenset().union(*map(members_or_call, line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def members_or_call(name: str) -> frozenset[str]:
    return members(name) if name.startswith("@") else frozenset({name})


def test_the_filter_leaves_every_call_that_is_made(calls: Sequence[tuple[str, str]]) -> None:
    made = {name for name, _ in calls}
    spared = OF_ROOT_ONLY if os.geteuid() == 0 else set()
    assert {"fdatasync", "accept4", "openat"} <= made
    assert made - allowed_calls("lastschrift.service") - spared == set()


def test_the_filter_leaves_no_call_that_is_dangerous() -> None:
    allowed = allowed_calls("lastschrift.service")
    assert {"read", "io_uring_setup"} <= allowed
    assert not {"mount", "ptrace", "bpf", "kexec_load", "init_module", "setuid"} & allowed


def test_sockets_are_of_the_families_that_are_allowed(calls: Sequence[tuple[str, str]]) -> None:
    allowed = set(directive("lastschrift.service", "RestrictAddressFamilies").split())
    made = {arguments.partition(",")[0] for name, arguments in calls if name == "socket"}
    assert {"AF_INET", "AF_UNIX"} <= made <= allowed


def test_no_memory_becomes_executable_that_was_written(calls: Sequence[tuple[str, str]]) -> None:
    """What MemoryDenyWriteExecute refuses, as systemd.exec(5) tells it."""
    for name, arguments in calls:
        if name == "mmap":
            assert not {"PROT_WRITE", "PROT_EXEC"} <= set(re.findall(r"PROT_\w+", arguments))
        elif name in {"mprotect", "pkey_mprotect"}:
            assert "PROT_EXEC" not in arguments


def test_nothing_is_written_but_in_its_own_directory(calls: Sequence[tuple[str, str]]) -> None:
    """The backup stands beside the data here; its unit may write in a directory of its own."""
    opened = [arguments.split(", ") for name, arguments in calls if name == "openat"]
    written = {
        Path(path.strip('"'))
        for _, path, flags, *_ in opened
        if re.search("O_(WRONLY|RDWR|CREAT)", flags)
    }
    own = next(path.parents[1] for path in written if path.name == "lastschrift.db")
    assert [path for path in written if own not in path.parents and path != Path("/dev/null")] == []
