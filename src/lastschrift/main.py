"""The composition root: the ``lastschrift`` command, and all rooms as its commands need them.

With `lastschrift.serving` and `lastschrift.opening` it is what knows all rooms. A command waits for
no room that it does not enter: each function here imports its own.
"""

# ruff: noqa: PLC0415  # imports inside functions are what this file is about

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from lastschrift.cli.house import CannotDo, Fill, Restored, Restoring
from lastschrift.cli.root import lastschrift
from lastschrift.opening import (
    all_keys,
    filled,
    installation_at,
    installation_of,
    master_key_source,
    providers_of,
    told,
    with_ports,
)
from lastschrift.placing import part_of, put_in_place
from lastschrift.serving import load_all_banks, serve_by_workers, serve_here

if TYPE_CHECKING:
    from lastschrift.operations.ports.trail import PlacedEntry, SoughtEntries, TrailVerified
    from lastschrift.settings import (
        InstallationKind,
        PostgresDatabase,
        Settings,
        SqliteDatabase,
    )

T = TypeVar("T")


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
        from lastschrift.vault.master_key import create_master_key

        if not settings.has_master_key_file or settings.master_key_file.exists():
            with told():
                master_key_source(settings).load()
            return
        path, part = settings.master_key_file, part_of(settings.master_key_file)
        with told():
            part.unlink(missing_ok=True)
            create_master_key(part)
            put_in_place(part, path)

    def create_database(self, settings: Settings, fill: Fill | None) -> None:
        with told():
            filling = None if fill is None else filled(settings, fill)
            installation_of(settings).create(settings.kind.value, filling)

    def database_kind(self, settings: Settings) -> InstallationKind | None:
        from lastschrift.settings import InstallationKind

        with told():
            kind = installation_of(settings).kind()
        return None if kind is None else InstallationKind(kind)

    def delete_database(self, settings: Settings) -> None:
        with told():
            installation_of(settings).delete()

    def migrate_database(self, settings: Settings) -> Sequence[str]:
        with told():
            return installation_of(settings).migrate()

    def copy_database(
        self,
        source: SqliteDatabase | PostgresDatabase,
        target: SqliteDatabase | PostgresDatabase,
        progress: Callable[[str, str, int, int], None],
    ) -> Sequence[tuple[str, int, str]]:
        from lastschrift.storage.copying import copy_database

        with told():
            return asyncio.run(
                copy_database(installation_at(source), installation_at(target), progress)
            )

    def back_up(
        self,
        settings: Settings,
        backup: Path,
        progress: Callable[[str, str, int, int], None],
    ) -> tuple[int, str]:
        from lastschrift.restoring import back_up

        return back_up(settings, backup, progress)

    def backup_kind(self, backup: Path) -> InstallationKind:
        from lastschrift.restoring import backup_kind

        return backup_kind(backup)

    def restore(
        self,
        settings: Settings,
        restoring: Restoring,
        progress: Callable[[str, str, int, int], None],
    ) -> Restored:
        from lastschrift.restoring import restore

        return restore(settings, restoring, progress)

    def perform(self, settings: Settings, request: bytes) -> bytes:
        from lastschrift.admin.verbs import perform

        with told():
            return asyncio.run(with_ports(settings, lambda ports: perform(ports, request)))

    def customer(self, customer_id: str) -> UUID:
        from lastschrift.apis.secuconnect.ids import parse_customer_id

        debtor = parse_customer_id(customer_id)
        if debtor is None:
            raise CannotDo(f"{customer_id} is no customer's id; one begins with PCU_")
        return debtor

    def container(self, container_id: str) -> UUID:
        from lastschrift.apis.secuconnect.ids import parse_container_id

        account = parse_container_id(container_id)
        if account is None:
            raise CannotDo(f"{container_id} is no container's id; one begins with PCT_")
        return account

    def rewrite_tables(self, settings: Settings) -> Sequence[str]:
        from lastschrift.settings import PostgresDatabase
        from lastschrift.storage.postgres.installation import PostgresInstallation

        database = settings.database
        if not isinstance(database, PostgresDatabase):
            raise CannotDo(f"{database} is purged as it is: leave out --rewrite-tables")
        with told():
            return PostgresInstallation(database.url, str(database)).rewrite_tables()

    def check_erasures(self, settings: Settings) -> str:
        from lastschrift.examining import check_erasures

        return check_erasures(settings)

    def master_versions(self, settings: Settings) -> Sequence[int]:
        with told():
            return master_key_source(settings).load().versions

    def add_master_version(self, settings: Settings) -> int:
        from lastschrift.vault.master_key import add_master_version

        with told():
            return add_master_version(settings.master_key_file)

    def write_master_version(self, settings: Settings, target: Path) -> int:
        with told():
            return master_key_source(settings).write_next(target)

    def drop_master_versions(self, settings: Settings, kept: Collection[int]) -> Sequence[int]:
        from lastschrift.vault.master_key import drop_master_versions

        with told():
            return drop_master_versions(settings.master_key_file, kept)

    def check_database(self, settings: Settings) -> str:
        with told():
            return installation_of(settings).check()

    def check_keys(self, settings: Settings) -> str:
        from lastschrift.vault.keyring import KeyVault

        with told():
            vault = KeyVault(master_key_source(settings).load())
            keys_by_contract = installation_of(settings).read(all_keys)
            for contract, keys in keys_by_contract.items():
                vault.unlock(contract, keys)
        return f"{settings.master_key_place}, opens the keys of {len(keys_by_contract)} contracts"

    def check_identity_providers(self, settings: Settings) -> str:
        if not settings.identity_provider:
            return "none are set"
        from lastschrift.identity_providers.examining import ProviderUseless, examine_providers
        from lastschrift.identity_providers.fetching import Fetcher

        with told():
            clients = installation_of(settings).read(lambda reader: reader.clients())
        good = {client.id for client in clients if client.revoked is None}
        try:
            return asyncio.run(examine_providers(providers_of(settings), good, Fetcher()))
        except ProviderUseless as fact:
            raise CannotDo(f"{fact}; see docs/guides/identity-providers.md") from None

    def examine(
        self, settings: Settings, progress: Callable[[str, str, int, int], None]
    ) -> Sequence[tuple[str, Callable[[], str]]]:
        from lastschrift.examining import examinations

        return examinations(settings, progress)

    def verify_audit(
        self,
        settings: Settings,
        anchor_lines: Iterable[str],
        progress: Callable[[str, str, int, int], None],
    ) -> TrailVerified:
        from lastschrift.storage.anchors import anchors_in
        from lastschrift.storage.verifying import verify_trail

        with told():
            anchors = anchors_in(anchor_lines)
            return asyncio.run(verify_trail(installation_of(settings), anchors, progress))

    def anchor_audit(self, settings: Settings) -> Sequence[str]:
        from lastschrift.storage.seeking import find_heads

        with told():
            return list(map(str, asyncio.run(find_heads(installation_of(settings)))))

    def find_audited(self, settings: Settings, sought: SoughtEntries) -> Sequence[PlacedEntry]:
        from lastschrift.storage.seeking import find_entries

        with told():
            return asyncio.run(find_entries(installation_of(settings), sought))

    def check_sqlite(self) -> str:
        from lastschrift.storage.sqlite.installation import library_version

        version, is_safe = library_version()
        if not is_safe:
            raise CannotDo(f"SQLite {version} can destroy databases; install a newer apsw")
        return version

    def serve(self, settings: Settings, started: Callable[[int], None]) -> None:
        with _left_out("rich"):  # structlog would load it for tracebacks, which we never print.
            from lastschrift import logs
        from lastschrift.system import tell_service_manager
        from lastschrift.web.processes.listen import listen

        def answering(port: int) -> None:
            started(port)
            tell_service_manager("READY=1")

        self.check_sqlite()
        logs.configure(settings.log_format, settings.log_level)
        logs.log_uncaught()
        if settings.workers > 1:
            serve_by_workers(settings, answering)
            return
        listener = listen(settings.listen.host, settings.listen.port)
        port = listener.getsockname()[1]

        def announce() -> None:
            answering(port)
            threading.Thread(target=load_all_banks, name="banks", daemon=True).start()

        serve_here(settings, listener, announce)


@contextmanager
def _left_out(module: str) -> Iterator[None]:
    """Let what is imported inside the block do without an optional library."""
    sys.modules[module] = None  # type: ignore[assignment]  # how importlib is told (its docs)
    try:
        yield
    finally:
        del sys.modules[module]


if __name__ == "__main__":
    main()
