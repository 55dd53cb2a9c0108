"""``lastschrift audit``: who did what; whether the trail that says so is whole."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from msgspec import Struct

from lastschrift.cli.arguments import Id, Instant
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.cli.progress import progress_shown
from lastschrift.operations.ports.trail import PlacedEntry, SoughtEntries, TrailFault
from lastschrift.settings import Settings

_SOME_CONTAINER = "PCT_3K7NA85XS2NHEZ5ZRJUHT0DWYS0ZAW"


@click.group(epilog=example("lastschrift audit verify"))
def audit() -> None:
    """Look into the audit trail, and find out whether somebody changed it.

    It has an entry for each request that changed something, and for each that was shown full IBANs:
    who, what, when, from where. Entries are chained by hashes.
    """


# --- is it whole? ---------------------------------------------------------------------------------


@audit.command(epilog=example("lastschrift audit verify --anchor anchors.txt"))
@click.option(
    "--anchor",
    "anchors",
    type=click.Path(dir_okay=False, allow_dash=True),
    multiple=True,
    metavar="FILE",
    help="What `audit anchor` printed, or a server's log; - reads it from standard input. "
    "May be repeated.",
)
@data_option
@json_option
@click.pass_context
def verify(context: click.Context, anchors: Sequence[str], directory: Path, is_json: bool) -> None:
    """Read the whole audit trail, and say whether anything in it was changed.

    Every entry that was changed, taken out, put in or moved is found. That the end is missing, or
    that somebody made all hashes anew, shows by an anchor that was kept elsewhere.

    Nothing is changed; the server may run. Exit code 1 if something is wrong.
    """
    house: House = context.obj
    settings = Settings.load(directory.absolute(), os.environ)
    with progress_shown(unit="entries") as progress:
        found = house.verify_audit(settings, _all_lines(anchors), progress)
    if anchors and not found.anchors:
        raise CannotDo("there is no anchor in what --anchor names; `lastschrift audit anchor`")
    if is_json:
        print_json(found)
    else:
        print_table(("contract", "writer", "entries", "what is wrong"), _rows(found.faults))
        click.echo(
            f"{found.entries:,} entries in {found.chains:,} chains, {found.anchors:,} anchors: "
            f"{found.faults_total:,} faults"
        )
    if found.faults_total:
        context.exit(1)


def _all_lines(files: Sequence[str]) -> Iterator[str]:
    for file in files:
        with click.open_file(file, encoding="utf-8", errors="replace") as lines:
            yield from lines


def _rows(faults: Sequence[TrailFault]) -> list[tuple[str, ...]]:
    return [
        (
            str(fault.contract),
            str(fault.writer),
            str(fault.last) if fault.first in (None, fault.last) else f"{fault.first}-{fault.last}",
            fault.fact,
        )
        for fault in faults
    ]


@audit.command(epilog=example("lastschrift audit anchor /mnt/elsewhere/anchors.txt"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@data_option
@click.pass_obj
def anchor(house: House, file: Path | None, directory: Path) -> None:
    """Print how far each chain of the audit trail has come, or add it to a file.

    Keep it where nobody who can change the database can change it. A server writes the same lines
    to its log, every ten minutes and at its end.
    """
    lines = house.anchor_audit(Settings.load(directory.absolute(), os.environ))
    if file is None:
        for line in lines:
            click.echo(line)
        return
    with file.open("a", encoding="utf-8") as opened:
        opened.writelines(f"{line}\n" for line in lines)
        opened.flush()
        os.fsync(opened.fileno())
    click.echo(f"{len(lines):,} anchors were added to {file}")


# --- what is in it --------------------------------------------------------------------------------


class _EntryTold(Struct, frozen=True, kw_only=True):
    """An entry, as it is told; ``debtor`` is the payer that a token spoke for."""

    at: datetime
    action: str
    subjects: list[UUID]
    contract: UUID
    client: str | None
    debtor: UUID | None
    source: str
    writer: UUID
    sequence: int


@audit.command("list", epilog=example(f"lastschrift audit list --object {_SOME_CONTAINER}"))
@click.option("--contract", type=Id(), help="Of this contract only.")
@click.option("--client", type=Id(), help="By this client only.")
@click.option("--debtor", type=Id(), help="Of tokens that speak for this payer only.")
@click.option("--action", help="This action only, as bank_account.read.")
@click.option("--object", "subject", help="About this object only: an id, or PCT_... or PCU_...")
@click.option("--source", help="From this address only; for commands, from this user@machine.")
@click.option("--since", type=Instant(), help="From this instant on; UTC if no zone is named.")
@click.option("--until", type=Instant(), help="Before this instant.")
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    default=100,
    show_default=True,
    help="So many of the newest.",
)
@data_option
@json_option
@click.pass_obj
def list_(
    house: House,
    *,
    contract: UUID | None,
    client: UUID | None,
    debtor: UUID | None,
    action: str | None,
    subject: str | None,
    source: str | None,
    since: datetime | None,
    until: datetime | None,
    count: int,
    directory: Path,
    is_json: bool,
) -> None:
    """List who did what, the newest first. The server may run."""
    sought = SoughtEntries(
        contract=contract,
        client=client,
        debtor=debtor,
        action=action,
        subject=None if subject is None else _object(house, subject),
        source=source,
        since=since,
        until=until,
        count=count,
    )
    settings = Settings.load(directory.absolute(), os.environ)
    found = [_told(placed) for placed in house.find_audited(settings, sought)]
    if is_json:
        print_json(found)
    else:
        columns = ("at", "action", "objects", "contract", "client", "payer", "from")
        print_table(columns, [_row(told) for told in found])


def _object(house: House, text: str) -> UUID:
    """Return which object is meant, by its own id or by the one that the secuconnect API has."""
    if text.startswith("PCU_"):
        return house.customer(text)
    if text.startswith("PCT_"):
        return house.container(text)
    return Id().convert(text, None, None)


def _told(placed: PlacedEntry) -> _EntryTold:
    entry = placed.entry
    return _EntryTold(
        at=entry.at,
        action=entry.action,
        subjects=[entry.subject_id, *entry.further_subjects],
        contract=entry.contract_id,
        client=None if entry.client_id is None else entry.client_id.hex,
        debtor=entry.debtor_id,
        source=entry.source,
        writer=placed.writer,
        sequence=placed.sequence,
    )


def _row(told: _EntryTold) -> tuple[str, ...]:
    first, *others = told.subjects
    return (
        told.at.isoformat(),
        told.action,
        f"{first} and {len(others)} more" if others else str(first),
        str(told.contract),
        told.client or "",
        str(told.debtor or ""),
        told.source,
    )
