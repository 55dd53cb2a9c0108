"""``lastschrift keys``: which keys there are, turning them, and forgetting old ones."""

import os
from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.key_verbs import KEYS_LIST, KeyTold
from lastschrift.admin.verb import Nothing
from lastschrift.cli.administering import desk
from lastschrift.cli.arguments import Id
from lastschrift.cli.epilog import example
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.cli.turning import (
    Workplace,
    is_rotation_under_way,
    retire_contract_keys,
    retire_master_versions,
    tell_of_retiring,
    turn_data_keys,
    turn_fingerprint_keys,
    turn_master_key,
)
from lastschrift.operations.ports import KeyPurpose
from lastschrift.settings import Settings

contract_option = click.option(
    "--contract", type=Id(), help="The contract whose keys are meant; all, if left out."
)

new_key_file_option = click.option(
    "--new-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the master key with its next version, if it comes from no file.",
)


def _workplace(house: House, directory: Path) -> Workplace:
    settings = Settings.load(directory.absolute(), os.environ)
    return Workplace(house, settings, desk(house, directory))


@click.group(epilog=example("lastschrift keys list"))
def keys() -> None:
    """List the keys that keep account numbers secret, turn them, retire old ones.

    The master key, kept outside of the database, locks the keys of all contracts. Each contract has
    a data key, which IBANs are encrypted under, and a fingerprint key, by which duplicates are
    found.
    """


@keys.command("list", epilog=example("lastschrift keys list --json"))
@data_option
@json_option
@click.pass_obj
def list_(house: House, directory: Path, is_json: bool) -> None:
    """List the versions of all contracts' keys, and which master key locks each."""
    found = desk(house, directory).ask(KEYS_LIST, Nothing())
    if is_json:
        print_json(found)
        return
    print_table(
        ("contract", "key", "version", "under master", "in use since"),
        [_row(told) for told in found],
    )


def _row(told: KeyTold) -> tuple[str, ...]:
    return (
        str(told.contract),
        told.purpose,
        str(told.version),
        str(told.master_version),
        _in_use_since(told),
    )


def _in_use_since(told: KeyTold) -> str:
    """Return since when a key seals, or accounts are looked for by it."""
    if told.purpose == KeyPurpose.HASH.value:
        return "no more: for what is remembered"
    since = told.active_from if told.purpose == KeyPurpose.DATA.value else told.complete_from
    if since is None:
        return "not yet: is being turned"
    return since.isoformat() if since.timestamp() else "always"


# --- turning --------------------------------------------------------------------------------------


@keys.group(invoke_without_command=True, epilog=example("lastschrift keys rotate"))
@new_key_file_option
@data_option
@click.pass_context
def rotate(context: click.Context, directory: Path, new_key_file: Path | None) -> None:
    """Take new keys; the old ones go on opening what they closed until they are retired.

    Without a name all are turned: the master key first, so that no new key is ever locked by the
    old one, then data keys, then fingerprint keys. Interrupted, it goes on when it is run again.
    """
    if context.invoked_subcommand is not None:
        return
    place = _workplace(context.obj, directory)
    if is_rotation_under_way(place):
        click.echo("a rotation goes on that is not retired yet; its master key is in use already")
    elif not turn_master_key(place, "lastschrift keys rotate", new_key_file):
        return
    contracts = place.contracts()
    turn_data_keys(place, contracts)
    turn_fingerprint_keys(place, contracts)
    tell_of_retiring()


@rotate.command(epilog=example("lastschrift keys rotate master"))
@new_key_file_option
@data_option
@click.pass_obj
def master(house: House, directory: Path, new_key_file: Path | None) -> None:
    """Add a version to the master key, and lock all contracts' keys by it.

    The server may run. Interrupted, it goes on when it is run again. Where several servers use one
    database, the file has to be copied to each between two runs; the first one says so. Where the
    master key comes from no file, the first one writes it, with its next version, to the file that
    you name, and says where to put it.

    Keep a copy of the key apart from the database's, as before.
    """
    turn_master_key(_workplace(house, directory), "lastschrift keys rotate master", new_key_file)


@rotate.command(epilog=example("lastschrift keys rotate data"))
@contract_option
@data_option
@click.pass_obj
def data(house: House, contract: UUID | None, directory: Path) -> None:
    """Make a new data key for each contract, and encrypt all its IBANs anew.

    The server may run, and answers all the while. It takes some seconds until every server knows
    the new key; then all rows are gone through. Interrupted, it goes on when it is run again.

    A contract whose older key is not retired yet gets no newer one: its rows are gone through.
    """
    place = _workplace(house, directory)
    turn_data_keys(place, place.contracts(contract))
    tell_of_retiring()


@rotate.command(epilog=example("lastschrift keys rotate fingerprint"))
@contract_option
@data_option
@click.pass_obj
def fingerprint(house: House, contract: UUID | None, directory: Path) -> None:
    """Make a new fingerprint key for each contract, and have all accounts found by it.

    The server may run, and finds duplicates all the while: until the old key is retired, accounts
    have a fingerprint under both. It takes a good minute, and as long as it takes to go through all
    accounts twice. Interrupted, it goes on when it is run again.

    A contract whose older key is not retired yet gets no newer one.
    """
    place = _workplace(house, directory)
    turn_fingerprint_keys(place, place.contracts(contract))
    tell_of_retiring()


# --- retiring -------------------------------------------------------------------------------------


@keys.command(epilog=example("lastschrift keys retire"))
@contract_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--despite-backups",
    is_flag=True,
    help="Destroy versions of the master key, too, without which younger backups can't be opened.",
)
@data_option
@click.pass_obj
def retire(
    house: House, *, contract: UUID | None, yes: bool, despite_backups: bool, directory: Path
) -> None:
    """Forget old data and fingerprint keys and old versions of the master key, for good.

    All rows are gone through before, so nothing is lost of this database. But a backup can be
    opened only by the version of the master key of its time. A version is destroyed when no backup
    that is younger than the setting backup_kept_days needs it; older ones are of no use then.

    Idempotency keys that were used before a fingerprint key was turned are known again by hashes.
    In that key's place a key is kept that makes nothing but these hashes, until they expire.
    """
    place = _workplace(house, directory)
    if not yes:
        click.confirm("Forget old keys for good? Older backups may need them.", abort=True)
    retire_contract_keys(place, contract)
    retire_master_versions(place, despite_backups=despite_backups)
