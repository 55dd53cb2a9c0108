"""How erasing ends on the command line: files are purged, and it is told what is gone."""

import click

from lastschrift.admin.desk import Desk
from lastschrift.cli.progress import progress_shown
from lastschrift.cli.purging import purge_all
from lastschrift.operations.erasing import ErasedCount

_NOT_PURGED = (
    "the database's files hold it still, as somebody reads for long (a backup?); "
    "the server will purge them, or run `lastschrift retention run`"
)


def purge_and_tell(asked: Desk) -> bool:
    """Purge all files of what was erased; say so, and return False, if that can't be done now."""
    with progress_shown(unit="parts") as progress:
        is_purged = purge_all(asked.ask, progress)
    if not is_purged:
        click.echo(_NOT_PURGED, err=True)
    return is_purged


def tell_erased(erased: ErasedCount) -> None:
    """Print how much is gone."""
    click.echo(f"erased      {erased.debtors:,} payers, {erased.accounts:,} accounts")
