"""The master key file: made once, read strictly, every fault told with what to do."""

import base64
import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.vault.master_key import (
    MasterKey,
    MasterKeyEmpty,
    MasterKeyExists,
    MasterKeyExposed,
    MasterKeyLengthWrong,
    MasterKeyMalformed,
    MasterKeyMissing,
    MasterKeyRefused,
    MasterKeyUnreadable,
    MasterKeyVersionRepeated,
    add_master_version,
    create_master_key,
    drop_master_versions,
    load_master_key,
)

NONCE = bytes(12)
KEY = bytes(range(32))


def line(version: int, key: bytes = KEY) -> str:
    return f"{version}:{base64.b64encode(key).decode()}"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


def do_the_same(one: MasterKey, other: MasterKey, version: int) -> bool:
    """Tell whether what one locks the other unlocks."""
    locked = one.cipher(version).encrypt(NONCE, b"value", None)
    return other.cipher(version).decrypt(NONCE, locked, None) == b"value"


# --- making ---------------------------------------------------------------------------------------


def test_a_new_key_loads_as_what_it_was_made(path: Path) -> None:
    created = create_master_key(path)
    loaded = load_master_key(path)
    assert created.newest_version == loaded.newest_version == 1
    assert do_the_same(created, loaded, 1)


def test_a_new_file_is_its_owners_alone_and_explains_itself(path: Path) -> None:
    create_master_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    *comments, key = path.read_text().splitlines()
    assert all(comment.startswith("# ") for comment in comments)
    assert len(base64.b64decode(key.removeprefix("1:"))) == 32


def test_two_new_keys_differ(tmp_path: Path) -> None:
    create_master_key(tmp_path / "a")
    create_master_key(tmp_path / "b")
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(MasterKeyExists):
        create_master_key(path)
    assert path.read_text() == "precious"


def test_a_link_in_the_files_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MasterKeyExists):
        create_master_key(path)
    assert not (tmp_path / "elsewhere").exists()


def test_without_its_directory_no_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        create_master_key(tmp_path / "missing" / "master.key")


def test_a_key_that_does_not_reach_the_disk_is_not_left_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        create_master_key(path)
    assert not path.exists()


# --- reading --------------------------------------------------------------------------------------


def test_the_highest_version_is_the_newest_in_whatever_order(path: Path) -> None:
    write(path, "# comment", "", line(3), line(10, bytes(32)), "  " + line(1) + "  ", "")
    key = load_master_key(path)
    assert key.newest_version == 10
    assert do_the_same(key, MasterKey({10: bytes(32)}), 10)
    assert do_the_same(key, MasterKey({3: KEY}), 3)


@given(
    keys=st.dictionaries(st.integers(1, 65_535), st.binary(min_size=32, max_size=32), min_size=1)
)
def test_any_versions_can_be_read(
    keys: dict[int, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("installation") / "master.key"
    write(path, *(line(version, key) for version, key in keys.items()))
    loaded = load_master_key(path)
    assert loaded.newest_version == max(keys)
    assert all(do_the_same(loaded, MasterKey(keys), version) for version in keys)


@pytest.mark.parametrize(
    ("lines", "fault", "number"),
    [
        ([], MasterKeyEmpty, None),
        (["# only a comment"], MasterKeyEmpty, None),
        ([line(1, bytes(31))], MasterKeyLengthWrong, 1),
        (["", line(1, bytes(33))], MasterKeyLengthWrong, 2),
        (["1:QQ=="], MasterKeyLengthWrong, 1),
        ([line(1), line(2), line(1, bytes(32))], MasterKeyVersionRepeated, 3),
        ([line(0)], MasterKeyMalformed, 1),
        ([line(65_536)], MasterKeyMalformed, 1),
        ([line(-1)], MasterKeyMalformed, 1),
        (["01:" + line(1)[2:]], MasterKeyMalformed, 1),
        (["1:"], MasterKeyMalformed, 1),
        (["1:QQ"], MasterKeyMalformed, 1),
        (["1:Q!=="], MasterKeyMalformed, 1),
        (["1: " + line(1)[2:]], MasterKeyMalformed, 1),
        ([line(1) + " # newest"], MasterKeyMalformed, 1),
        ([line(1)[2:]], MasterKeyMalformed, 1),
        (["1:" + KEY.hex()], MasterKeyLengthWrong, 1),
        (["schlüssel"], MasterKeyMalformed, None),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    path: Path, lines: list[str], fault: type[MasterKeyRefused], number: int | None
) -> None:
    write(path, *lines)
    with pytest.raises(fault) as caught:
        load_master_key(path)
    assert (caught.value.path, caught.value.line) == (path, number)
    assert str(path) in str(caught.value)
    assert fault.remedy in str(caught.value)


def test_no_fault_quotes_the_key(path: Path) -> None:
    write(path, line(1) + "x")
    with pytest.raises(MasterKeyRefused) as caught:
        load_master_key(path)
    assert line(1)[2:12] not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o602, 0o610, 0o644, 0o777])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    write(path, line(1)).chmod(mode)
    with pytest.raises(MasterKeyExposed, match="chmod 600"):
        load_master_key(path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_open_to_its_owner_only_is_taken(path: Path, mode: int) -> None:
    write(path, line(1)).chmod(mode)
    assert load_master_key(path).newest_version == 1


def test_what_systemd_put_there_for_the_service_alone_is_taken(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, line(1)).chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    assert load_master_key(path).newest_version == 1
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent / "another"))
    with pytest.raises(MasterKeyExposed):
        load_master_key(path)


def test_a_missing_file_is_told_with_what_to_do(path: Path) -> None:
    with pytest.raises(MasterKeyMissing) as caught:
        load_master_key(path)
    assert str(caught.value) == (
        f"{path}: there is no master key; "
        "put it back from its copy, or name its place in the setting master_key_file"
    )


def test_a_place_in_a_file_is_told_by_its_line(path: Path) -> None:
    write(path, "# comment", "nonsense")
    with pytest.raises(MasterKeyMalformed, match=r"master\.key, line 2: is not a version"):
        load_master_key(path)


def test_a_directory_or_a_pipe_is_no_key_file(path: Path, tmp_path: Path) -> None:
    path.mkdir(mode=0o700)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    below_a_file = write(tmp_path / "file") / "master.key"
    for wrong in (path, pipe, below_a_file):
        with pytest.raises(MasterKeyUnreadable):
            load_master_key(wrong)


def test_a_link_to_the_key_is_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(write(tmp_path / "elsewhere", line(1)))
    assert load_master_key(path).newest_version == 1


# --- versions come and go -------------------------------------------------------------------------


def test_a_version_that_is_added_locks_and_the_older_ones_still_unlock(path: Path) -> None:
    before = create_master_key(path)
    locked = before.cipher(1).encrypt(bytes(12), b"key", None)
    assert add_master_version(path) == 2
    after = load_master_key(path)
    assert after.versions == (1, 2)
    assert after.newest_version == 2
    assert after.cipher(1).decrypt(bytes(12), locked, None) == b"key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("# Master key")


def test_versions_that_are_not_kept_go_but_never_the_newest(path: Path) -> None:
    create_master_key(path)
    for _ in range(3):
        add_master_version(path)
    assert drop_master_versions(path, kept={2}) == [1, 3]
    assert load_master_key(path).versions == (2, 4)
    assert drop_master_versions(path, kept=()) == [2]
    assert drop_master_versions(path, kept=()) == []
    assert load_master_key(path).versions == (4,)


def test_a_version_that_does_not_reach_the_disk_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_master_key(path)
    text = path.read_text()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            add_master_version(path)
    assert path.read_text() == text
    assert add_master_version(path) == 2


def test_a_file_left_half_written_is_in_nobodys_way(path: Path) -> None:
    create_master_key(path)
    path.with_name(f"{path.name}.part").write_text("half a ke")
    assert add_master_version(path) == 2
    assert list(path.parent.iterdir()) == [path]
