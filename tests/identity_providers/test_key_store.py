"""Keys that are kept: when they are fetched anew, and what holds while they can't be."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import pytest

from lastschrift.domain.errors import IdentityProviderDown, TokenRefused
from lastschrift.domain.identity import ClientId
from lastschrift.identity_providers.fetching import Fetcher
from lastschrift.identity_providers.key_store import FRESH_FOR, KEPT_FOR, OLD_FROM, PAUSE
from lastschrift.identity_providers.verifying import TrustedProviders
from tests.house import FakeClock
from tests.identity_providers.issuer import (
    CONFIGURATION_PATH,
    KEY,
    KEYS_PATH,
    Issuer,
    answer,
    ec_key,
    ed_key,
)

pytestmark = pytest.mark.anyio

ASKED_ONCE = [CONFIGURATION_PATH, KEYS_PATH]
BROKEN = answer(503, b"")
STALE = FRESH_FOR + timedelta(seconds=1)


@pytest.fixture
def providers(issuer: Issuer, clock: FakeClock) -> TrustedProviders:
    return TrustedProviders([issuer.provider(ClientId(UUID(int=1)))], clock, Fetcher())


def advance(clock: FakeClock, by: timedelta) -> None:
    clock.advance(by.total_seconds())


async def good(issuer: Issuer, providers: TrustedProviders, jti: str = "1") -> None:
    await providers.verify(issuer.token(jti=jti))


async def outcome(issuer: Issuer, providers: TrustedProviders, key_id: str) -> type[Exception]:
    """Show a token that names a key, signed by nobody, and return why it is refused."""
    with pytest.raises((TokenRefused, IdentityProviderDown)) as raised:
        await providers.verify(issuer.token_with({"kid": key_id}))
    return raised.type


async def settle() -> None:
    """Let what was begun beside the requests come to its end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    fetching = [task for task in others if "_try_to_fetch" in repr(task.get_coro())]
    await asyncio.gather(*fetching)


# --- fetching -------------------------------------------------------------------------------------


async def test_nothing_is_fetched_before_it_is_needed_and_then_once(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    assert issuer.asked == []
    for number in range(3):
        await good(issuer, providers, jti=str(number))
    assert issuer.asked == ASKED_ONCE


async def test_many_at_once_make_one_fetch(issuer: Issuer, providers: TrustedProviders) -> None:
    await asyncio.gather(*(good(issuer, providers, jti=str(number)) for number in range(20)))
    assert issuer.asked == ASKED_ONCE


async def test_a_new_key_is_fetched_when_a_token_names_it(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    issuer.keys = [ec_key("new"), KEY]
    advance(clock, PAUSE)
    await asyncio.gather(*(good(issuer, providers, jti=str(number)) for number in range(20)))
    assert issuer.asked == ASKED_ONCE * 2


async def test_unknown_keys_make_us_ask_no_more_than_once_in_a_while(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    for number in range(20):
        assert await outcome(issuer, providers, f"unknown-{number}") is TokenRefused
    assert issuer.asked == ASKED_ONCE
    advance(clock, PAUSE)
    for number in range(20):
        assert await outcome(issuer, providers, f"unknown-{number}") is TokenRefused
    assert issuer.asked == ASKED_ONCE * 2


async def test_a_key_that_is_withdrawn_soon_counts_no_more(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    issuer.keys = [ed_key()]
    advance(clock, STALE)
    await providers.verify(issuer.token(KEY, jti="old"))  # the known keys do for this one still
    await settle()
    with pytest.raises(TokenRefused):
        await providers.verify(issuer.token(KEY, jti="older"))


async def test_after_a_rest_a_withdrawn_key_counts_no_more_at_all(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    issuer.keys = [ed_key()]
    advance(clock, OLD_FROM + timedelta(seconds=1))
    with pytest.raises(TokenRefused):
        await providers.verify(issuer.token(KEY, jti="old"))


async def test_nobody_waits_while_old_keys_are_fetched_anew(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    advance(clock, STALE)
    issuer.silence.clear()
    for number in range(5):
        await good(issuer, providers, jti=f"later-{number}")
    issuer.silence.set()
    await settle()
    assert issuer.asked == ASKED_ONCE * 2


async def test_a_clock_that_is_set_back_keeps_no_key_for_ever(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    clock.advance(-2 * KEPT_FOR.total_seconds())
    issuer.keys = [ed_key()]
    await good(issuer, providers)
    assert issuer.asked == ASKED_ONCE * 2


# --- a provider that is down ----------------------------------------------------------------------


async def test_without_any_keys_nobody_can_say_whether_a_token_is_good(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    issuer.answers[KEYS_PATH] = BROKEN
    for _ in range(3):
        with pytest.raises(IdentityProviderDown) as down:
            await good(issuer, providers)
        assert down.value.retry_after_s == PAUSE.total_seconds()
    assert issuer.asked == ASKED_ONCE
    del issuer.answers[KEYS_PATH]
    advance(clock, PAUSE)
    await good(issuer, providers)


async def test_known_keys_hold_for_a_day_while_the_provider_is_down(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    issuer.answers[CONFIGURATION_PATH] = BROKEN
    advance(clock, KEPT_FOR)
    await good(issuer, providers)
    await settle()
    advance(clock, timedelta(seconds=1))
    with pytest.raises(IdentityProviderDown):
        await good(issuer, providers, jti="late")


async def test_an_unknown_key_may_be_a_new_one_while_the_provider_is_down(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    await good(issuer, providers)
    issuer.answers[CONFIGURATION_PATH] = BROKEN
    advance(clock, PAUSE)
    assert await outcome(issuer, providers, "new") is IdentityProviderDown
    assert await outcome(issuer, providers, "newer") is IdentityProviderDown
    await good(issuer, providers, jti="known")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (KEYS_PATH, b""),
        (KEYS_PATH, b"<html>"),
        (KEYS_PATH, b"[]"),
        (KEYS_PATH, b'{"keys": {}}'),
        (KEYS_PATH, b'{"keys": []}'),
        (KEYS_PATH, b'{"keys": ["a", null, {}]}'),
        (KEYS_PATH, b'{"keys": ' + b"[" * 100_000),
        (CONFIGURATION_PATH, b""),
        (CONFIGURATION_PATH, b"{}"),
        (CONFIGURATION_PATH, b'{"issuer": "https://evil.example.org", "jwks_uri": "https://a"}'),
    ],
)
async def test_what_is_no_answer_leaves_the_keys_as_they_are(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock, path: str, body: bytes
) -> None:
    await good(issuer, providers)
    issuer.answers[path] = answer(200, body)
    advance(clock, PAUSE)
    assert await outcome(issuer, providers, "new") is IdentityProviderDown
    await good(issuer, providers, jti="known")


async def test_a_provider_that_is_down_is_logged_once_and_once_when_it_is_back(
    issuer: Issuer,
    providers: TrustedProviders,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    issuer.answers[KEYS_PATH] = BROKEN
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert await outcome(issuer, providers, "rsa") is IdentityProviderDown
            advance(clock, PAUSE)
        del issuer.answers[KEYS_PATH]
        await good(issuer, providers)
        await good(issuer, providers, jti="2")
    assert [record.getMessage() for record in caplog.records] == [
        f"no keys from the identity provider {issuer.url}: its answer is no 200, or not whole",
        f"keys from the identity provider {issuer.url} again",
    ]
