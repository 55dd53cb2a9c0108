"""What the logs' net holds back: shapes in texts, and whatever an exception says."""

import traceback
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.errors import BankAccountAlreadyRegistered
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId
from lastschrift.logs import mask_text
from lastschrift.logs.describe import describe, reduce_tracebacks

IBAN = "DE89370400440532013000"
NAME = "Erika Mustermann"
TOKEN = "0i1g2s3e4c5r6e7t8h9e0r1e2b"
SECRET = "09ae83af7c37121b2de929b211bad944ab0c2a7d7a1a1cd74cb9a3b1b4b2d3f4"
SUPPORT_ID = "ab12cd34ef56ab78cd90ef12ab34cd56"

# --- texts ----------------------------------------------------------------------------------------

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    "iban",
    [
        IBAN,
        "de89 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130 00",
        f"DE89{NBSP}3704{NBSP}0044{NBSP}0532{NBSP}0130{NBSP}00",
        "DE89-3704-0044-0532-0130-00",
        "DE 89 370400440532013000",
        "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
        "DE89\u200b37040044\u200b0532013000",
        "GB29 NWBK 6016 1331 9268 19",
        "GB 29 NWBK 60161331926819",
        "MT84MALT011000012345MTLCAST001S",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
        "RO37 BTRL RONC RT01 2345 6789",
        "NO93 8601 1117 947",
        "NO9386011117947",
        "FR14 2004 1010 0505 0001 3M02 606",
        "DE00370400440532013000",  # a slip in the check digits is as personal
    ],
)
@pytest.mark.parametrize(
    "sentence",
    [
        "{}",
        "the account {} is known",
        "to:{}",
        "IBAN{}",
        "iban='{}',",
        '{{"iban":"{}"}}',
        "at AB12 or {}",
    ],
)
def test_whatever_looks_like_an_iban_is_masked(iban: str, sentence: str) -> None:
    masked = mask_text(sentence.format(iban))
    assert "<iban>" in masked
    assert sum(character.isdigit() for character in masked) <= len("AB12")
    assert iban[-8:] not in masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Bearer {TOKEN}", "<bearer_token>"),
        ("authorization: bearer abc.def-_~+/==", "authorization: <bearer_token>"),
        (f"token {TOKEN}!", "token <access_token>!"),
        (f"secret={SECRET}", "secret=<secret>"),
        (SECRET.upper(), "<secret>"),
        ("Basic MDlhZTgzYWY3YzM3MTIxYjpkZTkyOWIyMTE=", "<basic_credentials>"),
        ("1:6OMjR2bFBhXQbM7f2Q8v9mM4Vw1tJ0pYxA3sK5dHn8E=", "1:<key>"),
    ],
)
def test_tokens_secrets_and_keys_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        SUPPORT_ID,
        "support id ab12cd34ef56ab78cd90ef12ab34cd56 was told",
        "0198ab12-cd34-7ef5-ab78-cd90ef12ab34 not found",
        "PCU_AB23456789ABCDEFGHJKMNPQRSTUVW",
        "listening on 127.0.0.1:8080, queue 4096 of 8192 at 2026-11-21T10:00:00Z",
        "port 8080 in use by another process",
        "sha256 of the file, utf-8, http2, py311",
        "/usr/lib/python3.11/asyncio/base_events.py:607 run_forever",
    ],
)
def test_ids_and_plain_words_are_left_alone(text: str) -> None:
    assert mask_text(text) == text


@given(st.text())
def test_any_text_can_be_masked_and_stays_so(text: str) -> None:
    masked = mask_text(text)
    assert masked.isprintable() or "\n" not in masked
    assert mask_text(masked) == masked


def test_a_very_long_text_is_cut_after_masking() -> None:
    masked = mask_text("x " * 4090 + IBAN + " y" * 9000)
    assert "370400" not in masked
    assert len(masked) == 8193


# --- exceptions -----------------------------------------------------------------------------------


def raised(error: Exception) -> Exception:
    """Return an exception that has a traceback."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_endless_chain_of_causes_ends_somewhere() -> None:
    one, two = ValueError(), TypeError()
    one.__cause__, two.__cause__ = two, one
    assert str(describe(one)).count("TypeError") == 2


def test_a_suppressed_context_is_not_told() -> None:
    error = ValueError()
    error.__context__, error.__suppress_context__ = KeyError(), True
    assert "cause" not in describe(error)


def test_our_own_errors_tell_their_ids() -> None:
    error = BankAccountAlreadyRegistered(AccountId(UUID(int=7)), Iban.trusted(IBAN))
    assert describe(error)["facts"] == {"account_id": UUID(int=7)}


def test_errors_of_libraries_tell_no_attributes() -> None:
    error = ValueError()
    error.account_number = 532013000  # type: ignore[attr-defined]  # as a library might
    assert "facts" not in describe(error)


def test_the_middle_of_an_endless_recursion_is_left_out() -> None:
    def endless() -> None:
        endless()

    try:
        endless()
    except RecursionError as error:
        frames = cast("list[str]", describe(error)["frames"])
    assert len(frames) == 31
    assert "more)" in frames[5]


def test_a_traceback_without_a_body_tells_nothing() -> None:
    assert reduce_tracebacks(f"Traceback (most recent call last): {NAME}") == (
        "Traceback (most recent call last):"
    )


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"{NAME}\n{NAME}: {IBAN}\n  more of {NAME}\n{NAME}"),
        ExceptionGroup(NAME, [ValueError(f"{NAME}\n{NAME}")]),
    ],
)
def test_a_formatted_traceback_is_cut_down_to_frames_and_type(error: Exception) -> None:
    error.__cause__ = raised(KeyError(NAME))
    text = "before\n" + "".join(traceback.format_exception(raised(error)))
    reduced = reduce_tracebacks(text)
    assert NAME not in reduced
    assert IBAN not in reduced
    assert reduced.startswith("before\n")
    assert "KeyError" in reduced
    assert "test_logs_masking.py:" in reduced
