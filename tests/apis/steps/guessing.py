"""Steps that fail until somebody is held to be guessing."""

from contextlib import suppress
from uuid import UUID

from lastschrift.domain.access import Secret
from lastschrift.domain.errors import CredentialsRefused
from lastschrift.domain.identity import ClientId
from lastschrift.web.limits import Attempt
from tests.apis.steps.world import World
from tests.house import CLIENT_FAILURES_MAX, PEER, SOURCE_FAILURES_MAX


async def guess_secrets(world: World, client_id: str) -> None:
    for number in range(CLIENT_FAILURES_MAX):
        secret = Secret(f"wrong {number}")
        _fail(world, Attempt.of(PEER, secret, ClientId(UUID(hex=client_id))))


async def guess_tokens(world: World) -> None:
    for number in range(SOURCE_FAILURES_MAX):
        _fail(world, Attempt.of(PEER, Secret(f"wrong {number}")))


def _fail(world: World, attempt: Attempt) -> None:
    with suppress(CredentialsRefused), world.house.limits.counting(attempt):
        raise CredentialsRefused
