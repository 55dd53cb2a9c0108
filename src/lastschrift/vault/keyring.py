"""The keys of every contract, unlocked by the master key.

Each contract has a data key and, apart from it, a fingerprint key, both random. The database keeps
them wrapped: AES-256-GCM under the master key, bound to contract, purpose and versions. A contract
may have several versions of each; the newest is used, any opens what it sealed.

>>> from uuid import UUID
>>> from lastschrift.vault.master_key import MasterKey
>>> vault, contract = KeyVault(MasterKey({1: bytes(32)})), ContractId(UUID(int=1))
>>> keys = vault.unlock(contract, vault.new_contract_keys(contract))
>>> account, iban = AccountId(UUID(int=7)), Iban.trusted("DE89370400440532013000")
>>> keys.open_iban(account, keys.seal_iban(account, iban)) == iban
True
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag

from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import (
    KEYS_REMEMBERED_FOR,
    Fingerprints,
    KeyPurpose,
    WrappedKey,
)
from lastschrift.vault.concealed import Concealed
from lastschrift.vault.envelope import (
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    VERSION_BYTES,
    CannotOpen,
    Envelope,
    Place,
)
from lastschrift.vault.fingerprint import FingerprintKeys, hash_key_of, live_versions
from lastschrift.vault.keyed_hash import KeyedHash
from lastschrift.vault.master_key import MasterKey, MasterVersionUnknown

_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES

ALWAYS_ACTIVE = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when the first keys of a contract seal."""

_OF_EVERY_CONTRACT = (KeyPurpose.DATA, KeyPurpose.FINGERPRINT)


class WrapBroken(CannotOpen):
    """A contract's key was damaged, or wrapped for another use or under another master key."""

    def __init__(self, contract: ContractId, purpose: KeyPurpose, version: int) -> None:
        super().__init__(contract, purpose, version)
        self.contract = contract
        self.purpose = purpose
        self.version = version


class KeyMissing(CannotOpen):
    """A contract has no key of this purpose at all."""

    def __init__(self, contract: ContractId, purpose: KeyPurpose) -> None:
        super().__init__(contract, purpose)
        self.contract = contract
        self.purpose = purpose


class ContractKeyRing(Concealed):
    """A contract's keys, unlocked (the operations' `ContractKeys`).

    ``data_version`` says which of the data keys seals; ``hash_keys`` are of all versions that may
    have made hashes.
    """

    __slots__ = ("_fingerprints", "_hashes", "_ibans", "_results", "data_version")

    def __init__(
        self,
        contract: ContractId,
        data_keys: Mapping[int, bytes],
        data_version: int,
        fingerprint_keys: FingerprintKeys,
        hash_keys: Mapping[int, bytes],
    ) -> None:
        self.data_version = data_version
        self._ibans = Envelope(
            Place(contract=contract, table="bank_account", column="iban"), data_keys, data_version
        )
        self._results = Envelope(
            Place(contract=contract, table="idempotency_key", column="result_sealed"),
            data_keys,
            data_version,
        )
        self._fingerprints = fingerprint_keys
        self._hashes = {version: KeyedHash(key) for version, key in hash_keys.items()}

    def seal_iban(self, account: AccountId, iban: Iban) -> bytes:
        """Encrypt an IBAN so that it opens only as this account's."""
        return self._ibans.seal(account, iban.reveal().encode("ascii"))

    def open_iban(self, account: AccountId, sealed: bytes) -> Iban:
        """Decrypt what `seal_iban` made for this account.

        Raises: KeyVersionUnknown, SealBroken.
        """
        return Iban.trusted(self._ibans.open(account, sealed).decode("ascii"))

    def reseal_iban(self, account: AccountId, sealed: bytes) -> bytes | None:
        """Encrypt an account's IBAN anew under the key that seals; None if it is so already.

        Raises: KeyVersionUnknown, SealBroken.
        """
        return self._ibans.reseal(account, sealed)

    @property
    def fingerprint_versions(self) -> Sequence[int]:
        """The versions under which fingerprints are made; accounts are looked for by the first."""
        return self._fingerprints.versions

    def fingerprints(self, iban: Iban) -> Fingerprints:
        """Return what an account with this IBAN has to have; under each version 32 bytes."""
        return self._fingerprints.fingerprints(iban.reveal())

    def fingerprint(self, iban: Iban) -> tuple[int, bytes]:
        """Return the version by which accounts are looked for, and the fingerprint under it."""
        return self._fingerprints.leading(iban.reveal())

    def are_fingerprints_of(self, iban: Iban, kept: Fingerprints) -> bool:
        """Say whether an account with this IBAN may have these: one to look for it by, or none."""
        return self._fingerprints.are_of(iban.reveal(), kept)

    @property
    def hash_versions(self) -> Sequence[int]:
        """The versions that may have made hashes that are remembered, the newest first."""
        return sorted(self._hashes, reverse=True)

    def keyed_hash(self, version: int, purpose: str, content: bytes) -> bytes:
        """Return 32 bytes that are equal for equal contents of one purpose, and tell nothing."""
        name = purpose.encode("ascii")
        return self._hashes[version].digest(bytes([len(name)]) + name + content)

    def seal_result(self, key_hash: bytes, result: UUID) -> bytes:
        """Encrypt the id of a result so that it opens only beside this key's hash."""
        return self._results.seal(_row_of(key_hash), result.bytes)

    def open_result(self, key_hash: bytes, sealed: bytes) -> UUID:
        """Decrypt what `seal_result` made beside this key's hash.

        Raises: KeyVersionUnknown, SealBroken.
        """
        return UUID(bytes=self._results.open(_row_of(key_hash), sealed))

    def reseal_result(self, key_hash: bytes, sealed: bytes) -> bytes | None:
        """Encrypt the id of a result anew; None if it is under the key that seals already.

        Raises: KeyVersionUnknown, SealBroken.
        """
        return self._results.reseal(_row_of(key_hash), sealed)


_utc_now = partial(datetime.now, UTC)


class KeyVault(Concealed):
    """Makes and unlocks the keys of contracts (the operations' `Vault`).

    ``read_master`` reads the master key again, where versions may have come; ``now`` tells which
    keys are active, ``monotonic_s`` how old an unlocked ring is.
    """

    __slots__ = ("_master", "_monotonic_s", "_now", "_read_master", "_unlocked")

    def __init__(
        self,
        master: MasterKey,
        read_master: Callable[[], MasterKey] | None = None,
        now: Callable[[], datetime] = _utc_now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._master = master
        self._read_master = read_master
        self._now = now
        self._monotonic_s = monotonic_s
        self._unlocked: dict[bytes, tuple[ContractKeyRing, float]] = {}

    def new_contract_keys(self, contract: ContractId) -> list[WrappedKey]:
        """Make the keys of a new contract: version 1 of each purpose, wrapped."""
        return [
            wrap_key(self._master, contract, NewKey(purpose, 1, secrets.token_bytes(KEY_BYTES)))
            for purpose in _OF_EVERY_CONTRACT
        ]

    def new_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int, active_from: datetime
    ) -> WrappedKey:
        """Make another version of a contract's key; no account has a fingerprint under it yet."""
        key = NewKey(purpose, version, secrets.token_bytes(KEY_BYTES), active_from, None)
        return wrap_key(self._newest_master(), contract, key)

    def hash_key_of(
        self, contract: ContractId, key: WrappedKey, active_from: datetime
    ) -> WrappedKey:
        """Return what of a fingerprint key made hashes; no fingerprints can be made with it.

        Raises: MasterVersionUnknown, WrapBroken.
        """
        plain = hash_key_of(self._unwrapped(contract, key))
        new = NewKey(KeyPurpose.HASH, key.version, plain, active_from, None)
        return wrap_key(self._newest_master(), contract, new)

    def rewrap(self, contract: ContractId, key: WrappedKey) -> WrappedKey | None:
        """Encrypt a key anew under the newest master key; None if it is so already.

        Raises: MasterVersionUnknown, WrapBroken.
        """
        master = self._newest_master()
        if key.master_version == master.newest_version:
            return None
        plain = unwrap_key(master, contract, key)
        new = NewKey(key.purpose, key.version, plain, key.active_from, key.complete_from)
        return wrap_key(master, contract, new)

    def unlock(self, contract: ContractId, keys: Sequence[WrappedKey]) -> ContractKeyRing:
        """Unwrap all keys of a contract, and remember them in place of those before.

        Raises: MasterVersionUnknown, WrapBroken, KeyMissing.
        """
        read_s = self._monotonic_s()
        found: dict[KeyPurpose, dict[int, bytes]] = {purpose: {} for purpose in KeyPurpose}
        for key in keys:
            found[key.purpose][key.version] = self._unwrapped(contract, key)
        for purpose in _OF_EVERY_CONTRACT:
            if not found[purpose]:
                raise KeyMissing(contract, purpose)
        ring = ContractKeyRing(
            contract,
            found[KeyPurpose.DATA],
            self._sealing_version(contract, keys),
            self._fingerprint_keys(contract, keys, found[KeyPurpose.FINGERPRINT]),
            _hash_keys(found),
        )
        self._unlocked[contract.bytes] = ring, read_s + KEYS_REMEMBERED_FOR.total_seconds()
        return ring

    def unlocked(self, contract: ContractId) -> ContractKeyRing | None:
        """Return a contract's keys if they have been unlocked in the last `KEYS_REMEMBERED_FOR`."""
        known = self._unlocked.get(contract.bytes)
        if known is None or known[1] <= self._monotonic_s():
            return None
        return known[0]

    def forget(self, contract: ContractId) -> None:
        """Have a contract's keys unlocked anew before they are used again."""
        self._unlocked.pop(contract.bytes, None)

    def _sealing_version(self, contract: ContractId, keys: Sequence[WrappedKey]) -> int:
        """Return the newest active version of the data key."""
        now = self._now_among(keys, KeyPurpose.DATA)
        active = [
            key.version for key in keys if key.purpose is KeyPurpose.DATA and key.active_from <= now
        ]
        if not active:
            raise KeyMissing(contract, KeyPurpose.DATA)
        return max(active)

    def _fingerprint_keys(
        self, contract: ContractId, keys: Sequence[WrappedKey], plain: Mapping[int, bytes]
    ) -> FingerprintKeys:
        """Return the fingerprint keys that live."""
        versions = live_versions(keys, self._now_among(keys, KeyPurpose.FINGERPRINT))
        if not versions:
            raise KeyMissing(contract, KeyPurpose.FINGERPRINT)
        return FingerprintKeys(plain, versions)

    def _now_among(self, keys: Sequence[WrappedKey], purpose: KeyPurpose) -> datetime:
        """Return this instant, but none before the first of these keys was active.

        A clock may be set back behind all that are left; the oldest one is known to every server.
        """
        first = min(key.active_from for key in keys if key.purpose is purpose)
        return max(self._now(), first)

    def _unwrapped(self, contract: ContractId, key: WrappedKey) -> bytes:
        """Decrypt a contract's key, if need be under a master key that has just come."""
        try:
            return unwrap_key(self._master, contract, key)
        except MasterVersionUnknown:
            return unwrap_key(self._newest_master(), contract, key)

    def _newest_master(self) -> MasterKey:
        """Return the master key as it is now."""
        if self._read_master is not None:
            self._master = self._read_master()
        return self._master


def _hash_keys(keys: Mapping[KeyPurpose, Mapping[int, bytes]]) -> dict[int, bytes]:
    """Return what hashes are made with, under each version that there is, or was."""
    of_fingerprints = keys[KeyPurpose.FINGERPRINT].items()
    return {
        **keys[KeyPurpose.HASH],
        **{version: hash_key_of(key) for version, key in of_fingerprints},
    }


def _row_of(key_hash: bytes) -> UUID:
    """Return what stands for a row that is found by a hash."""
    return UUID(bytes=key_hash[:16])


class NewKey(NamedTuple):
    """One version of a contract's key in clear, about to be wrapped."""

    purpose: KeyPurpose
    version: int
    key: bytes
    active_from: datetime = ALWAYS_ACTIVE
    complete_from: datetime | None = ALWAYS_ACTIVE


def wrap_key(master: MasterKey, contract: ContractId, new: NewKey) -> WrappedKey:
    """Encrypt one version of a contract's key under the newest version of the master key."""
    nonce = os.urandom(NONCE_BYTES)
    bound_to = _binding(contract, new.purpose, new.version, master.newest_version)
    return WrappedKey(
        purpose=new.purpose,
        version=new.version,
        master_version=master.newest_version,
        wrapped=nonce + master.cipher(master.newest_version).encrypt(nonce, new.key, bound_to),
        active_from=new.active_from,
        complete_from=new.complete_from if new.purpose is KeyPurpose.FINGERPRINT else None,
    )


def unwrap_key(master: MasterKey, contract: ContractId, key: WrappedKey) -> bytes:
    """Decrypt a contract's key.

    Raises: MasterVersionUnknown, WrapBroken.
    """
    cipher = master.cipher(key.master_version)
    bound_to = _binding(contract, key.purpose, key.version, key.master_version)
    if len(key.wrapped) != _WRAPPED_BYTES:
        raise WrapBroken(contract, key.purpose, key.version)
    try:
        return cipher.decrypt(key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise WrapBroken(contract, key.purpose, key.version) from None


def _binding(contract: ContractId, purpose: KeyPurpose, version: int, master_version: int) -> bytes:
    """Write what a wrapped key is bound to; all but the purpose, which is last, has one length."""
    versions = version.to_bytes(VERSION_BYTES, "big") + master_version.to_bytes(
        VERSION_BYTES, "big"
    )
    return contract.bytes + versions + purpose.value.encode("ascii")
