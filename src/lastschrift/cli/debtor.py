"""``lastschrift debtor``: what is held about a payer, told and erased."""

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.erasure_verbs import (
    DEBTOR_ERASE,
    DEBTOR_EXPORT,
    DEBTOR_REPLAY_ERASURES,
    DebtorNamed,
    DebtorToErase,
)
from lastschrift.admin.verb import Nothing
from lastschrift.cli.administering import chosen_contract, contract_option, desk
from lastschrift.cli.arguments import Id
from lastschrift.cli.epilog import example
from lastschrift.cli.erased import purge_and_tell, tell_erased
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import json_of, print_json
from lastschrift.domain.retention import Periods, kept_until
from lastschrift.operations.erasing import ErasedCount
from lastschrift.settings import Settings

_SOME_CUSTOMER = "PCU_3K7NA85XS2NHEZ5ZRJUHT0DWYS0ZAW"
_CUSTOMER_SIGN = "PCU_"

_debtor_argument = click.argument("debtor", metavar="ID")


@click.group(epilog=example(f"lastschrift debtor export {_SOME_CUSTOMER}"))
def debtor() -> None:
    """Tell all that is held about a payer, or erase it.

    ID is a secuconnect customer's (PCU_...), or any payer's own, as `lastschrift identity list`
    shows those of linked users.
    """


@debtor.command(epilog=example(f"lastschrift debtor export {_SOME_CUSTOMER} --out payer.json"))
@_debtor_argument
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file to write it to, for its owner only; standard output, if left out.",
)
@contract_option
@data_option
@click.pass_obj
def export(
    house: House, *, debtor: str, file: Path | None, contract_id: UUID | None, directory: Path
) -> None:
    """Print all that is held about a payer as JSON: contact data, full IBANs, links, audit trail.

    Deleted and archived accounts are told, too. That it was told is in the audit trail.
    """
    asked = desk(house, directory)
    wanted = DebtorNamed(
        contract=chosen_contract(asked, contract_id), debtor=_debtor_id(house, debtor)
    )
    if file is None:
        print_json(asked.ask(DEBTOR_EXPORT, wanted))
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(json_of(asked.ask(DEBTOR_EXPORT, wanted)) + b"\n")


@debtor.command(epilog=example(f"lastschrift debtor erase {_SOME_CUSTOMER}"))
@_debtor_argument
@click.option(
    "--last-collection",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="When the last direct debit was collected from this payer: accounts are kept, hidden, "
    "for as long as law wants them kept since then.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@contract_option
@data_option
@json_option
@click.pass_obj
def erase(
    house: House,
    *,
    debtor: str,
    last_collection: datetime | None,
    yes: bool,
    contract_id: UUID | None,
    directory: Path,
    is_json: bool,
) -> None:
    """Erase a payer for good: contact data, accounts, links. The server may run.

    It is written into the erasure log first, so that restoring an older backup erases it again.
    Then it is gone from the database and its log, too; a bar shows how far that is. If the command
    is interrupted, run it again. Audit entries stay: they hold ids only.

    Nothing can be collected from the payer any more. If you have collected by direct debit, law
    wants the account data kept for some time: say when with --last-collection. They are shown to
    nobody, and erased when the time is over (settings mandate_kept_months, voucher_kept_years).
    """
    settings = Settings.load(directory, os.environ)
    asked = desk(house, directory)
    wanted = DebtorToErase(
        contract=chosen_contract(asked, contract_id),
        debtor=_debtor_id(house, debtor),
        restricted_until=_restricted_until(settings, last_collection),
    )
    if not yes:
        click.confirm(f"Erase {debtor} for good? There is no way back.", abort=True)
    erased = asked.ask(DEBTOR_ERASE, wanted)
    is_purged = purge_and_tell(asked)
    if is_json:
        print_json({"erased": erased, "purged": is_purged, "until": wanted.restricted_until})
        return
    tell_erased(erased)
    if erased.restricted and wanted.restricted_until is not None:
        click.echo(f"restricted  {erased.restricted} accounts, until {_day(wanted)}")


@debtor.command("replay-erasures", epilog=example("lastschrift debtor replay-erasures"))
@data_option
@json_option
@click.pass_obj
def replay_erasures(house: House, directory: Path, is_json: bool) -> None:
    """Erase again whom the erasure log has and the database still knows.

    After an older state of a PostgreSQL server was put back; once for each machine that has a log,
    before servers run. `lastschrift restore` and `lastschrift serve` do it by themselves.
    """
    asked = desk(house, directory)
    erased: ErasedCount = asked.ask(DEBTOR_REPLAY_ERASURES, Nothing())
    is_purged = purge_and_tell(asked)
    if is_json:
        print_json({"erased": erased, "purged": is_purged})
    else:
        tell_erased(erased)


def _debtor_id(house: House, text: str) -> UUID:
    """Return the debtor that a customer's id, or a UUID, names.

    Raises: CannotDo; click.UsageError.
    """
    if text.startswith(_CUSTOMER_SIGN):
        return house.customer(text)
    return Id().convert(text, None, None)


def _restricted_until(settings: Settings, last_collection: datetime | None) -> datetime | None:
    """Return when the last of the periods ends that begin with a collection."""
    if last_collection is None:
        return None
    periods = Periods(
        mandate_months=settings.mandate_kept_months, voucher_years=settings.voucher_kept_years
    )
    return datetime.combine(kept_until(last_collection.date(), periods), time(), UTC)


def _day(wanted: DebtorToErase) -> date | None:
    return None if wanted.restricted_until is None else wanted.restricted_until.date()
