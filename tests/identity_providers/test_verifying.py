"""Tokens of a provider that answers on loopback: which are believed, and which are not."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastschrift.domain.access import Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.domain.identity import ClientId
from lastschrift.domain.users import OutsideUser
from lastschrift.identity_providers.fetching import Fetcher
from lastschrift.identity_providers.provider import Provider
from lastschrift.identity_providers.verifying import TrustedProviders
from tests.house import FakeClock
from tests.identity_providers.issuer import (
    AUDIENCE,
    KEY,
    KEYS_PATH,
    Issuer,
    SigningKey,
    base64url,
    ec_key,
    ed_key,
    rsa_key,
    signed,
)

pytestmark = pytest.mark.anyio

CLIENT = ClientId(UUID(int=1))
OTHER_CLIENT = ClientId(UUID(int=2))
STRANGER = rsa_key()
"""Another key than the provider's, under the same name."""


@pytest.fixture
def providers(issuer: Issuer, clock: FakeClock) -> TrustedProviders:
    return TrustedProviders([issuer.provider(CLIENT)], clock, Fetcher())


async def is_refused(providers: TrustedProviders, token: Secret) -> bool:
    try:
        await providers.verify(token)
    except TokenRefused:
        return True
    return False


# --- what is believed -----------------------------------------------------------------------------


@pytest.mark.parametrize("make_key", [rsa_key, ec_key, ed_key])
async def test_a_token_says_whose_it_is_and_what_it_is_for(
    issuer: Issuer,
    providers: TrustedProviders,
    clock: FakeClock,
    make_key: Callable[[], SigningKey],
) -> None:
    issuer.keys = [make_key()]
    verified = await providers.verify(issuer.token(scope="openid pay:payment-methods:read"))
    assert verified.user == OutsideUser(issuer.url, "jon.smith")
    assert verified.client_id == CLIENT
    assert verified.scopes == {"openid", "pay:payment-methods:read"}
    assert verified.expires == clock.now() + timedelta(seconds=330)


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "a b"},
        {"scope": ["a", "b"]},
        {"scp": "a b"},
        {"scp": ["a", "b"]},
        {"scp": ["a"], "scope": "b"},
        {"scope": " a  b "},
    ],
)
async def test_scopes_may_be_told_in_several_ways(
    issuer: Issuer, providers: TrustedProviders, claims: dict[str, object]
) -> None:
    assert (await providers.verify(issuer.token(**claims))).scopes == {"a", "b"}


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["somebody", AUDIENCE]},
        {"iat": None},
        {"iat": 1.5},
        {"nbf": 0},
        {"azp": None},
        {"sub": "x" * 255},
        {"sub": "Jürgen Groß"},
        {"scope": None},
        {"unknown": {"deep": [1]}},
        {"jti": "1", "acr": "1", "realm_access": {"roles": ["a"]}},
    ],
)
async def test_what_need_not_be_there_or_is_not_known_does_no_harm(
    issuer: Issuer, providers: TrustedProviders, claims: dict[str, object]
) -> None:
    assert not await is_refused(providers, issuer.token(**claims))


@pytest.mark.parametrize(
    "header",
    [{"typ": None}, {"typ": "at+jwt"}, {"typ": "application/at+JWT"}, {"kid": None}, {"x5t": "a"}],
)
async def test_a_header_may_say_more_or_less(
    issuer: Issuer, providers: TrustedProviders, header: dict[str, object]
) -> None:
    assert not await is_refused(providers, issuer.token_with(header))


@pytest.mark.parametrize(("moved_s", "is_good"), [(329, True), (330, False)])
async def test_a_token_is_good_until_its_end_and_half_a_minute(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock, moved_s: int, is_good: bool
) -> None:
    token = issuer.token()
    clock.advance(moved_s)
    assert await is_refused(providers, token) is not is_good


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_a_token_is_good_from_its_beginning_on_or_half_a_minute_before(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock, claim: str
) -> None:
    now = int(clock.now().timestamp())
    assert not await is_refused(providers, issuer.token(**{claim: now + 30}))
    assert await is_refused(providers, issuer.token(**{claim: now + 31}))


async def test_issuer_and_audience_tell_which_client_stands_for_it(
    issuer: Issuer, clock: FakeClock
) -> None:
    both = [issuer.provider(CLIENT), issuer.provider(OTHER_CLIENT, "other")]
    providers = TrustedProviders(both, clock, Fetcher())
    assert (await providers.verify(issuer.token())).client_id == CLIENT
    assert (await providers.verify(issuer.token(aud="other"))).client_id == OTHER_CLIENT
    assert await is_refused(providers, issuer.token(aud=[AUDIENCE, "other"]))
    assert providers.issuers == (issuer.url,)


async def test_an_address_of_keys_that_is_set_is_asked_and_no_other(
    issuer: Issuer, clock: FakeClock
) -> None:
    provider = Provider(
        issuer="https://id.example.org",
        audience=AUDIENCE,
        client_id=CLIENT,
        jwks_url=issuer.url + KEYS_PATH,
    )
    providers = TrustedProviders([provider], clock, Fetcher())
    assert not await is_refused(providers, issuer.token(iss="https://id.example.org"))
    assert issuer.asked == [KEYS_PATH]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.example.org"},
        {"iss": None},
        {"iss": ["{iss}"]},
        {"aud": "somebody"},
        {"aud": AUDIENCE.upper()},
        {"aud": []},
        {"aud": None},
        {"aud": [1, AUDIENCE]},
        {"exp": None},
        {"exp": "2030-01-01"},
        {"exp": 0},
        {"exp": -1},
        {"exp": 10**18},
        {"exp": 1e300},
        {"exp": True},
        {"iat": "yesterday"},
        {"nbf": -1},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
        {"sub": "a\nb"},
        {"sub": "\u202ea"},
        {"scope": 1},
    ],
)
async def test_a_claim_that_is_missing_or_wrong_is_refused_before_anything_is_fetched(
    issuer: Issuer, providers: TrustedProviders, claims: dict[str, object]
) -> None:
    assert await is_refused(providers, issuer.token(**claims))
    assert issuer.asked == []


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": "ES384"},
        {"alg": "rs256"},
        {"alg": None},
        {"alg": ["RS256"]},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"kid": 1},
        {"kid": ["rsa"]},
    ],
)
async def test_a_header_that_we_do_not_take_is_refused_before_anything_is_fetched(
    issuer: Issuer, providers: TrustedProviders, header: dict[str, object]
) -> None:
    assert await is_refused(providers, issuer.token_with(header))
    assert issuer.asked == []


async def test_a_token_without_a_signature_is_refused(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    for algorithm in ("none", "RS256"):
        head = issuer.header(KEY, alg=algorithm)
        assert await is_refused(providers, signed(head, issuer.claims(), lambda _: b""))


async def test_a_public_key_is_no_shared_secret(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    public = KEY.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(message: bytes) -> bytes:
        code = hmac.HMAC(pem, SHA256())
        code.update(message)
        return code.finalize()

    for algorithm in ("HS256", "RS256"):
        forged = signed(issuer.header(KEY, alg=algorithm), issuer.claims(), sign)
        assert await is_refused(providers, forged)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_a_key_is_for_one_algorithm_only(
    issuer: Issuer, providers: TrustedProviders, algorithm: str
) -> None:
    assert await is_refused(providers, issuer.token_with({"alg": algorithm}))


async def test_a_key_on_another_curve_is_not_taken(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    issuer.keys = [KEY, ec_key("p384", SECP384R1())]
    assert await is_refused(providers, issuer.token(issuer.keys[1]))


async def test_anothers_signature_is_refused(issuer: Issuer, providers: TrustedProviders) -> None:
    assert await is_refused(providers, issuer.token(STRANGER))
    assert not await is_refused(providers, issuer.token())


async def test_a_key_that_a_token_brings_along_is_not_looked_at(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    issuer.answers["/mine"] = b"never asked for"
    brought = {
        "jku": issuer.url + "/mine",
        "x5u": issuer.url + "/mine",
        "jwk": STRANGER.published(),
        "x5c": ["MIIB"],
    }
    assert await is_refused(providers, issuer.token_with(brought, STRANGER))
    assert "/mine" not in issuer.asked
    assert not await is_refused(providers, issuer.token_with(brought))


async def test_a_token_of_another_provider_of_ours_is_not_this_ones(
    issuer: Issuer, clock: FakeClock
) -> None:
    async with Issuer.serving(clock) as other:
        other.keys = [STRANGER]
        both = [issuer.provider(CLIENT), other.provider(OTHER_CLIENT)]
        providers = TrustedProviders(both, clock, Fetcher())
        assert not await is_refused(providers, other.token())
        assert await is_refused(providers, other.token(iss=issuer.url))
        assert await is_refused(providers, issuer.token(iss=other.url))


@pytest.mark.parametrize(
    "key_id", ["nobody", "", "rsa ", "RSA", "../rsa", "' OR 1=1 --", "a" * 5000, "\x00"]
)
async def test_an_unknown_key_is_refused(
    issuer: Issuer, providers: TrustedProviders, key_id: str
) -> None:
    assert await is_refused(providers, issuer.token_with({"kid": key_id}))


async def test_where_there_is_a_choice_a_token_must_name_its_key(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    issuer.keys = [KEY, rsa_key("second")]
    assert await is_refused(providers, issuer.token_with({"kid": None}))


async def test_a_token_that_is_too_long_is_refused_unread(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    assert not await is_refused(providers, issuer.token(padding="x" * 10_000))
    assert await is_refused(providers, issuer.token(padding="x" * 13_000))


def bent(token: str) -> list[str]:
    """Return what becomes of a token that is not left as it was."""
    head, body, signature = token.split(".")
    deep = base64url(b'{"iss":' + b"[" * 5000)
    return [
        "",
        ".",
        "..",
        "...",
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{head}..{signature}",
        f".{body}.{signature}",
        f"{head}.{body}.{signature}.",
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.{signature}AAAA",
        f"{head}=.{body}.{signature}",
        f"{head}.{body} .{signature}",
        f"{head}.{body[:-2]}.{signature}",
        f"{base64url(b'[]')}.{body}.{signature}",
        f"{base64url(b'null')}.{body}.{signature}",
        f"{head}.{base64url(b'[]')}.{signature}",
        f"{head}.{base64url(bytes([0xFF]))}.{signature}",
        f"{deep}.{body}.{signature}",
        f"{head}.{deep}.{signature}",
        f"{head}.{body}.ä",
    ]


async def test_what_is_not_as_it_was_signed_is_refused(
    issuer: Issuer, providers: TrustedProviders
) -> None:
    token = issuer.token()
    for text in bent(token.reveal()):
        assert await is_refused(providers, Secret(text)), text
    assert not await is_refused(providers, token)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), symbol=st.sampled_from("AZaz09-_+/=. \x00é"))
async def test_no_symbol_of_a_token_can_be_exchanged(
    issuer: Issuer, providers: TrustedProviders, place: int, symbol: str
) -> None:
    text = issuer.token().reveal()
    place %= len(text)
    changed = text[:place] + symbol + text[place + 1 :]
    assert await is_refused(providers, Secret(changed)) is (changed != text)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.recursive(st.text() | st.integers(), st.lists), claims=st.binary(max_size=50))
async def test_whatever_is_no_token_is_refused(
    providers: TrustedProviders, header: object, claims: bytes
) -> None:
    head = base64url(json.dumps({"alg": "RS256", "kid": header}).encode())
    assert await is_refused(providers, Secret(f"{head}.{base64url(claims)}.AAAA"))


# --- what is remembered ---------------------------------------------------------------------------


async def test_a_good_token_is_looked_at_once_a_minute(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    token = issuer.token(exp=int(clock.now().timestamp()) + 3600)
    first = await providers.verify(token)
    clock.advance(59)
    assert await providers.verify(token) is first
    clock.advance(1)
    assert await providers.verify(token) is not first


async def test_a_clock_that_is_set_back_keeps_no_token_known(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    token = issuer.token(exp=int(clock.now().timestamp()) + 3600)
    first = await providers.verify(token)
    clock.advance(-10)
    assert await providers.verify(token) is not first


async def test_no_token_is_remembered_past_its_end(
    issuer: Issuer, providers: TrustedProviders, clock: FakeClock
) -> None:
    token = issuer.token(exp=int(clock.now().timestamp()) - 20)
    await providers.verify(token)
    clock.advance(10)
    assert await is_refused(providers, token)


async def test_no_token_is_remembered_in_clear(issuer: Issuer, providers: TrustedProviders) -> None:
    token = issuer.token()
    await providers.verify(token)
    assert token.reveal() not in repr(vars(providers))
