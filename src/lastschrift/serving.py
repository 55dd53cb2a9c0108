"""Putting a server together: the APIs over an open store, in one process or in several."""

# ruff: noqa: PLC0415  # a command waits for no room that it does not enter (`lastschrift.main`)

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lastschrift import __version__
from lastschrift.cli.house import CannotDo
from lastschrift.opening import installation_of, opened_ports_to_serve, told

if TYPE_CHECKING:
    from lastschrift.operations.ports import Ports
    from lastschrift.settings import (
        Settings,
    )
    from lastschrift.web.api import Api
    from lastschrift.web.bearer import BearerTokens
    from lastschrift.web.http import AsgiApp, Edge
    from lastschrift.web.metrics import Metrics
    from lastschrift.web.processes.siblings import Siblings


_HOUSEKEEPING_S = 60
_HOUSEKEEPING_KEYS_S = 3600
_PURGE_PAUSE_S = 0.1


def serve_by_workers(settings: Settings, started: Callable[[int], None]) -> None:
    """Serve by several processes, which part before there is a thread or an event loop."""
    from lastschrift.logs import log_worker_replaced
    from lastschrift.web.processes.listen import listen_together
    from lastschrift.web.processes.siblings import Siblings
    from lastschrift.web.processes.workers import WorkerFailed, Workers

    listeners = listen_together(settings.listen.host, settings.listen.port, settings.workers)
    port = listeners[0].getsockname()[1]
    _load_rooms(settings)
    load_all_banks()
    with TemporaryDirectory(prefix="lastschrift-workers-") as directory:

        def work(place: int, listener: socket.socket, answering: Callable[[], None]) -> None:
            try:
                serve_here(settings, listener, answering, Siblings(Path(directory), place))
            except CannotDo as fact:
                raise WorkerFailed(str(fact)) from None

        try:
            Workers(listeners, work, replaced=log_worker_replaced).run(lambda: started(port))
        except WorkerFailed as failed:
            raise CannotDo(str(failed)) from None


def _load_rooms(settings: Settings) -> None:
    """Load before a fork what its children share: each has 12 MB of its own then, else 21."""
    from lastschrift.vault import keyring, master_key  # noqa: F401
    from lastschrift.web import app, openapi, probes, server  # noqa: F401

    if settings.identity_provider:
        from lastschrift.identity_providers import verifying  # noqa: F401
    _all_apis(has_cors=settings.cors)
    installation_of(settings)


def serve_here(
    settings: Settings,
    listener: socket.socket,
    started: Callable[[], None],
    siblings: Siblings | None = None,
) -> None:
    """Serve in this process; ``siblings`` are the other processes of this server, if it has any."""
    from lastschrift.web.server import Serving, serve

    serving = Serving(
        request_timeout_s=settings.request_timeout_s,
        shutdown_timeout_s=settings.shutdown_timeout_s,
        drain_s=settings.drain_s,
        started=started,
        ending=threading.Event(),
    )
    with told():
        serve(listener, lambda: _opened_app(settings, serving.ending, siblings), serving)


@asynccontextmanager
async def _opened_app(
    settings: Settings, ending: threading.Event, siblings: Siblings | None
) -> AsyncIterator[AsgiApp]:
    """Open everything that serving needs; close it when no more requests come."""
    async with _counting(siblings) as metrics, opened_ports_to_serve(settings, metrics) as ports:
        edge = _edge(settings, ports)
        app = _app(settings, edge, metrics, ending)
        await _settle_erasures(ports)
        async with _administered(settings, ports, edge.bearer), _housekeeping(settings, ports):
            yield app


def _edge(settings: Settings, ports: Ports) -> Edge:
    from lastschrift.web.bearer import BearerTokens
    from lastschrift.web.http import Edge
    from lastschrift.web.limits import AttemptLimits
    from lastschrift.web.proxies import TrustedProxies

    limits = AttemptLimits(
        ports.clock,
        client_failures_per_minute_max=settings.client_failures_per_minute_max,
        source_failures_per_minute_max=settings.source_failures_per_minute_max,
    )
    return Edge(
        ports=ports,
        bearer=BearerTokens(ports, limits),
        limits=limits,
        body_bytes_max=settings.body_bytes_max,
        public_url=settings.public_url,
        has_cors=settings.cors,
        proxies=TrustedProxies(settings.trusted_proxies or ()),
    )


def _app(settings: Settings, edge: Edge, metrics: Metrics, ending: threading.Event) -> AsgiApp:
    """Put the APIs together, with the door before them and the probes beside them."""
    from lastschrift.logs import log_turned_away, log_unexpected
    from lastschrift.web.app import build_app
    from lastschrift.web.door import Door
    from lastschrift.web.openapi import openapi_routes
    from lastschrift.web.probes import Readiness, probe_routes

    apis = _all_apis(has_cors=settings.cors)
    door = Door(
        apis,
        edge,
        wait_s_max=settings.wait_ms_max / 1000,
        connections_max=settings.connections_max,
        log_turned_away=log_turned_away,
    )
    metrics.watch_door(door)
    return build_app(
        apis,
        edge,
        door=door,
        more_routes=probe_routes(
            apis,
            metrics,
            Readiness(edge.ports.store, ending),
            others=openapi_routes(apis, settings.public_url) if settings.docs else [],
        ),
        observer=metrics,
        log_unexpected=log_unexpected,
    )


@asynccontextmanager
async def _counting(siblings: Siblings | None) -> AsyncIterator[Metrics]:
    """Count, and tell other workers of the same server, where there are any, what was counted."""
    from lastschrift.web.metrics import Metrics
    from lastschrift.web.processes.siblings import telling

    if siblings is None:
        yield Metrics(version=__version__)
        return
    metrics = Metrics(version=__version__, total=siblings.total)
    async with telling(siblings, metrics.counts):
        yield metrics


@asynccontextmanager
async def _administered(
    settings: Settings, ports: Ports, bearer: BearerTokens
) -> AsyncIterator[None]:
    """Do what commands want, until the block ends; on PostgreSQL they do it themselves."""
    from lastschrift.admin.socket import Peer, answering
    from lastschrift.admin.verbs import perform
    from lastschrift.cli.holding import is_alone
    from lastschrift.logs import log_unexpected
    from lastschrift.operations.ports import Caller
    from lastschrift.system import who_commands

    async def administer(request: bytes, peer: Peer) -> bytes:
        caller = Caller(source=who_commands(peer.process, peer.user))
        answer = await perform(ports.on_behalf_of(caller), request)
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


async def _settle_erasures(ports: Ports) -> None:
    """Erase, before anybody is served, whom an older database has that was put in place.

    Raises: CannotDo.
    """
    from lastschrift.domain.errors import Unavailable
    from lastschrift.logs import log_erased_again
    from lastschrift.operations.replay_erasures import replay_erasures

    try:
        erased = await replay_erasures(ports)
    except Unavailable as fact:
        raise CannotDo(
            f"who was erased could not be looked for in the database ({type(fact).__name__}); "
            "look at the setting erasure_log, and at the database"
        ) from None
    if erased.debtors or erased.accounts:
        log_erased_again(erased.debtors, erased.accounts)


async def _erase_and_purge(ports: Ports, hidden_for: timedelta) -> int:
    """Erase what was deleted long enough ago, and purge files of all that was erased."""
    from lastschrift.operations.erase_expired import erase_expired
    from lastschrift.operations.purge import purge

    erased = await erase_expired(ports, hidden_for)
    purged = await purge(ports)
    while purged.place is not None and not purged.is_blocked:
        await asyncio.sleep(_PURGE_PAUSE_S)  # Who waits for a commit goes first.
        purged = await purge(ports, purged.place)
    return erased.debtors + erased.accounts


@asynccontextmanager
async def _housekeeping(settings: Settings, ports: Ports) -> AsyncIterator[None]:
    """Forget what has expired, and count what is long, now and then until the block ends."""
    from lastschrift.domain.errors import Unavailable
    from lastschrift.logs import log_unexpected
    from lastschrift.operations.drop_expired_keys import drop_expired_keys
    from lastschrift.operations.drop_expired_scrolls import drop_expired_scrolls
    from lastschrift.operations.drop_expired_tokens import drop_expired_tokens
    from lastschrift.operations.remember_totals import remember_totals

    async def keep_house(
        first_s: int, every_s: int, chore: Callable[[Ports], Coroutine[Any, Any, int]]
    ) -> None:
        pause_s = first_s
        while True:
            await asyncio.sleep(pause_s)
            pause_s = every_s
            try:
                await chore(ports)
            except Unavailable:
                continue  # The store says itself that it can't be used.
            except Exception as error:  # noqa: BLE001  # the next time will do
                log_unexpected(error, secrets.token_hex(16), "housekeeping")

    chores = (
        (_HOUSEKEEPING_S, drop_expired_tokens),
        (_HOUSEKEEPING_KEYS_S, drop_expired_keys),
        (_HOUSEKEEPING_KEYS_S, drop_expired_scrolls),
        (
            _HOUSEKEEPING_KEYS_S,
            partial(_erase_and_purge, hidden_for=timedelta(days=settings.deleted_kept_days)),
        ),
    )
    tasks = [asyncio.create_task(keep_house(every_s, every_s, drop)) for every_s, drop in chores]
    tasks.append(asyncio.create_task(keep_house(0, _HOUSEKEEPING_KEYS_S, remember_totals)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def load_all_banks() -> None:
    """Read the bank registers, after the start (0.13 s) and before anyone has to wait for them."""
    from lastschrift.domain.banks import load_banks
    from lastschrift.domain.sepa import SEPA_AREA_BY_PREFIX

    load_banks(SEPA_AREA_BY_PREFIX)
    gc.freeze()
