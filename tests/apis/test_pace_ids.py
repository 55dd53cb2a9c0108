"""PACE's ids: payment methods are named by a UUID; requests and errors by 20 symbols."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.apis.pace.ids import (
    new_occurrence_id,
    parse_payment_method_id,
    payment_method_id,
    request_id,
)
from lastschrift.domain.identity import AccountId

DOCUMENTED = b"cbgmhslmp1o9or9kh1p0"


@given(st.uuids(allow_nil=True))
def test_a_payment_methods_id_is_read_back(key: UUID) -> None:
    text = payment_method_id(AccountId(key))
    assert text == text.lower()
    assert parse_payment_method_id(text) == key
    assert parse_payment_method_id(text.upper()) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sepa-direct-debit",
        "2a1319c3c136495db59a47b3246d08af",
        "{2a1319c3-c136-495d-b59a-47b3246d08af}",
        "urn:uuid:2a1319c3-c136-495d-b59a-47b3246d08af",
        "2a1319c3-c136-495d-b59a-47b3246d08af\n",
        "2a1319c3-c136-495d-b59a-47b3246d08ag",
        "2a1319c3-c136-495d-b59a-47b3246d08a٣",
    ],
)
def test_what_is_no_uuid_in_five_groups_names_no_payment_method(text: str) -> None:
    assert parse_payment_method_id(text) is None


def test_occurrence_ids_look_like_the_documented_one_and_differ() -> None:
    found = {new_occurrence_id() for _ in range(1_000)}
    assert len(found) == 1_000
    assert all(re.fullmatch(rb"[0-9a-v]{19}[0g]", each) for each in [*found, DOCUMENTED])


def test_a_requests_own_id_is_adopted() -> None:
    assert request_id(DOCUMENTED) == DOCUMENTED


@pytest.mark.parametrize(
    "sent", [None, b"", DOCUMENTED[:-1], DOCUMENTED + b"0", DOCUMENTED.upper(), b"w" * 20]
)
def test_what_is_no_request_id_is_replaced(sent: bytes | None) -> None:
    adopted = request_id(sent)
    assert adopted != sent
    assert re.fullmatch(rb"[0-9a-v]{20}", adopted)
