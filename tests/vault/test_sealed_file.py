"""A sealed file opens whole, in its order and by its key; anything else is told."""

from io import BytesIO

import pytest

from lastschrift.vault.master_key import MasterKey, MasterVersionUnknown
from lastschrift.vault.sealed_file import (
    FileBroken,
    FileKeyRefused,
    FileOpener,
    FileSealer,
    NoSealedFile,
    read_header,
)

MASTER = MasterKey({1: bytes(32), 2: bytes([2]) * 32})
CHUNKS = [b"one" * 100, b"two" * 100, b"three"]


def sealed() -> tuple[bytes, list[bytes]]:
    """Return a file's header, and its sealed chunks."""
    sealer = FileSealer(MASTER, {"kind": "sandbox"})
    last = len(CHUNKS) - 1
    return sealer.header, [
        sealer.seal(chunk, is_last=number == last) for number, chunk in enumerate(CHUNKS)
    ]


def opened(header: bytes, chunks: list[bytes], master: MasterKey = MASTER) -> list[bytes]:
    opener = FileOpener(master, read_header(BytesIO(header)))
    last = len(chunks) - 1
    return [opener.open(chunk, is_last=number == last) for number, chunk in enumerate(chunks)]


def test_what_was_sealed_comes_out() -> None:
    assert opened(*sealed()) == CHUNKS


def test_it_says_which_master_key_it_needs() -> None:
    header, chunks = sealed()
    assert read_header(BytesIO(header)).master_version == 2
    with pytest.raises(MasterVersionUnknown):
        opened(header, chunks, MasterKey({1: bytes(32)}))
    with pytest.raises(FileKeyRefused):
        opened(header, chunks, MasterKey({2: bytes(32)}))


@pytest.mark.parametrize(
    "order", [[0, 1], [0], [1, 2], [1, 0, 2], [0, 2], [0, 1, 1, 2], [0, 1, 2, 2]]
)
def test_no_chunk_is_left_out_moved_or_repeated(order: list[int]) -> None:
    header, chunks = sealed()
    with pytest.raises(FileBroken):
        opened(header, [chunks[number] for number in order])


def test_no_chunk_of_another_file_is_taken() -> None:
    (header, chunks), (_, others) = sealed(), sealed()
    with pytest.raises(FileBroken):
        opened(header, [chunks[0], others[1], chunks[2]])


def test_what_stands_before_the_chunks_can_t_be_changed() -> None:
    header, chunks = sealed()
    with pytest.raises(FileBroken):
        opened(header.replace(b"sandbox", b"product"), chunks)


def test_no_byte_of_a_chunk_can_be_changed() -> None:
    header, chunks = sealed()
    for place in (0, 150, -1):
        spoiled = bytearray(chunks[1])
        spoiled[place] ^= 1
        with pytest.raises(FileBroken):
            opened(header, [chunks[0], bytes(spoiled), chunks[2]])


@pytest.mark.parametrize(
    "text", [b"", b"SQLite format 3\0", b"Lastschrift backup, encrypted\n", b"dear diary\n{}\n"]
)
def test_another_file_is_told(text: bytes) -> None:
    with pytest.raises(NoSealedFile):
        read_header(BytesIO(text))


def test_keys_are_not_shown() -> None:
    assert repr(FileSealer(MASTER, {})) == "<FileSealer: concealed>"
