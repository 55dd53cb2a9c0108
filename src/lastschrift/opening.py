"""Opening what operations need: the store that is set, on its engine, and all that is beside it."""

# ruff: noqa: PLC0415  # a command waits for no room that it does not enter (`lastschrift.main`)

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from lastschrift.cli.house import CannotDo, Fill

if TYPE_CHECKING:
    from lastschrift.domain.identity import ContractId
    from lastschrift.identity_providers.provider import Provider
    from lastschrift.operations.ports import (
        Clock,
        IdentityProviders,
        Ports,
        Reader,
        Store,
        WrappedKey,
    )
    from lastschrift.settings import (
        PostgresDatabase,
        Settings,
        SqliteDatabase,
    )
    from lastschrift.storage.installation import Fill as StoreFill
    from lastschrift.storage.installation import Installation
    from lastschrift.vault.master_key_sources import MasterKeySource
    from lastschrift.web.metrics import Metrics


T = TypeVar("T")


def installation_of(settings: Settings) -> Installation:
    """Return the database that is set."""
    return installation_at(settings.database, settings.database_connections)


def installation_at(
    database: SqliteDatabase | PostgresDatabase, connections: int = 1
) -> Installation:
    """Return a database, on its engine; ``connections`` are for a store on PostgreSQL."""
    from lastschrift.settings import PostgresDatabase

    if isinstance(database, PostgresDatabase):
        from lastschrift.storage.postgres.installation import PostgresInstallation

        return PostgresInstallation(database.url, str(database), connections=connections)
    from lastschrift.storage.sqlite.installation import SqliteInstallation

    return SqliteInstallation(database.path)


@asynccontextmanager
async def opened_ports(settings: Settings) -> AsyncIterator[Ports]:
    """Open the store, and what operations need beside it."""
    from lastschrift.storage.jobs import observe_nothing

    around = ports_around(settings)
    async with installation_of(settings).opened(
        queue_limit=settings.queue_limit, observe=observe_nothing
    ) as store:
        yield around(store)


@asynccontextmanager
async def opened_ports_to_serve(settings: Settings, metrics: Metrics) -> AsyncIterator[Ports]:
    """Open the store, and what operations need beside it; it is watched, and anchors are logged."""
    from lastschrift.logs import log_anchor
    from lastschrift.storage.anchoring import anchors_told

    around = ports_around(settings)
    opening = installation_of(settings).opened(
        queue_limit=settings.queue_limit, observe=metrics.committed
    )
    async with opening as store, anchors_told(store.audit_heads, log_anchor):
        metrics.watch_queue(lambda: store.queue_depth)
        yield around(store)


def ports_around(settings: Settings) -> Callable[[Store], Ports]:
    """Return what puts together all that operations need, but for the store."""
    from lastschrift.operations.ports import Caller, Ports
    from lastschrift.storage.erasure_log import FileErasureLog
    from lastschrift.system import RandomIds, SystemClock, who_commands
    from lastschrift.vault.keyring import KeyVault

    read_master = master_key_source(settings).load
    clock = SystemClock()
    vault = KeyVault(read_master(), read_master, now=clock.now)
    providers = trusted_providers(settings, clock)
    caller = Caller(source=who_commands(os.getpid(), os.getuid()))
    return lambda store: Ports(
        store=store,
        vault=vault,
        clock=clock,
        ids=RandomIds(),
        identity_providers=providers,
        caller=caller,
        erasure_log=FileErasureLog(settings.erasure_log),
    )


def master_key_source(settings: Settings) -> MasterKeySource:
    """Return where the master key comes from."""
    from lastschrift.vault.master_key_sources import (
        MasterKeyCommand,
        MasterKeyFile,
        MasterKeyText,
    )

    if settings.master_key is not None:
        return MasterKeyText(settings.master_key.text, settings.master_key_place)
    if settings.master_key_command is not None:
        return MasterKeyCommand(settings.master_key_command)
    return MasterKeyFile(settings.master_key_file)


def trusted_providers(settings: Settings, clock: Clock) -> IdentityProviders:
    """Return the identity providers that are set; nothing is fetched before a token needs it."""
    from lastschrift.operations.ports import NoIdentityProviders

    if not settings.identity_provider:
        return NoIdentityProviders()
    from lastschrift.identity_providers.fetching import Fetcher
    from lastschrift.identity_providers.verifying import TrustedProviders

    return TrustedProviders(providers_of(settings), clock, Fetcher())


def providers_of(settings: Settings) -> list[Provider]:
    """Return how the identity providers are set."""
    from lastschrift.domain.identity import ClientId
    from lastschrift.identity_providers.provider import Provider

    return [
        Provider(
            issuer=one.issuer,
            audience=one.audience,
            client_id=ClientId(one.client),
            jwks_url=one.jwks_url,
        )
        for one in settings.identity_provider or ()
    ]


async def with_ports(settings: Settings, work: Callable[[Ports], Coroutine[Any, Any, T]]) -> T:
    """Do something that needs an open store, and close it again."""
    async with opened_ports(settings) as ports:
        return await work(ports)


def filled(settings: Settings, fill: Fill) -> StoreFill:
    """Return what fills a database, given its store."""
    around = ports_around(settings)

    async def fill_store(store: Store) -> None:
        await fill(around(store))

    return fill_store


async def all_keys(reader: Reader) -> dict[ContractId, Sequence[WrappedKey]]:
    """Return the wrapped keys of every contract."""
    return {
        contract.id: await reader.wrapped_keys(contract.id) for contract in await reader.contracts()
    }


@contextmanager
def told() -> Iterator[None]:
    """Turn what the rooms raise, and tell in one line, into what a command tells."""
    from lastschrift.storage.installation import DatabaseRefused
    from lastschrift.storage.schema import SchemaError
    from lastschrift.vault.envelope import CannotOpen
    from lastschrift.vault.master_key import MasterKeyRefused

    try:
        yield
    except (DatabaseRefused, MasterKeyRefused, SchemaError) as fact:
        raise CannotDo(str(fact)) from None
    except CannotOpen as fact:
        raise CannotDo(
            f"the master key does not open this database ({type(fact).__name__}); "
            "put back the key file that belongs to it"
        ) from None
