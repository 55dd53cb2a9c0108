"""The environment of the cluster's machines, ``.venv-cluster``: Patroni, by exact, hashed versions.

Apart from Lastschrift's own, which wants none of it, and of a Python that may run as another user.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from tests.cluster.network import as_user

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
ENVIRONMENT = ROOT / ".venv-cluster"
PYTHON = ENVIRONMENT / "bin" / "python"

_STAMP = ENVIRONMENT / ".requirements"
_BUILDER = re.compile(r"^setuptools==(?:.*\\\n)*.*\n", re.MULTILINE)
_SYSTEM_PROGRAMS = "/usr/local/bin:/usr/bin"


def find_python() -> str | None:
    """Return a Python that the machines' user may run, if there is one."""
    own = str(Path(sys.base_prefix) / "bin" / "python3")
    candidates = [own, shutil.which("python3", path=_SYSTEM_PROGRAMS)]
    return next((each for each in candidates if each is not None and _is_whole(each)), None)


def _is_whole(python: str) -> bool:
    """Whether the machines' user may also read the library that belongs to a Python."""
    command = as_user([python, "-c", "import ssl, sys, venv; print(sys.prefix)"])
    told = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False).stdout
    return Path(told.strip()) == Path(python).parents[1]


def ensure_environment(python: str, console: Console) -> None:
    """Build the environment, unless it is there and was built from the same."""
    wanted = f"{python}\n{ROOT}\n{REQUIREMENTS.read_text()}"
    if _STAMP.exists() and _STAMP.read_text() == wanted:
        return
    console.print(f"cluster: building the environment in {ENVIRONMENT.name}")
    subprocess.run([python, "-m", "venv", "--clear", "--without-pip", ENVIRONMENT], check=True)
    builder = ENVIRONMENT / "builder.txt"
    builder.write_text(builder_of(REQUIREMENTS.read_text()))
    _install("--only-binary", ":all:", "-r", str(builder))
    _install("--no-build-isolation", "-r", str(REQUIREMENTS))
    _STAMP.write_text(wanted)


def builder_of(requirements: str) -> str:
    """Return the part of the requirements that builds others, so that it can come first."""
    found = _BUILDER.search(requirements)
    if found is None:
        raise LookupError("setuptools")
    return found[0]


def _install(*arguments: str) -> None:
    """Install what has the hashes that were locked.

    Raises: subprocess.CalledProcessError; pip has said why.
    """
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    how = "install --quiet --quiet --no-input --disable-pip-version-check --no-deps".split()
    subprocess.run([*pip, *how, "--require-hashes", *arguments], check=True)
