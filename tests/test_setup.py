"""What `make setup` says and does, told on machines that lack something, made of a PATH alone."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.node import NODE_VERSION_MIN

ROOT = Path(__file__).resolve().parent.parent

TOOLS = ("sh", "cat", "cksum", "cp", "df", "dirname", "flock", "grep", "mkdir", "rm", "tail")

# Stands for Python and, inside .venv, for the environment's own: the probe runs in a real Python,
# an environment is an empty folder, and pip writes down what it was asked, then does as told.
PYTHON = f"""#!/bin/sh
case "$1 $2" in
-c*) {{settings}} exec {sys.executable} "$@" ;;
-V*) echo "Python 3.11.7" ;;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") echo "$*" >>pip-was-asked; . ./pip-does ;;
esac
"""

# Stands for Node.js: the probe runs in it as it would in the real one, of this version.
NODE = """#!/bin/sh
case "$1" in
-v) echo v{version}.1.0 ;;
-e) [ {version} -ge "$(echo "$2" | grep -o '[0-9][0-9]')" ] ;;
esac
"""

# Stands for npm, which installs one package, then does as told.
NPM = """#!/bin/sh
echo "$*" >>../npm-was-asked
mkdir -p node_modules/kitsu
. ../npm-does
"""

NO_NETWORK = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after \
connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object \
at 0x7ffb>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')'
ERROR: Could not find a version that satisfies the requirement uvloop==0.23.0 (from versions: none)
ERROR: No matching distribution found for uvloop==0.23.0
"""

# What pip wrote on machines in this state, and what has to be said instead.
PIP_FAILURES = {
    "no network": (NO_NETWORK, "no network: .*connect, then run make again"),
    "a certificate of the network's own": (
        "ERROR: Could not fetch: SSLError('[SSL: CERTIFICATE_VERIFY_FAILED] verify failed')",
        "certificate isn't trusted: set PIP_CERT to its CA file",
    ),
    "a disk that fills up": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "the disk is full: free 500 MB .*, then run make again",
    ),
    "a folder of another user": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'x'",
        "no permission to write in .*: clone into a directory of your own",
    ),
    "a download that was changed": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "a download is not what was locked: try again, or on another network",
    ),
    "a Python without ready-made packages": (
        "ERROR: No matching distribution found for uvloop==0.23.0",
        "no ready-made packages for Python 3.11.7 on this machine: PYTHON=python3.13 make setup",
    ),
}

# What npm wrote, and what has to be said instead.
NPM_FAILURES = {
    "no network": (
        "npm error code ENOTFOUND\nnpm error network request to https://example.com/kitsu failed",
        "no network: npm's registry can't be reached; connect, then run make setup",
    ),
    "a certificate of the network's own": (
        "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request failed",
        "the network's certificate isn't trusted; set NODE_EXTRA_CA_CERTS to its CA file",
    ),
    "a disk that fills up": (
        "npm error code ENOSPC\nnpm error nospc no space left on device, write",
        "the disk is full; free some of it, then run make setup",
    ),
    "a folder of another user": (
        "npm error code EACCES\nnpm error syscall mkdir",
        "no permission to write in .*/tests or in npm's cache",
    ),
    "a download that was changed": (
        "npm error code EINTEGRITY\nnpm error Integrity checksum failed when using sha512",
        "a download is not what was locked; run make setup again, or on another network",
    ),
    "a failure not known": (
        "npm warn old\nnpm error code E404\nnpm error 404 Not Found",
        "npm says npm error code E404",
    ),
}
NO_NODE = (
    "setup: no Node.js 20 or newer with npm here: tests that need it are skipped, all else works"
)


class Machine:
    """A checkout in ``place``, on a machine that has no programs but `TOOLS` and those added."""

    def __init__(self, place: Path) -> None:
        self.checkout = place / "checkout"
        self.programs = place / "programs"
        (self.checkout / "scripts").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy(ROOT / "scripts" / "setup.sh", self.checkout / "scripts")
        (self.checkout / "tests").mkdir()
        for name in ("requirements.txt", "pyproject.toml", "pip-does", "npm-does"):
            (self.checkout / name).touch()
        for name in ("package.json", "package-lock.json", ".npmrc"):
            (self.checkout / "tests" / name).touch()
        for tool in TOOLS:
            (self.programs / tool).symlink_to(str(shutil.which(tool)))

    def add_program(self, name: str, text: str) -> None:
        program = self.programs / name
        program.unlink(missing_ok=True)
        program.write_text(text)
        program.chmod(0o755)

    def add_python(self, name: str = "python3", *, broken_by: str = "") -> None:
        """Add a Python; ``broken_by`` is a line that it runs before every program."""
        settings = ""
        if broken_by:
            start_up = self.programs / f"start-up-of-{name}"
            start_up.mkdir()
            (start_up / "sitecustomize.py").write_text(broken_by)
            settings = f"PYTHONPATH={start_up}"
        self.add_program(name, PYTHON.format(settings=settings))

    def add_node(self, version: int = 22) -> None:
        self.add_program("node", NODE.format(version=version))
        self.add_program("npm", NPM)

    def set_up(
        self, *, user: str | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / "sh"), "scripts/setup.sh"],
            cwd=self.checkout,
            env={"PATH": str(self.programs), **variables},
            user=user,
            start_new_session=True,
            capture_output=True,
            text=True,
            check=False,
        )

    def advice(self, *, user: str | None = None, **variables: str) -> str:
        """Set up in vain, and return the one line that says why."""
        result = self.set_up(user=user, **variables)
        lines = [line for line in result.stderr.splitlines() if "building" not in line]
        assert result.returncode == 1, result
        assert len(lines) == 1, result.stderr
        assert not (self.checkout / ".venv").exists()
        return lines[0]

    def pip_does(self, script: str) -> None:
        (self.checkout / "pip-does").write_text(script)

    def pip_fails_saying(self, text: str) -> None:
        (self.checkout / "pip-says").write_text(text)
        self.pip_does("cat pip-says; exit 1")

    def npm_does(self, script: str) -> None:
        (self.checkout / "npm-does").write_text(script)

    @property
    def pip_was_asked(self) -> list[str]:
        return self._lines_of("pip-was-asked")

    @property
    def npm_was_asked(self) -> list[str]:
        return self._lines_of("npm-was-asked")

    @property
    def node_packages(self) -> Path:
        return self.checkout / "tests" / "node_modules"

    def _lines_of(self, name: str) -> list[str]:
        file = self.checkout / name
        return file.read_text().splitlines() if file.exists() else []


OLD = "import sys; sys.version_info = (3, 9, 2)"
WITHOUT_VENV = "import sys; sys.modules['ensurepip'] = None"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def machine_of_another_user() -> Iterator[Machine]:
    """Yield a machine whose checkout may be read by everyone and written by nobody but root."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        machine = Machine(Path(place))
        machine.checkout.chmod(0o555)
        yield machine
        machine.checkout.chmod(0o755)


def test_a_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    assert machine.advice() == "setup: no python3 here: apt install python3 python3-venv"


def test_a_python_too_old_is_named_with_the_one_needed(machine: Machine) -> None:
    machine.add_python(broken_by=OLD)
    assert machine.advice() == (
        "setup: python3 is Python 3.9, too old: install Python 3.11 or newer (Debian 12 has it)"
    )


def test_a_newer_python_beside_an_old_one_is_taken(machine: Machine) -> None:
    machine.add_python("python3", broken_by=OLD)
    machine.add_python("python3.12")
    assert machine.set_up().returncode == 0


def test_a_python_without_venv_is_told_its_package(machine: Machine) -> None:
    machine.add_python(broken_by=WITHOUT_VENV)
    assert machine.advice() == "setup: python3 has no venv: apt install python3-venv"


def test_a_chosen_python_without_venv_is_told_its_own_package(machine: Machine) -> None:
    machine.add_python("python3")
    machine.add_python("python3.12", broken_by=WITHOUT_VENV)
    advice = machine.advice(PYTHON="python3.12")
    assert advice == "setup: python3.12 has no venv: apt install python3.12-venv"


def test_a_chosen_python_that_is_not_there_is_named(machine: Machine) -> None:
    machine.add_python("python3")
    advice = machine.advice(PYTHON="python3.12")
    assert advice == "setup: PYTHON=python3.12 does not run: name another, or none at all"


def test_a_checkout_of_another_user_is_told_before_anything_is_done(
    machine_of_another_user: Machine,
) -> None:
    user = "nobody" if os.geteuid() == 0 else None
    advice = machine_of_another_user.advice(user=user)
    assert re.search("no permission to write in .*: clone into a directory of your own", advice)


def test_a_full_disk_is_told_before_anything_is_downloaded(machine: Machine) -> None:
    machine.add_python()
    machine.add_program("df", "#!/bin/sh\nprintf 'Filesystem ...\\n/dev/vda 9 9 4096 9%% /\\n'\n")
    assert re.search("the disk is full: free 500 MB here and in /tmp", machine.advice())
    assert machine.pip_was_asked == []


@pytest.mark.parametrize("state", PIP_FAILURES)
def test_what_pip_failed_on_is_told_in_one_line(machine: Machine, state: str) -> None:
    said, advice = PIP_FAILURES[state]
    machine.add_python()
    machine.pip_fails_saying(said)
    assert re.fullmatch(f"setup: .*{advice}", machine.advice())


def test_of_a_failure_not_known_the_last_lines_are_shown(machine: Machine) -> None:
    machine.add_python()
    machine.pip_fails_saying("".join(f"line {number}\n" for number in range(1, 10)))
    result = machine.set_up()
    assert result.returncode == 1
    assert result.stderr.splitlines()[1:] == [
        *(f"line {number}" for number in range(5, 10)),
        "setup: pip failed as shown: mend that, then run make again",
    ]


def test_libraries_are_installed_only_with_their_hashes(machine: Machine) -> None:
    machine.add_python()
    machine.set_up()
    libraries, project = machine.pip_was_asked
    assert "--require-hashes --only-binary :all: -r requirements.txt" in libraries
    assert "--no-deps --no-build-isolation --editable ." in project


def test_the_second_setup_does_nothing(machine: Machine) -> None:
    machine.add_python()
    machine.set_up()
    asked = machine.pip_was_asked
    second = machine.set_up()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert machine.pip_was_asked == asked


def test_after_a_failure_setup_starts_anew(machine: Machine) -> None:
    machine.add_python()
    machine.pip_fails_saying(NO_NETWORK)
    machine.advice()
    machine.pip_does("")
    assert machine.set_up().returncode == 0


def test_an_interrupted_setup_leaves_no_environment(machine: Machine) -> None:
    machine.add_python()
    machine.pip_does("kill -TERM 0")  # all of the process group, as Ctrl-C does
    assert machine.set_up().returncode != 0
    assert machine.pip_was_asked
    assert not (machine.checkout / ".venv").exists()


def test_an_environment_left_half_done_is_built_anew(machine: Machine) -> None:
    machine.add_python()
    left_over = machine.checkout / ".venv" / "left-over"
    left_over.mkdir(parents=True)
    assert machine.set_up().returncode == 0
    assert not left_over.exists()


def test_other_requirements_build_the_environment_anew(machine: Machine) -> None:
    machine.add_python()
    machine.set_up()
    (machine.checkout / "requirements.txt").write_text("another==1\n")
    machine.set_up()
    assert len(machine.pip_was_asked) == 4


def test_another_pyproject_only_installs_the_project_again(machine: Machine) -> None:
    machine.add_python()
    machine.set_up()
    (machine.checkout / "pyproject.toml").write_text("# another\n")
    machine.set_up()
    assert len(machine.pip_was_asked) == 3


# --- what the tests need of Node.js ---------------------------------------------------------------


@pytest.fixture
def machine_with_node(machine: Machine) -> Machine:
    machine.add_python()
    machine.add_node()
    return machine


def said_of_node(machine: Machine) -> list[str]:
    """Set up, and return what was said but for what is being done."""
    result = machine.set_up()
    assert result.returncode == 0, result
    said = result.stderr.splitlines()
    return [line for line in said if not re.match("setup: (building|installing)", line)]


def test_node_packages_are_installed_as_they_are_locked(machine_with_node: Machine) -> None:
    assert said_of_node(machine_with_node) == []
    assert machine_with_node.npm_was_asked == ["ci"]
    assert (machine_with_node.node_packages / "kitsu").exists()


def test_the_second_setup_leaves_node_packages_alone(machine_with_node: Machine) -> None:
    machine_with_node.set_up()
    second = machine_with_node.set_up()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert machine_with_node.npm_was_asked == ["ci"]


def test_without_node_setup_says_so_once(machine: Machine) -> None:
    machine.add_python()
    assert said_of_node(machine) == [NO_NODE]
    assert said_of_node(machine) == []


def test_a_node_too_old_is_none(machine: Machine) -> None:
    machine.add_python()
    machine.add_node(version=18)
    assert said_of_node(machine) == [NO_NODE]
    assert machine.npm_was_asked == []


def test_a_node_that_comes_later_gets_its_packages(machine: Machine) -> None:
    machine.add_python()
    machine.set_up()
    machine.add_node()
    assert said_of_node(machine) == []
    assert machine.npm_was_asked == ["ci"]


def test_another_lock_installs_node_packages_anew(machine_with_node: Machine) -> None:
    machine_with_node.set_up()
    (machine_with_node.checkout / "tests" / "package-lock.json").write_text("{}")
    machine_with_node.set_up()
    assert machine_with_node.npm_was_asked == ["ci", "ci"]
    assert len(machine_with_node.pip_was_asked) == 2


@pytest.mark.parametrize("state", NPM_FAILURES)
def test_what_npm_failed_on_is_told_and_stops_nothing_else(
    machine_with_node: Machine, state: str
) -> None:
    wrote, advice = NPM_FAILURES[state]
    (machine_with_node.checkout / "npm-says").write_text(wrote)
    machine_with_node.npm_does("cat ../npm-says; exit 1")
    (said,) = said_of_node(machine_with_node)
    failing = "setup: tests that need JavaScript packages will fail: "
    assert re.fullmatch(failing + advice, said)
    assert not machine_with_node.node_packages.exists()


def test_after_npm_failed_the_next_setup_tries_again(machine_with_node: Machine) -> None:
    machine_with_node.npm_does("exit 1")
    machine_with_node.set_up()
    machine_with_node.npm_does("")
    assert said_of_node(machine_with_node) == []
    assert machine_with_node.npm_was_asked == ["ci", "ci"]


def test_node_packages_half_installed_are_installed_anew(machine_with_node: Machine) -> None:
    machine_with_node.npm_does("touch node_modules/left-over; kill -TERM 0")
    assert machine_with_node.set_up().returncode != 0
    machine_with_node.npm_does("")
    assert said_of_node(machine_with_node) == []
    assert not (machine_with_node.node_packages / "left-over").exists()


# --- versions that stand in several files ---------------------------------------------------------


def test_setup_tests_and_their_packages_ask_for_the_same_node() -> None:
    wanted = json.loads((ROOT / "tests/package.json").read_text())["engines"]["node"]
    probed = re.search(
        r"process\.versions\.node\) (>= ?\d+)", (ROOT / "scripts/setup.sh").read_text()
    )
    assert probed is not None
    assert wanted == probed[1].replace(" ", "") == f">={NODE_VERSION_MIN}"


def test_setup_and_pyproject_ask_for_the_same_python() -> None:
    wanted = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    probed = re.search(r"version_info < \(3, (\d+)\)", (ROOT / "scripts/setup.sh").read_text())
    assert wanted is not None
    assert probed is not None
    assert wanted[1] == probed[1]
