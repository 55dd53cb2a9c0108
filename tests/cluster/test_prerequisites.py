"""What a machine lacks for `make cluster-test` is told, one line each."""

from pathlib import Path

import pytest

from tests.cluster.prerequisites import missing


def test_each_missing_program_is_told_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "unshare").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing() == [
        "no ip: apt install iproute2",
        "no etcd: apt install etcd-server (its service may be off)",
        "no setpriv: apt install util-linux",
    ]
