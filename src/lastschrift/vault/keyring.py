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

import hmac
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
from lastschrift.operations.ports import KEYS_REMEMBERED_FOR, KeyPurpose, WrappedKey
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
from lastschrift.vault.fingerprint import Fingerprinter
from lastschrift.vault.master_key import MasterKey, MasterVersionUnknown

_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES

ALWAYS_ACTIVE = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when the first keys of a contract seal."""

_NO_IBAN = b"keyed hashes"
"""What the key of all other hashes is made of: no IBAN has blanks, so no fingerprint is this."""


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

    ``data_version`` says which of the data keys seals.
    """

    __slots__ = ("_fingerprinter", "_hash_key", "_ibans", "_results", "data_version")

    def __init__(
        self,
        contract: ContractId,
        data_keys: Mapping[int, bytes],
        fingerprint_keys: Mapping[int, bytes],
        data_version: int,
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
        newest = fingerprint_keys[max(fingerprint_keys)]
        self._fingerprinter = Fingerprinter(newest)
        self._hash_key = hmac.digest(newest, _NO_IBAN, "sha256")

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

    def fingerprint(self, iban: Iban) -> bytes:
        """Return 32 bytes that are equal for equal IBANs of this contract, and tell nothing."""
        return self._fingerprinter.fingerprint(iban.reveal())

    def keyed_hash(self, purpose: str, content: bytes) -> bytes:
        """Return 32 bytes that are equal for equal contents of one purpose, and tell nothing."""
        name = purpose.encode("ascii")
        return hmac.digest(self._hash_key, bytes([len(name)]) + name + content, "sha256")

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
        self._unlocked: dict[ContractId, tuple[ContractKeyRing, float]] = {}

    def new_contract_keys(self, contract: ContractId) -> list[WrappedKey]:
        """Make the keys of a new contract: version 1 of each purpose, wrapped."""
        return [
            wrap_key(self._master, contract, NewKey(purpose, 1, secrets.token_bytes(KEY_BYTES)))
            for purpose in KeyPurpose
        ]

    def new_data_key(self, contract: ContractId, version: int, active_from: datetime) -> WrappedKey:
        """Make another version of a contract's data key."""
        key = NewKey(KeyPurpose.DATA, version, secrets.token_bytes(KEY_BYTES), active_from)
        return wrap_key(self._newest_master(), contract, key)

    def rewrap(self, contract: ContractId, key: WrappedKey) -> WrappedKey | None:
        """Encrypt a key anew under the newest master key; None if it is so already.

        Raises: MasterVersionUnknown, WrapBroken.
        """
        master = self._newest_master()
        if key.master_version == master.newest_version:
            return None
        plain = unwrap_key(master, contract, key)
        return wrap_key(master, contract, NewKey(key.purpose, key.version, plain, key.active_from))

    def unlock(self, contract: ContractId, keys: Sequence[WrappedKey]) -> ContractKeyRing:
        """Unwrap all keys of a contract, and remember them in place of those before.

        Raises: MasterVersionUnknown, WrapBroken, KeyMissing.
        """
        read_s = self._monotonic_s()
        found: dict[KeyPurpose, dict[int, bytes]] = {purpose: {} for purpose in KeyPurpose}
        for key in keys:
            found[key.purpose][key.version] = self._unwrapped(contract, key)
        for purpose, versions in found.items():
            if not versions:
                raise KeyMissing(contract, purpose)
        ring = ContractKeyRing(
            contract,
            found[KeyPurpose.DATA],
            found[KeyPurpose.FINGERPRINT],
            self._sealing_version(contract, keys),
        )
        self._unlocked[contract] = ring, read_s + KEYS_REMEMBERED_FOR.total_seconds()
        return ring

    def unlocked(self, contract: ContractId) -> ContractKeyRing | None:
        """Return a contract's keys if they have been unlocked in the last `KEYS_REMEMBERED_FOR`."""
        known = self._unlocked.get(contract)
        if known is None or known[1] <= self._monotonic_s():
            return None
        return known[0]

    def forget(self, contract: ContractId) -> None:
        """Have a contract's keys unlocked anew before they are used again."""
        self._unlocked.pop(contract, None)

    def _sealing_version(self, contract: ContractId, keys: Sequence[WrappedKey]) -> int:
        """Return the newest active version of the data key."""
        now = self._now()
        active = [
            key.version for key in keys if key.purpose is KeyPurpose.DATA and key.active_from <= now
        ]
        if not active:
            raise KeyMissing(contract, KeyPurpose.DATA)
        return max(active)

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


def _row_of(key_hash: bytes) -> UUID:
    """Return what stands for a row that is found by a hash."""
    return UUID(bytes=key_hash[:16])


class NewKey(NamedTuple):
    """One version of a contract's key in clear, about to be wrapped."""

    purpose: KeyPurpose
    version: int
    key: bytes
    active_from: datetime = ALWAYS_ACTIVE


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
