"""Sealed values open where they were sealed, and nowhere else."""

import copy
import pickle
import struct
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.identity import ContractId
from lastschrift.vault.envelope import Envelope, KeyVersionUnknown, Place, SealBroken

CONTRACT = ContractId(UUID(int=1))
OTHER_CONTRACT = ContractId(UUID(int=2))
ROW = UUID(int=7)
OTHER_ROW = UUID(int=8)
KEY = bytes(range(32))
NEXT_KEY = bytes(range(32, 64))
PLAIN = b"DE89370400440532013000"


def place(
    contract: ContractId = CONTRACT, table: str = "bank_account", column: str = "iban"
) -> Place:
    return Place(contract=contract, table=table, column=column)


@given(row=st.uuids(), plain=st.binary(max_size=200), key=st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_again(row: UUID, plain: bytes, key: bytes) -> None:
    envelope = Envelope(place(), {1: key})
    assert envelope.open(row, envelope.seal(row, plain)) == plain


def test_a_sealed_value_is_version_nonce_and_ciphertext_bound_to_its_place() -> None:
    sealed = Envelope(place(), {258: KEY}).seal(ROW, PLAIN)
    version, nonce, ciphertext = sealed[:2], sealed[2:14], sealed[14:]
    assert version == b"\x01\x02"
    assert len(ciphertext) == len(PLAIN) + 16
    bound_to = struct.pack(
        ">16sB12sB4sH16s", CONTRACT.bytes, 12, b"bank_account", 4, b"iban", 258, ROW.bytes
    )
    assert AESGCM(KEY).decrypt(nonce, ciphertext, bound_to) == PLAIN


@pytest.mark.parametrize(
    ("other", "row"),
    [
        (place(), OTHER_ROW),
        (place(contract=OTHER_CONTRACT), ROW),
        (place(table="debtor"), ROW),
        (place(column="iban_next"), ROW),
        (place(table="bank_account4", column="iban"), ROW),
        (place(table="bank_accounti", column="ban"), ROW),
    ],
)
def test_a_value_moved_elsewhere_is_refused(other: Place, row: UUID) -> None:
    sealed = Envelope(place(), {1: KEY}).seal(ROW, PLAIN)
    with pytest.raises(SealBroken) as caught:
        Envelope(other, {1: KEY}).open(row, sealed)
    assert (caught.value.contract, caught.value.row) == (other.contract, row)


@given(rows=st.lists(st.uuids(), min_size=2, max_size=2, unique=True))
def test_no_two_rows_can_exchange_their_values(rows: list[UUID]) -> None:
    envelope = Envelope(place(), {1: KEY})
    first, second = rows
    with pytest.raises(SealBroken):
        envelope.open(second, envelope.seal(first, PLAIN))


@given(
    here=st.tuples(st.text(max_size=8), st.text(max_size=8)),
    there=st.tuples(st.text(max_size=8), st.text(max_size=8)),
)
def test_no_two_columns_are_the_same_place(here: tuple[str, str], there: tuple[str, str]) -> None:
    sealed = Envelope(place(table=here[0], column=here[1]), {1: KEY}).seal(ROW, PLAIN)
    elsewhere = Envelope(place(table=there[0], column=there[1]), {1: KEY})
    if here == there:
        assert elsewhere.open(ROW, sealed) == PLAIN
    else:
        with pytest.raises(SealBroken):
            elsewhere.open(ROW, sealed)


def test_every_changed_byte_is_noticed() -> None:
    envelope = Envelope(place(), {1: KEY})
    sealed = envelope.seal(ROW, PLAIN)
    for index in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[index] ^= 1
        with pytest.raises((SealBroken, KeyVersionUnknown)):
            envelope.open(ROW, bytes(damaged))


def test_every_shortened_value_is_refused() -> None:
    envelope = Envelope(place(), {1: KEY})
    sealed = envelope.seal(ROW, PLAIN)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            envelope.open(ROW, sealed[:length])


def test_nonces_are_distinct() -> None:
    envelope = Envelope(place(), {1: KEY})
    assert len({envelope.seal(ROW, PLAIN)[2:14] for _ in range(20_000)}) == 20_000


def test_the_newest_key_seals_and_every_key_opens() -> None:
    before = Envelope(place(), {1: KEY}).seal(ROW, PLAIN)
    envelope = Envelope(place(), {2: NEXT_KEY, 1: KEY})
    after = envelope.seal(ROW, PLAIN)
    assert (before[:2], after[:2]) == (b"\x00\x01", b"\x00\x02")
    assert envelope.open(ROW, before) == envelope.open(ROW, after) == PLAIN


def test_a_key_that_is_gone_is_told_by_its_version() -> None:
    sealed = Envelope(place(), {2: NEXT_KEY}).seal(ROW, PLAIN)
    with pytest.raises(KeyVersionUnknown) as caught:
        Envelope(place(), {1: KEY}).open(ROW, sealed)
    assert (caught.value.contract, caught.value.version) == (CONTRACT, 2)


def test_a_value_can_not_be_passed_off_as_one_of_another_version() -> None:
    sealed = Envelope(place(), {1: KEY}).seal(ROW, PLAIN)
    with pytest.raises(SealBroken):
        Envelope(place(), {1: KEY, 2: KEY}).open(ROW, b"\x00\x02" + sealed[2:])


def test_an_envelope_shows_and_gives_away_nothing() -> None:
    envelope = Envelope(place(), {1: KEY})
    assert repr(envelope) == str(envelope) == f"{envelope}" == "<Envelope: concealed>"
    with pytest.raises(TypeError):
        pickle.dumps(envelope)
    with pytest.raises(TypeError):
        copy.deepcopy(envelope)
