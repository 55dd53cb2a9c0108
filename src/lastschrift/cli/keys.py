"""``lastschrift keys``: which keys there are, turning them, and forgetting old ones."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.desk import Desk
from lastschrift.admin.key_verbs import (
    KEYS_LIST,
    KEYS_RETIRE,
    KEYS_REWRAP,
    ContractNamed,
    KeyTold,
)
from lastschrift.admin.verb import Nothing
from lastschrift.cli.administering import desk
from lastschrift.cli.arguments import Id
from lastschrift.cli.epilog import example
from lastschrift.cli.holding import is_alone
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.cli.progress import progress_shown
from lastschrift.cli.resealing import rotate_data_keys, wait_until
from lastschrift.settings import Settings

_COPY_THE_FILE = """\
Version {version} stands in {file}. Several servers may use this database:
1. Copy the file to each of them. They read it by themselves.
2. Run `lastschrift keys rotate master` again: it wraps all keys anew.\
"""

contract_option = click.option(
    "--contract", type=Id(), help="The contract whose keys are meant; all, if left out."
)


@click.group(epilog=example("lastschrift keys list"))
def keys() -> None:
    """List the keys that keep account numbers secret, turn them, retire old ones.

    The master key, in its file, locks the keys of all contracts. Each contract has a data key,
    which IBANs are encrypted under, and a fingerprint key, by which duplicates are found.
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
        ("contract", "key", "version", "under master", "seals since"),
        [_row(told) for told in found],
    )


def _row(told: KeyTold) -> tuple[str, ...]:
    since = told.active_from.isoformat() if told.active_from.timestamp() else "always"
    return (
        str(told.contract),
        told.purpose,
        str(told.version),
        str(told.master_version),
        since,
    )


@keys.group(epilog=example("lastschrift keys rotate data"))
def rotate() -> None:
    """Take new keys; the old ones go on opening what they closed until they are retired."""


@rotate.command(epilog=example("lastschrift keys rotate master"))
@data_option
@click.pass_obj
def master(house: House, directory: Path) -> None:
    """Add a version to the master key's file, and lock all contracts' keys by it.

    The server may run. Interrupted, it goes on when it is run again. Where several servers use one
    database, the file has to be copied to each between two runs; the first one says so.

    Keep a copy of the file apart from the database's, as before.
    """
    settings = Settings.load(directory.absolute(), os.environ)
    at_desk = desk(house, directory)
    found = at_desk.ask(KEYS_LIST, Nothing())
    newest = max(house.master_versions(settings))
    if all(told.master_version == newest for told in found):
        newest = house.add_master_version(settings)
        if not is_alone(settings):
            click.echo(_COPY_THE_FILE.format(version=newest, file=settings.master_key_file))
            return
    contracts = dict.fromkeys(told.contract for told in found)
    rewrapped = sum(at_desk.ask(KEYS_REWRAP, ContractNamed(contract)) for contract in contracts)
    click.echo(f"{rewrapped} keys of {len(contracts)} contracts are locked by master key {newest}")


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
    settings = Settings.load(directory.absolute(), os.environ)
    at_desk = desk(house, directory)
    contracts = _contracts(at_desk, contract)
    with progress_shown() as progress:
        resealed = rotate_data_keys(
            at_desk.ask,
            contracts,
            has_other_servers=not is_alone(settings),
            progress=progress,
            wait=wait_until,
        )
    click.echo(f"{resealed:,} rows of {len(contracts)} contracts were encrypted anew")
    click.echo("`lastschrift keys retire` forgets the old keys, a minute from now or later")


@keys.command(epilog=example("lastschrift keys retire"))
@contract_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
@click.pass_obj
def retire(house: House, contract: UUID | None, yes: bool, directory: Path) -> None:
    """Forget old data keys and old versions of the master key, for good.

    All rows are gone through before, so nothing is lost of this database. But a backup can be
    opened only with the keys of its time: one from before the last rotation of the master key needs
    a copy of the file from then.
    """
    settings = Settings.load(directory.absolute(), os.environ)
    if not yes:
        click.confirm("Forget old keys for good? Older backups may need them.", abort=True)
    at_desk = desk(house, directory)
    contracts = _contracts(at_desk, contract)
    retired = sum(at_desk.ask(KEYS_RETIRE, ContractNamed(each)) for each in contracts)
    click.echo(f"{retired} old data keys are forgotten")
    used = {told.master_version for told in at_desk.ask(KEYS_LIST, Nothing())}
    dropped = house.drop_master_versions(settings, used)
    click.echo(f"{len(dropped)} old versions of the master key are forgotten")
    if dropped and not is_alone(settings):
        click.echo(f"copy {settings.master_key_file} to all other servers")


def _contracts(at_desk: Desk, contract: UUID | None) -> Sequence[UUID]:
    """Return which contracts are meant."""
    if contract is not None:
        return [contract]
    return list(dict.fromkeys(told.contract for told in at_desk.ask(KEYS_LIST, Nothing())))
