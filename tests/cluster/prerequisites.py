"""What this machine lacks for the test, one line each that says what to do about it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tests import postgres
from tests.cluster.environment import find_python
from tests.cluster.network import USER, as_user

_ENCLOSURE_TRIED = "unshare --net --mount --pid --fork ip link add tried type bridge"


def missing() -> list[str]:
    """Return what is missing; each check counts on the ones before it."""
    for checks in (_PROGRAMS, _RIGHTS, _USERS_OWN):
        if lacking := [line for has, line in checks if not has()]:
            return lacking
    return []


def _is_there(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program) is not None


def _is_root() -> bool:
    return os.geteuid() == 0


def _may_make_networks() -> bool:
    tried = subprocess.run(_ENCLOSURE_TRIED.split(), capture_output=True, check=False)
    return tried.returncode == 0


def _may_become_user() -> bool:
    return USER in {entry.pw_name for entry in pwd.getpwall()} and _user_may("true")


def _may_read_checkout() -> bool:
    return _user_may("test", "-r", str(Path(__file__)))


def _may_run_postgres() -> bool:
    return _user_may(str(postgres.programs() / "postgres"), "--version")


def _has_python() -> bool:
    return find_python() is not None


def _user_may(*command: str) -> bool:
    tried = subprocess.run(as_user(command), cwd="/", capture_output=True, check=False)
    return tried.returncode == 0


Checks = Sequence[tuple[Callable[[], bool], str]]

_PROGRAMS: Checks = (
    (_is_there("ip"), "no ip: apt install iproute2"),
    (_is_there("etcd"), "no etcd: apt install etcd-server (its service may be off)"),
    (_is_there("unshare"), "no unshare: apt install util-linux"),
    (_is_there("setpriv"), "no setpriv: apt install util-linux"),
)
_RIGHTS: Checks = (
    (_is_root, "not root: sudo make cluster-test"),
    (
        _may_make_networks,
        "no right to make networks: a container needs CAP_NET_ADMIN, CAP_SYS_ADMIN",
    ),
    (_may_become_user, f"no second user to run as: useradd --system {USER}"),
)
_USERS_OWN: Checks = (
    (_may_read_checkout, f"{USER} may not read this checkout: move it out of a home directory"),
    (_may_run_postgres, f"{USER} may not run .venv's PostgreSQL: move the checkout"),
    (_has_python, f"no Python that {USER} may run: apt install python3 python3-venv"),
)
