"""The lock on a directory: one holder, who is named, and gone with its process."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lastschrift.admin.lock import LOCK_FILE, DirectoryInUse, Holder, hold, holder_of
from tests.serving import environment

_HOLD_AND_WAIT = """
import sys
from pathlib import Path
from lastschrift.admin.lock import Holder, hold
with hold(Path(sys.argv[1]), Holder(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(directory: Path, holder: Holder) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD_AND_WAIT, str(directory), holder.value],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_directory_has_no_holder_until_somebody_holds_it(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    with hold(tmp_path, Holder.COMMAND):
        found = holder_of(tmp_path)
    assert found is not None
    assert (found.holder, found.pid) == (Holder.COMMAND, os.getpid())
    assert holder_of(tmp_path) is None


def test_the_lock_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with hold(tmp_path, Holder.COMMAND):
        assert (tmp_path / LOCK_FILE).stat().st_mode & 0o777 == 0o600


def test_a_server_that_holds_the_lock_is_named_and_not_waited_for(tmp_path: Path) -> None:
    with start_holder(tmp_path, Holder.SERVER) as process:
        with pytest.raises(DirectoryInUse) as refused, hold(tmp_path, Holder.COMMAND):
            pass
        process.communicate()
    assert str(refused.value) == (
        f"{tmp_path} is in use by a Lastschrift server (process {process.pid}): "
        "stop it, or name another directory with --data"
    )


def test_a_command_that_holds_the_lock_is_waited_for(tmp_path: Path) -> None:
    with start_holder(tmp_path, Holder.COMMAND) as process:
        taken = threading.Event()

        def take() -> None:
            with hold(tmp_path, Holder.SERVER):
                taken.set()

        waiting = threading.Thread(target=take)
        waiting.start()
        assert not taken.wait(0.1)
        process.communicate()
        waiting.join()
    assert taken.is_set()


def test_a_command_that_takes_too_long_is_named(tmp_path: Path) -> None:
    with start_holder(tmp_path, Holder.COMMAND) as process:
        with pytest.raises(DirectoryInUse) as refused, hold(tmp_path, Holder.SERVER, wait_s=0.1):
            pass
        process.communicate()
    assert str(refused.value) == (
        f"{tmp_path} is in use by a Lastschrift command (process {process.pid}): "
        "wait until it has ended, or name another directory with --data"
    )


def test_the_lock_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    with start_holder(tmp_path, Holder.SERVER) as process:
        process.kill()
    assert holder_of(tmp_path) is None
    with hold(tmp_path, Holder.SERVER):
        pass


def test_a_lock_file_that_cannot_be_read_names_nobody(tmp_path: Path) -> None:
    with hold(tmp_path, Holder.SERVER):
        (tmp_path / LOCK_FILE).write_bytes(b"\xff\x00 what?")
        found = holder_of(tmp_path)
    assert found is not None
    assert (found.holder, found.pid) == (Holder.COMMAND, None)
