"""secuconnect's ids: a pure function of ours, and back."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.apis.secuconnect import ids
from lastschrift.apis.secuconnect.ids import (
    container_id,
    contract_id,
    customer_id,
    parse_container_id,
    parse_customer_id,
)
from lastschrift.domain.identity import AccountId, ContractId, DebtorId

FORM = re.compile("[02-9A-HJKMNP-Z]{30}")
SAMPLE = customer_id(DebtorId(UUID(int=7)))
SEED_CUSTOMER = "PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA"
LARGEST = "Z" * 30


@given(st.uuids())
def test_an_id_names_its_object_and_no_other(key: UUID) -> None:
    assert parse_customer_id(customer_id(DebtorId(key))) == key
    assert parse_container_id(container_id(AccountId(key))) == key


@given(st.uuids())
def test_an_id_has_the_observed_form(key: UUID) -> None:
    written = customer_id(DebtorId(key)), container_id(AccountId(key)), contract_id(ContractId(key))
    assert [text[:4] for text in written] == ["PCU_", "PCT_", "PCR_"]
    assert all(FORM.fullmatch(text[4:]) for text in written)


@given(st.uuids(), st.uuids())
def test_ids_sort_as_their_objects_do(one: UUID, other: UUID) -> None:
    assert (one < other) == (customer_id(DebtorId(one)) < customer_id(DebtorId(other)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PCU_",
        SEED_CUSTOMER,
        SAMPLE.lower(),
        SAMPLE[:-1],
        SAMPLE + "0",
        SAMPLE + "\n",
        " " + SAMPLE,
        SAMPLE.replace("PCU_", "PCT_"),
        SAMPLE[4:],
        SAMPLE[:-1] + "I",
        SAMPLE[:-1] + ("0" if SAMPLE[-1] != "0" else "2"),
        SAMPLE[:10] + "Ä" + SAMPLE[11:],
        "PCU_" + LARGEST,
        *("PCU_" + symbol + SAMPLE[5:] for symbol in "1LO_+- \t\u0660\ud800"),
    ],
)
def test_what_is_no_id_of_ours_names_nothing(text: str) -> None:
    assert parse_customer_id(text) is None


def test_nothing_long_is_remembered() -> None:
    before = ids._parse_customer_id.cache_info().currsize
    assert parse_customer_id("PCU_" + "0" * 60_000) is None
    assert ids._parse_customer_id.cache_info().currsize == before
