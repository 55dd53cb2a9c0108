"""What systemd is told: that the server answers, once it does, wherever it listens for it."""

import socket
from pathlib import Path

import httpx2
import pytest

from lastschrift.system import tell_service_manager
from tests.serving import running_sandbox

WAIT_S = 20


@pytest.mark.parametrize("is_abstract", [False, True], ids=["a file", "in no file system"])
def test_systemd_is_told_when_the_server_answers(tmp_path: Path, is_abstract: bool) -> None:
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(WAIT_S)
        listener.bind("\0" + name if is_abstract else name)
        asked = {"NOTIFY_SOCKET": "@" + name if is_abstract else name}
        with running_sandbox(None, **asked) as server:
            assert listener.recv(100) == b"READY=1"
            assert httpx2.get(f"{server.url}/readyz").status_code == 200


def test_without_systemd_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_service_manager("READY=1")
