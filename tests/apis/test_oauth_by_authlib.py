"""Authlib's OAuth client, which nobody here wrote, gets, inspects and revokes tokens."""

from collections.abc import Iterator

import httpx2
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.serving import RunningServer, running_sandbox

PUBLIC_URL = "https://debit.example.org"
READ = "pay:payment-methods:read"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(params=["client_secret_post", "client_secret_basic"])
def session(request: pytest.FixtureRequest, server: RunningServer) -> Iterator[OAuth2Session]:
    with OAuth2Session(
        DEMO_CLIENT_ID,
        DEMO_CLIENT_SECRET,
        token_endpoint_auth_method=request.param,
        revocation_endpoint_auth_method=request.param,
        scope=READ,
    ) as opened:
        yield opened


def metadata_of(server: RunningServer) -> AuthorizationServerMetadata:
    found = httpx2.get(server.url + get_well_known_url(server.url))
    return AuthorizationServerMetadata(found.json())


def introspected(session: OAuth2Session, server: RunningServer, token: str) -> dict[str, object]:
    answer = session.introspect_token(metadata_of(server)["introspection_endpoint"], token=token)
    told: dict[str, object] = answer.json()
    return told


def test_a_token_is_got_inspected_used_and_revoked(
    session: OAuth2Session, server: RunningServer
) -> None:
    metadata = metadata_of(server)
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    told = introspected(session, server, token["access_token"])
    assert told["active"] is True
    assert (told["client_id"], told["scope"]) == (DEMO_CLIENT_ID, READ)
    methods = f"{server.url}/pay/2024-1/payment-methods"
    assert session.get(methods).status_code == 200

    answer = session.revoke_token(
        metadata["revocation_endpoint"],
        token=token["access_token"],
        token_type_hint="access_token",
    )
    assert answer.status_code == 200
    assert session.get(methods).status_code == 401
    assert introspected(session, server, token["access_token"]) == {"active": False}


def test_the_metadata_is_as_rfc_8414_has_it() -> None:
    with running_sandbox(LASTSCHRIFT_PUBLIC_URL=PUBLIC_URL) as server:
        metadata = metadata_of(server)
    metadata.validate()
    assert metadata["issuer"] == PUBLIC_URL
    assert set(metadata) <= set(AuthorizationServerMetadata.REGISTRY_KEYS)


def test_every_address_in_the_metadata_leads_somewhere(server: RunningServer) -> None:
    metadata = metadata_of(server)
    assert metadata["issuer"] == server.url
    for name, url in metadata.items():
        if name.endswith("_endpoint"):
            assert httpx2.post(url).json()["error"] in {"invalid_request", "invalid_client"}
