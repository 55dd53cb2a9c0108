"""Turning each kind of key, and retiring old ones: what `lastschrift keys` does, and tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.desk import Desk
from lastschrift.admin.key_verbs import (
    KEYS_LIST,
    KEYS_RETIRE_DATA,
    KEYS_RETIRE_FINGERPRINT,
    KEYS_REWRAP,
    ContractNamed,
    KeyTold,
)
from lastschrift.admin.verb import Nothing
from lastschrift.cli.holding import is_alone
from lastschrift.cli.house import House
from lastschrift.cli.master_retention import needed_by_backups, note_unused
from lastschrift.cli.progress import progress_shown
from lastschrift.cli.renewing import drop_old_fingerprints, rotate_fingerprint_keys
from lastschrift.cli.resealing import rotate_data_keys, wait_until
from lastschrift.operations.ports import KeyPurpose
from lastschrift.settings import Settings

_COPY_THE_FILE = """\
Version {version} stands in {place}. Several servers may use this database:
1. Copy the file to each of them. They read it by themselves.
2. Run `{command}` again: it wraps all keys anew.\
"""

_PUT_IT_THERE = """\
{file} holds the master key, version {version} added. Lastschrift has it from {place}:
1. Put the file's text there, for all servers. Start those anew that have it from a variable.
2. Run `{command}` again: it wraps all keys anew.
3. Destroy the file, or keep it where the key's copy is kept.\
"""

_NAME_A_FILE = (
    "the master key comes from {place}, and can't be written there; "
    "name a file for its next version: --new-key-file FILE"
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """An installation whose keys are turned, and ``desk``, where that is asked for."""

    house: House
    settings: Settings
    desk: Desk

    def kept_keys(self, contract: UUID | None = None) -> list[KeyTold]:
        """Return the keys of one contract, or of all."""
        found = self.desk.ask(KEYS_LIST, Nothing())
        return [told for told in found if contract in (None, told.contract)]

    def contracts(self, contract: UUID | None = None) -> Sequence[UUID]:
        """Return which contracts are meant."""
        if contract is not None:
            return [contract]
        return list(dict.fromkeys(told.contract for told in self.kept_keys()))


# --- the master key -------------------------------------------------------------------------------


def turn_master_key(place: Workplace, command: str, new_key_file: Path | None) -> bool:
    """Make another version of the master key, and lock all keys by it; return whether all are.

    Where others have to be given it first, that is told; ``command``, run again, goes on then.

    Raises: click.UsageError.
    """
    found, house = place.kept_keys(), place.house
    newest = max(house.master_versions(place.settings))
    if _are_locked_by(found, newest):
        newest, is_everywhere = _add_version(place, command, new_key_file)
        if not is_everywhere:
            return False
    contracts = dict.fromkeys(told.contract for told in found)
    rewrapped = sum(place.desk.ask(KEYS_REWRAP, ContractNamed(each)) for each in contracts)
    click.echo(f"{rewrapped} keys of {len(contracts)} contracts are locked by master key {newest}")
    _note_unused(place)
    return True


def is_rotation_under_way(place: Workplace) -> bool:
    """Say whether other keys are being turned, so that the master key was turned before them."""
    found = place.kept_keys()
    of_contracts = [(told.contract, told.purpose) for told in found if told.purpose in _TURNED]
    is_turned = len(of_contracts) > len(set(of_contracts))
    return is_turned and _are_locked_by(found, max(place.house.master_versions(place.settings)))


_TURNED = (KeyPurpose.DATA.value, KeyPurpose.FINGERPRINT.value)


def _are_locked_by(found: Sequence[KeyTold], version: int) -> bool:
    return all(told.master_version == version for told in found)


def _add_version(place: Workplace, command: str, new_key_file: Path | None) -> tuple[int, bool]:
    """Make another version; return it, and whether all servers have it by now."""
    house, settings = place.house, place.settings
    if settings.has_master_key_file:
        version = house.add_master_version(settings)
        if is_alone(settings):
            return version, True
        click.echo(
            _COPY_THE_FILE.format(version=version, place=settings.master_key_place, command=command)
        )
        return version, False
    if new_key_file is None:
        raise click.UsageError(_NAME_A_FILE.format(place=settings.master_key_place))
    version = house.write_master_version(settings, new_key_file)
    click.echo(
        _PUT_IT_THERE.format(
            version=version, file=new_key_file, place=settings.master_key_place, command=command
        )
    )
    return version, False


# --- data keys and fingerprint keys ---------------------------------------------------------------


def turn_data_keys(place: Workplace, contracts: Sequence[UUID]) -> None:
    """Turn the data keys of contracts, and tell of how many rows that was."""
    with progress_shown() as progress:
        resealed = rotate_data_keys(
            place.desk.ask,
            contracts,
            has_other_servers=not is_alone(place.settings),
            progress=progress,
            wait=wait_until,
        )
    click.echo(f"{resealed:,} rows of {len(contracts)} contracts were encrypted anew")


def turn_fingerprint_keys(place: Workplace, contracts: Sequence[UUID]) -> None:
    """Turn the fingerprint keys of contracts, and tell of how many accounts that was."""
    with progress_shown(unit="accounts") as progress:
        renewed = rotate_fingerprint_keys(
            place.desk.ask,
            contracts,
            has_other_servers=not is_alone(place.settings),
            progress=progress,
            wait=wait_until,
        )
    click.echo(f"{renewed:,} accounts of {len(contracts)} contracts were fingerprinted anew")


def tell_of_retiring() -> None:
    """Tell what is left to do."""
    click.echo("`lastschrift keys retire` forgets the old keys, two minutes from now or later")


# --- retiring -------------------------------------------------------------------------------------


def retire_contract_keys(place: Workplace, contract: UUID | None) -> None:
    """Forget old keys of one contract, or of all, and tell how many."""
    contracts = place.contracts(contract)
    retired = sum(place.desk.ask(KEYS_RETIRE_DATA, ContractNamed(each)) for each in contracts)
    click.echo(f"{retired} old data keys are forgotten")
    with progress_shown(unit="accounts") as progress:
        drop_old_fingerprints(place.desk.ask, place.kept_keys(contract), progress)
    retired = sum(
        place.desk.ask(KEYS_RETIRE_FINGERPRINT, ContractNamed(each)) for each in contracts
    )
    click.echo(f"{retired} old fingerprint keys are forgotten")


def retire_master_versions(place: Workplace, *, despite_backups: bool) -> None:
    """Take versions that nothing is locked by out of the master key's file, and tell how many.

    Those that backups need still are kept, unless ``despite_backups``.
    """
    settings = place.settings
    since = _note_unused(place)
    kept_for = timedelta(days=settings.backup_kept_days)
    needed = set() if despite_backups else needed_by_backups(since, datetime.now(UTC), kept_for)
    if needed:
        numbers = ", ".join(map(str, sorted(needed)))
        click.echo(
            f"versions kept for backups of the last {settings.backup_kept_days} days: {numbers}"
        )
    used = {told.master_version for told in place.kept_keys()} | needed
    if not settings.has_master_key_file:
        unused = set(place.house.master_versions(settings)) - used
        numbers = ", ".join(map(str, sorted(unused))) or "none"
        click.echo(f"versions to take out of {settings.master_key_place}: {numbers}")
        return
    dropped = place.house.drop_master_versions(settings, used)
    click.echo(f"{len(dropped)} old versions of the master key are forgotten")
    if dropped and not is_alone(settings):
        click.echo(f"copy {settings.master_key_place} to all other servers")


def _note_unused(place: Workplace) -> dict[int, datetime]:
    """Write down which versions of the master key nothing is locked by; return since when."""
    used = {told.master_version for told in place.kept_keys()}
    versions = place.house.master_versions(place.settings)
    unused = set(versions) - used - {max(versions)}
    return note_unused(place.settings.directory, unused, datetime.now(UTC))
