"""The composition root: the only file that knows all rooms, and the ``lastschrift`` command.

A command waits for no room that it does not enter: each function here imports its own.
"""

# ruff: noqa: PLC0415  # imports inside functions are what this file is about

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from lastschrift import __version__
from lastschrift.cli.house import CannotDo, Fill
from lastschrift.cli.root import lastschrift
from lastschrift.placing import part_of, put_in_place

if TYPE_CHECKING:
    from lastschrift.domain.identity import ContractId
    from lastschrift.operations.ports import Ports, Reader, Store, WrappedKey
    from lastschrift.settings import (
        InstallationKind,
        PostgresDatabase,
        Settings,
        SqliteDatabase,
    )
    from lastschrift.storage.installation import Fill as StoreFill
    from lastschrift.storage.installation import Installation
    from lastschrift.web.api import Api
    from lastschrift.web.bearer import BearerTokens
    from lastschrift.web.http import AsgiApp
    from lastschrift.web.metrics import Metrics

T = TypeVar("T")

_HOUSEKEEPING_S = 60


def main() -> None:
    """Run the ``lastschrift`` command."""
    gc.disable()  # Nothing of what is loaded goes away again; a server turns it on once it runs.
    sys.addaudithook(_refuse_second_sqlite)
    lastschrift(prog_name="lastschrift", obj=WholeHouse())


def _refuse_second_sqlite(event: str, _arguments: object) -> None:
    """Keep Python's own SQLite out: two libraries in one process lose each other's rows."""
    if event == "sqlite3.connect":
        raise RuntimeError("this process opens databases by apsw only (DESIGN §4)")


# --- what the commands need -----------------------------------------------------------------------


class WholeHouse:
    """All rooms, as the commands need them (`cli.house.House`)."""

    def create_master_key(self, settings: Settings) -> None:
        from lastschrift.vault.master_key import create_master_key, load_master_key

        path, part = settings.master_key_file, part_of(settings.master_key_file)
        with _told():
            if path.exists():
                load_master_key(path)
                return
            part.unlink(missing_ok=True)
            create_master_key(part)
            put_in_place(part, path)

    def create_database(self, settings: Settings, fill: Fill | None) -> None:
        with _told():
            filled = None if fill is None else _filled(settings, fill)
            _installation(settings).create(settings.kind.value, filled)

    def database_kind(self, settings: Settings) -> InstallationKind | None:
        from lastschrift.settings import InstallationKind

        with _told():
            kind = _installation(settings).kind()
        return None if kind is None else InstallationKind(kind)

    def delete_database(self, settings: Settings) -> None:
        with _told():
            _installation(settings).delete()

    def migrate_database(self, settings: Settings) -> Sequence[str]:
        with _told():
            return _installation(settings).migrate()

    def copy_database(
        self,
        source: SqliteDatabase | PostgresDatabase,
        target: SqliteDatabase | PostgresDatabase,
        progress: Callable[[str, str, int, int], None],
    ) -> Sequence[tuple[str, int, str]]:
        from lastschrift.storage.copying import copy_database

        with _told():
            return asyncio.run(
                copy_database(_installation_at(source), _installation_at(target), progress)
            )

    def perform(self, settings: Settings, request: bytes) -> bytes:
        from lastschrift.admin.verbs import perform

        with _told():
            return asyncio.run(_with_ports(settings, lambda ports: perform(ports, request)))

    def check_database(self, settings: Settings) -> str:
        with _told():
            return _installation(settings).check()

    def check_keys(self, settings: Settings) -> str:
        from lastschrift.vault.keyring import KeyVault
        from lastschrift.vault.master_key import load_master_key

        with _told():
            vault = KeyVault(load_master_key(settings.master_key_file))
            keys_by_contract = _installation(settings).read(_all_keys)
            for contract, keys in keys_by_contract.items():
                vault.unlock(contract, keys)
        return f"{settings.master_key_file}, opens the keys of {len(keys_by_contract)} contracts"

    def check_sqlite(self) -> str:
        from lastschrift.storage.sqlite.installation import library_version

        version, is_safe = library_version()
        if not is_safe:
            raise CannotDo(f"SQLite {version} can destroy databases; install a newer apsw")
        return version

    def serve(self, settings: Settings, started: Callable[[int], None]) -> None:
        with _left_out("rich"):  # structlog would load it for tracebacks, which we never print.
            from lastschrift import logs
        from lastschrift.web.listen import listen

        self.check_sqlite()
        logs.configure(settings.log_format, settings.log_level)
        logs.log_uncaught()
        if settings.workers > 1:
            _serve_by_workers(settings, started)
            return
        listener = listen(settings.listen.host, settings.listen.port)
        port = listener.getsockname()[1]

        def announce() -> None:
            started(port)
            threading.Thread(target=_load_banks, name="banks", daemon=True).start()

        _serve(settings, listener, announce)


@contextmanager
def _left_out(module: str) -> Iterator[None]:
    """Let what is imported inside the block do without an optional library."""
    sys.modules[module] = None  # type: ignore[assignment]  # how importlib is told (its docs)
    try:
        yield
    finally:
        del sys.modules[module]


@contextmanager
def _told() -> Iterator[None]:
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


# --- serving --------------------------------------------------------------------------------------


def _serve_by_workers(settings: Settings, started: Callable[[int], None]) -> None:
    """Serve by several processes; what is loaded before they part, they share."""
    from lastschrift.logs import log_worker_replaced
    from lastschrift.web.listen import listen_together
    from lastschrift.web.workers import WorkerFailed, Workers

    listeners = listen_together(settings.listen.host, settings.listen.port, settings.workers)
    port = listeners[0].getsockname()[1]
    _load_banks()
    with TemporaryDirectory(prefix="lastschrift-workers-") as directory:

        def work(listener: socket.socket, answering: Callable[[], None]) -> None:
            _serve(settings, listener, answering, Path(directory))

        try:
            Workers(listeners, work, replaced=log_worker_replaced).run(lambda: started(port))
        except WorkerFailed as failed:
            raise CannotDo(str(failed)) from None


def _serve(
    settings: Settings,
    listener: socket.socket,
    started: Callable[[], None],
    siblings: Path | None = None,
) -> None:
    """Serve in this process; ``siblings`` is where it tells others what it has counted."""
    from lastschrift.web.server import Serving, serve

    serving = Serving(
        request_timeout_s=settings.request_timeout_s,
        shutdown_timeout_s=settings.shutdown_timeout_s,
        started=started,
        ending=threading.Event(),
    )
    with _told():
        serve(listener, lambda: _opened_app(settings, serving.ending, siblings), serving)


@asynccontextmanager
async def _opened_app(
    settings: Settings, ending: threading.Event, siblings: Path | None
) -> AsyncIterator[AsgiApp]:
    """Open everything that serving needs; close it when no more requests come."""
    from lastschrift.logs import log_unexpected
    from lastschrift.web.app import build_app
    from lastschrift.web.bearer import BearerTokens
    from lastschrift.web.http import Edge
    from lastschrift.web.openapi import openapi_routes
    from lastschrift.web.probes import Readiness, probe_routes

    async with _counting(siblings) as metrics, _opened_ports(settings, metrics) as ports:
        bearer = BearerTokens(ports)
        apis = _all_apis(has_cors=settings.cors)
        app = build_app(
            apis,
            Edge(
                ports=ports,
                bearer=bearer,
                body_bytes_max=settings.body_bytes_max,
                public_url=settings.public_url,
                has_cors=settings.cors,
            ),
            more_routes=probe_routes(
                apis,
                metrics,
                Readiness(ports.store, ending),
                others=openapi_routes(apis, settings.public_url) if settings.docs else [],
            ),
            observer=metrics,
            log_unexpected=log_unexpected,
        )
        async with _administered(settings, ports, bearer), _housekeeping(ports):
            yield app


@asynccontextmanager
async def _counting(siblings: Path | None) -> AsyncIterator[Metrics]:
    """Count, and tell other workers of the same server, where there are any, what was counted."""
    from lastschrift.web.metrics import Metrics
    from lastschrift.web.siblings import Siblings, telling

    if siblings is None:
        yield Metrics(version=__version__)
        return
    family = Siblings(siblings)
    metrics = Metrics(version=__version__, others=family.others)
    async with telling(family, metrics.counts):
        yield metrics


@asynccontextmanager
async def _administered(
    settings: Settings, ports: Ports, bearer: BearerTokens
) -> AsyncIterator[None]:
    """Do what commands want, until the block ends; on PostgreSQL they do it themselves."""
    from lastschrift.admin.socket import answering
    from lastschrift.admin.verbs import perform
    from lastschrift.cli.holding import is_alone
    from lastschrift.logs import log_unexpected

    async def administer(request: bytes) -> bytes:
        answer = await perform(ports, request)
        bearer.forget()  # What was revoked is refused from now on.
        return answer

    if not is_alone(settings):
        yield
        return
    async with answering(settings.directory, administer, log_unexpected):
        yield


def _all_apis(*, has_cors: bool) -> list[Api]:
    """Return every API there is: each package in `lastschrift.apis` has one in its ``routes``."""
    import importlib
    import pkgutil

    from lastschrift import apis

    names = [found.name for found in pkgutil.iter_modules(apis.__path__) if found.ispkg]
    return [
        importlib.import_module(f"{apis.__name__}.{name}.routes").api(has_cors=has_cors)
        for name in names
    ]


@asynccontextmanager
async def _housekeeping(ports: Ports) -> AsyncIterator[None]:
    """Forget expired tokens once a minute, until the block ends."""
    from lastschrift.logs import log_unexpected
    from lastschrift.operations.drop_expired_tokens import drop_expired_tokens

    async def keep_house() -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            try:
                await drop_expired_tokens(ports)
            except Exception as error:  # noqa: BLE001  # the next minute will do
                log_unexpected(error, secrets.token_hex(16), "housekeeping")

    task = asyncio.create_task(keep_house())
    try:
        yield
    finally:
        task.cancel()


def _load_banks() -> None:
    """Read the bank registers, after the start (0.13 s) and before anyone has to wait for them."""
    from lastschrift.domain.banks import load_banks
    from lastschrift.domain.sepa import SEPA_AREA_BY_PREFIX

    load_banks(SEPA_AREA_BY_PREFIX)
    gc.freeze()


# --- the store, open ------------------------------------------------------------------------------


def _installation(settings: Settings) -> Installation:
    """Return the database that is set."""
    return _installation_at(settings.database, settings.database_connections)


def _installation_at(
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
async def _opened_ports(settings: Settings, metrics: Metrics | None = None) -> AsyncIterator[Ports]:
    """Open the store, and what operations need beside it."""
    from lastschrift.storage.jobs import observe_nothing

    observe = observe_nothing if metrics is None else metrics.committed
    ports_around = _ports_around(settings)
    async with _installation(settings).opened(
        queue_limit=settings.queue_limit, observe=observe
    ) as store:
        if metrics is not None:
            metrics.watch_queue(lambda: store.queue_depth)
        yield ports_around(store)


def _ports_around(settings: Settings) -> Callable[[Store], Ports]:
    """Return what puts together all that operations need, but for the store."""
    from lastschrift.operations.ports import Ports
    from lastschrift.system import RandomIds, SystemClock
    from lastschrift.vault.keyring import KeyVault
    from lastschrift.vault.master_key import load_master_key

    vault = KeyVault(load_master_key(settings.master_key_file))
    return lambda store: Ports(store=store, vault=vault, clock=SystemClock(), ids=RandomIds())


async def _with_ports(settings: Settings, work: Callable[[Ports], Coroutine[Any, Any, T]]) -> T:
    """Do something that needs an open store, and close it again."""
    async with _opened_ports(settings) as ports:
        return await work(ports)


def _filled(settings: Settings, fill: Fill) -> StoreFill:
    """Return what fills a database, given its store."""
    ports_around = _ports_around(settings)

    async def fill_store(store: Store) -> None:
        await fill(ports_around(store))

    return fill_store


async def _all_keys(reader: Reader) -> dict[ContractId, Sequence[WrappedKey]]:
    return {
        contract.id: await reader.wrapped_keys(contract.id) for contract in await reader.contracts()
    }


if __name__ == "__main__":
    main()
