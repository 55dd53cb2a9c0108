"""Contract keys: wrapped by the master key, unlocked together, bound to what they are for."""

import pickle
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import ContractKeys, Fingerprints, KeyPurpose, Vault, WrappedKey
from lastschrift.vault.envelope import KeyVersionUnknown, SealBroken
from lastschrift.vault.fingerprint import FingerprintKeys
from lastschrift.vault.keyring import (
    ContractKeyRing,
    KeyMissing,
    KeyVault,
    NewKey,
    WrapBroken,
    unwrap_key,
    wrap_key,
)
from lastschrift.vault.master_key import MasterKey, MasterVersionUnknown

CONTRACT = ContractId(UUID(int=1))
OTHER_CONTRACT = ContractId(UUID(int=2))
ACCOUNT = AccountId(UUID(int=7))
OTHER_ACCOUNT = AccountId(UUID(int=8))
IBAN = Iban.trusted("DE89370400440532013000")
OTHER_IBAN = Iban.trusted("NL91ABNA0417164300")

MASTER = MasterKey({1: bytes(range(32))})
NEXT_MASTER = MasterKey({1: bytes(range(32)), 2: bytes(range(32, 64))})
KEY = bytes(range(64, 96))

IBANS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=15, max_size=34)


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

NEEDED = (KeyPurpose.DATA, KeyPurpose.FINGERPRINT)


def unlocked(contract: ContractId = CONTRACT) -> ContractKeys:
    vault: Vault = KeyVault(MASTER)
    return vault.unlock(contract, vault.new_contract_keys(contract))


# --- a contract's keys in use ---------------------------------------------------------------------


@given(account=st.uuids(), text=IBANS)
def test_a_sealed_iban_opens_again(account: UUID, text: str) -> None:
    keys = unlocked()
    sealed = keys.seal_iban(AccountId(account), Iban.trusted(text))
    assert keys.open_iban(AccountId(account), sealed).reveal() == text
    assert text.encode() not in sealed


def test_an_iban_moved_to_another_account_is_refused() -> None:
    keys = unlocked()
    sealed = keys.seal_iban(ACCOUNT, IBAN)
    with pytest.raises(SealBroken):
        keys.open_iban(OTHER_ACCOUNT, sealed)


def test_an_iban_moved_to_another_contract_is_refused_even_under_the_same_key() -> None:
    same, fingerprints = {1: KEY}, FingerprintKeys({1: KEY}, [1])
    sealed = ContractKeyRing(CONTRACT, same, 1, fingerprints, same).seal_iban(ACCOUNT, IBAN)
    with pytest.raises(SealBroken):
        ContractKeyRing(OTHER_CONTRACT, same, 1, fingerprints, same).open_iban(ACCOUNT, sealed)


def test_equal_ibans_have_equal_fingerprints_within_a_contract_only() -> None:
    here, there = unlocked(), unlocked(OTHER_CONTRACT)
    assert here.fingerprint(IBAN) == here.fingerprint(Iban.parse("de89 3704 0044 0532 0130 00"))
    assert here.fingerprint(IBAN) != here.fingerprint(OTHER_IBAN)
    assert here.fingerprint(IBAN) != there.fingerprint(IBAN)
    version, fingerprint = here.fingerprint(IBAN)
    assert (version, len(fingerprint)) == (1, 32)
    assert here.fingerprints(IBAN) == Fingerprints(odd=fingerprint, even=None)


def test_after_a_rotation_the_new_keys_are_used_and_the_old_still_open() -> None:
    vault = KeyVault(MASTER)
    old = vault.new_contract_keys(CONTRACT)
    sealed_before = vault.unlock(CONTRACT, old).seal_iban(ACCOUNT, IBAN)
    new = [wrap_key(MASTER, CONTRACT, NewKey(purpose, 2, KEY)) for purpose in NEEDED]
    keys = vault.unlock(CONTRACT, [*new, *old])
    sealed_after = keys.seal_iban(ACCOUNT, IBAN)
    assert (sealed_before[:2], sealed_after[:2]) == (b"\x00\x01", b"\x00\x02")
    assert keys.open_iban(ACCOUNT, sealed_before) == keys.open_iban(ACCOUNT, sealed_after) == IBAN
    assert keys.fingerprint(IBAN) == vault.unlock(CONTRACT, new).fingerprint(IBAN)
    with pytest.raises(KeyVersionUnknown):
        vault.unlock(CONTRACT, new).open_iban(ACCOUNT, sealed_before)


# --- the vault ------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_behind_all_keys_leaves_the_oldest_to_seal() -> None:
    vault = KeyVault(MASTER, now=lambda: NOW)
    fingerprint = [
        key for key in vault.new_contract_keys(CONTRACT) if key.purpose is KeyPurpose.FINGERPRINT
    ]
    second, third = (
        wrap_key(
            MASTER,
            CONTRACT,
            NewKey(KeyPurpose.DATA, version, bytes([version] * 32), NOW + timedelta(days=version)),
        )
        for version in (2, 3)
    )
    sealed = vault.unlock(CONTRACT, [second, third, *fingerprint]).seal_iban(ACCOUNT, IBAN)
    opened = vault.unlock(CONTRACT, [second, *fingerprint]).open_iban(ACCOUNT, sealed)
    assert opened == IBAN


def test_a_new_contract_has_one_key_for_each_purpose() -> None:
    keys = KeyVault(NEXT_MASTER).new_contract_keys(CONTRACT)
    assert [(key.purpose, key.version, key.master_version) for key in keys] == [
        (KeyPurpose.DATA, 1, 2),
        (KeyPurpose.FINGERPRINT, 1, 2),
    ]
    contents = {unwrap_key(NEXT_MASTER, CONTRACT, key) for key in keys}
    assert len(contents) == 2
    assert {len(content) for content in contents} == {32}


def test_unlocked_keys_are_remembered() -> None:
    vault = KeyVault(MASTER)
    wrapped = vault.new_contract_keys(CONTRACT)
    assert vault.unlocked(CONTRACT) is None
    first = vault.unlock(CONTRACT, wrapped)
    assert vault.unlocked(CONTRACT) is first
    assert vault.unlocked(OTHER_CONTRACT) is None
    second = vault.unlock(CONTRACT, wrapped)
    assert vault.unlocked(CONTRACT) is second


def test_keys_that_do_not_unlock_leave_those_before_in_place() -> None:
    vault = KeyVault(MASTER)
    keys = vault.unlock(CONTRACT, vault.new_contract_keys(CONTRACT))
    with pytest.raises(KeyMissing):
        vault.unlock(CONTRACT, [])
    assert vault.unlocked(CONTRACT) is keys


@pytest.mark.parametrize("missing", NEEDED)
def test_a_contract_without_a_key_for_each_purpose_is_refused(missing: KeyPurpose) -> None:
    vault = KeyVault(MASTER)
    keys = [key for key in vault.new_contract_keys(CONTRACT) if key.purpose is not missing]
    with pytest.raises(KeyMissing) as caught:
        vault.unlock(CONTRACT, keys)
    assert (caught.value.contract, caught.value.purpose) == (CONTRACT, missing)


# --- what idempotency keys need -------------------------------------------------------------------


def test_a_keyed_hash_is_its_contracts_and_its_purposes_own() -> None:
    keys, other = unlocked(), unlocked(OTHER_CONTRACT)
    first = keys.keyed_hash(1, "key", b"content")
    assert first == keys.keyed_hash(1, "key", b"content")
    others = [
        other.keyed_hash(1, "key", b"content"),
        keys.keyed_hash(1, "ke", b"ycontent"),
        keys.keyed_hash(1, "keyc", b"ontent"),
        keys.keyed_hash(1, "key", b"content "),
        keys.fingerprint(IBAN)[1],
    ]
    assert len({first, *others}) == 1 + len(others)
    assert len(first) == 32


def test_a_keyed_hash_of_an_iban_is_not_its_fingerprint() -> None:
    keys = unlocked()
    assert keys.keyed_hash(1, "", IBAN.reveal().encode()) != keys.fingerprint(IBAN)[1]


@given(result=st.uuids(), key_hash=st.binary(min_size=32, max_size=32))
def test_a_sealed_result_opens_beside_its_key_only(result: UUID, key_hash: bytes) -> None:
    keys = unlocked()
    sealed = keys.seal_result(key_hash, result)
    assert result.bytes not in sealed
    assert keys.open_result(key_hash, sealed) == result
    with pytest.raises(SealBroken):
        keys.open_result(bytes([key_hash[0] ^ 1]) + key_hash[1:], sealed)
    with pytest.raises(SealBroken):
        keys.open_iban(AccountId(UUID(bytes=key_hash[:16])), sealed)


# --- wrapping -------------------------------------------------------------------------------------


@given(
    contract=st.uuids(),
    purpose=st.sampled_from(KeyPurpose),
    version=st.integers(1, 65_535),
    key=st.binary(min_size=32, max_size=32),
)
def test_a_wrapped_key_unwraps(
    contract: UUID, purpose: KeyPurpose, version: int, key: bytes
) -> None:
    wrapped = wrap_key(MASTER, ContractId(contract), NewKey(purpose, version, key))
    assert unwrap_key(MASTER, ContractId(contract), wrapped) == key
    assert key not in wrapped.wrapped


WRAPPED = wrap_key(MASTER, CONTRACT, NewKey(KeyPurpose.DATA, 1, KEY))


@pytest.mark.parametrize(
    ("contract", "wrapped"),
    [
        (OTHER_CONTRACT, WRAPPED),
        (CONTRACT, replace(WRAPPED, purpose=KeyPurpose.FINGERPRINT)),
        (CONTRACT, replace(WRAPPED, version=2)),
        (CONTRACT, replace(WRAPPED, master_version=2)),
        (CONTRACT, replace(WRAPPED, wrapped=WRAPPED.wrapped[:-1])),
        (CONTRACT, replace(WRAPPED, wrapped=WRAPPED.wrapped + b"\0")),
        (CONTRACT, replace(WRAPPED, wrapped=b"")),
        (CONTRACT, replace(WRAPPED, wrapped=WRAPPED.wrapped[:-1] + b"\0\0")),
    ],
)
def test_a_wrapped_key_used_for_something_else_is_refused(
    contract: ContractId, wrapped: WrappedKey
) -> None:
    with pytest.raises(WrapBroken) as caught:
        unwrap_key(NEXT_MASTER, contract, wrapped)
    assert caught.value.contract == contract
    assert (caught.value.purpose, caught.value.version) == (wrapped.purpose, wrapped.version)


def test_every_changed_byte_of_a_wrapped_key_is_noticed() -> None:
    for index in range(len(WRAPPED.wrapped)):
        damaged = bytearray(WRAPPED.wrapped)
        damaged[index] ^= 0x80
        with pytest.raises(WrapBroken):
            unwrap_key(MASTER, CONTRACT, replace(WRAPPED, wrapped=bytes(damaged)))


def test_an_older_master_version_still_unwraps_and_the_newest_wraps() -> None:
    assert unwrap_key(NEXT_MASTER, CONTRACT, WRAPPED) == KEY
    assert wrap_key(NEXT_MASTER, CONTRACT, NewKey(KeyPurpose.DATA, 1, KEY)).master_version == 2


def test_a_master_version_that_is_gone_is_told() -> None:
    wrapped = wrap_key(NEXT_MASTER, CONTRACT, NewKey(KeyPurpose.DATA, 1, KEY))
    with pytest.raises(MasterVersionUnknown) as caught:
        unwrap_key(MASTER, CONTRACT, wrapped)
    assert caught.value.version == 2


# --- secrecy --------------------------------------------------------------------------------------


@pytest.mark.parametrize("holder", [MASTER, KeyVault(MASTER), unlocked()])
def test_key_holders_show_and_give_away_nothing(holder: object) -> None:
    assert repr(holder) == str(holder) == f"<{type(holder).__name__}: concealed>"
    assert not hasattr(holder, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(holder)


def test_errors_name_no_secret() -> None:
    keys = unlocked()
    sealed = keys.seal_iban(ACCOUNT, IBAN)
    with pytest.raises(SealBroken) as caught:
        keys.open_iban(OTHER_ACCOUNT, sealed)
    assert IBAN.reveal() not in repr(caught.value)
    assert caught.value.__cause__ is None
