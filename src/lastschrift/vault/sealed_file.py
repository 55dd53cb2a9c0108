r"""A file encrypted in chunks: it opens whole and in its order, or is told to be damaged.

Two lines stand before the chunks, in clear: what kind of file it is, and as JSON which version of
the master key locks the file's own key, and what else there is to know of it. Every chunk is bound
to these lines, to its place, and to whether it is the last one (the STREAM construction: Hoang,
Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-
Resistance", CRYPTO 2015, §7). So nothing can be changed, moved, put in or cut off. AES-256-GCM; the
nonce is the chunk's number, as each file has a key of its own.

>>> from io import BytesIO
>>> from lastschrift.vault.master_key import MasterKey
>>> master = MasterKey({1: bytes(32)})
>>> sealer = FileSealer(master, {"kind": "sandbox"})
>>> file = BytesIO(sealer.header + sealer.seal(b"all of it", is_last=True))
>>> header = read_header(file)
>>> header.about, FileOpener(master, header).open(file.read(), is_last=True)
({'kind': 'sandbox'}, b'all of it')
"""

import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lastschrift.vault.concealed import Concealed
from lastschrift.vault.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES, CannotOpen
from lastschrift.vault.master_key import MasterKey

FIRST_LINE = b"Lastschrift backup, encrypted\n"

SEALED_EXTRA_BYTES = TAG_BYTES
"""By how much a chunk is longer when it is sealed."""

_HEADER_BYTES_MAX = 65_536
_COUNTER_BYTES = NONCE_BYTES - 1


class NoSealedFile(Exception):
    """A file does not begin as a sealed one does."""


class FileKeyRefused(CannotOpen):
    """The master key does not open a file's key: another installation's, or the file is damaged."""


class FileBroken(Exception):
    """A chunk is damaged, not in its place, or the file was cut or added to."""


class SealedHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a sealed file says of itself in clear; ``digest`` is of the lines as they stand."""

    master_version: int
    wrapped_key: bytes
    about: dict[str, str]
    digest: bytes = b""


class FileSealer(Concealed):
    """Seals the chunks of one file, first to last; ``header`` comes before them."""

    __slots__ = ("_chunks", "header")

    def __init__(self, master: MasterKey, about: Mapping[str, str]) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        version, nonce = master.newest_version, os.urandom(NONCE_BYTES)
        wrapped = nonce + master.cipher(version).encrypt(nonce, key, _binding(version))
        told = SealedHeader(master_version=version, wrapped_key=wrapped, about=dict(about))
        self.header = FIRST_LINE + msgspec.json.encode(_shown(told)) + b"\n"
        self._chunks = _Chunks(key, sha256(self.header).digest())

    def seal(self, chunk: bytes, *, is_last: bool) -> bytes:
        """Encrypt the next chunk."""
        chunks = self._chunks
        return chunks.cipher.encrypt(chunks.nonce(is_last=is_last), chunk, chunks.bound)


class FileOpener(Concealed):
    """Opens the chunks of one file, first to last."""

    __slots__ = ("_chunks",)

    def __init__(self, master: MasterKey, header: SealedHeader) -> None:
        """Open the file's own key.

        Raises: MasterVersionUnknown, FileKeyRefused.
        """
        cipher, wrapped = master.cipher(header.master_version), header.wrapped_key
        binding = _binding(header.master_version)
        try:
            key = cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], binding)
        except (InvalidTag, ValueError):
            raise FileKeyRefused from None
        self._chunks = _Chunks(key, header.digest)

    def open(self, sealed: bytes, *, is_last: bool) -> bytes:
        """Decrypt the next chunk.

        Raises: FileBroken.
        """
        chunks = self._chunks
        try:
            return chunks.cipher.decrypt(chunks.nonce(is_last=is_last), sealed, chunks.bound)
        except InvalidTag:
            raise FileBroken from None


class _Chunks(Concealed):
    """The key of a file's chunks, what they are bound to, and how many there were."""

    __slots__ = ("_count", "bound", "cipher")

    def __init__(self, key: bytes, bound: bytes) -> None:
        self.cipher = AESGCM(key)
        self.bound = bound
        self._count = 0

    def nonce(self, *, is_last: bool) -> bytes:
        """Return the next chunk's nonce."""
        number, self._count = self._count, self._count + 1
        return number.to_bytes(_COUNTER_BYTES, "big") + bytes([is_last])


def read_header(file: BinaryIO) -> SealedHeader:
    """Read the lines before the chunks; the file is at its first chunk then.

    Raises: NoSealedFile.
    """
    first = file.readline(len(FIRST_LINE))
    line = file.readline(_HEADER_BYTES_MAX) if first == FIRST_LINE else b""
    try:
        header = msgspec.json.decode(line, type=SealedHeader)
    except msgspec.DecodeError:
        raise NoSealedFile from None
    return msgspec.structs.replace(header, digest=sha256(first + line).digest())


def _shown(header: SealedHeader) -> Mapping[str, object]:
    shown = msgspec.structs.asdict(header)
    del shown["digest"]
    return shown


def _binding(version: int) -> bytes:
    return b"lastschrift sealed file" + version.to_bytes(2, "big")
