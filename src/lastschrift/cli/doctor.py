"""``lastschrift doctor``: what is wrong with an installation, and what to do about it."""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from lastschrift.admin.lock import holder_of
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import require_database
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.cli.progress import Tell, progress_shown
from lastschrift.cli.serve import require_public_url
from lastschrift.settings import InstallationKind, Settings, SettingsWrong, SqliteDatabase

_FREE_BYTES_ENOUGH = 1024**3
_FREE_BYTES_MIN = 100 * 1024**2
_CLOCK_BEHIND_S_MAX = 60
_CLOCK_EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""Before this there was no Lastschrift."""


class State(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and where it is not good, what to do."""

    subject: str
    state: State
    text: str


class Doubtful(Exception):
    """It works, but not for long or not as it should; the text says what to do."""


@click.command(epilog=example("lastschrift doctor --data /var/lib/lastschrift"))
@click.option(
    "--deep",
    "is_deep",
    is_flag=True,
    help="Read all that the database holds too: open every account number, follow every reference.",
)
@data_option
@json_option
@click.pass_context
def doctor(context: click.Context, directory: Path, is_deep: bool, is_json: bool) -> None:
    """Look for what is wrong with an installation, and say what to do about it.

    Nothing is changed; the server may run. Exit code 1 if something is wrong.
    """
    with progress_shown() as progress:
        found = list(_examine(context.obj, directory, progress if is_deep else None))
    if is_json:
        print_json(found)
    else:
        rows = [(finding.state, finding.subject, finding.text) for finding in found]
        print_table(("state", "what", "finding"), rows)
    if any(finding.state is State.WRONG for finding in found):
        context.exit(1)


def _examine(house: House, directory: Path, progress: Tell | None) -> Iterator[Finding]:
    """Yield all findings; also what takes a while, where there is someone to tell how far it is."""
    yield _find("SQLite library", house.check_sqlite)
    yield _find("clock", _check_clock)
    try:
        settings = Settings.load(directory, os.environ)
    except SettingsWrong as wrong:
        yield from (Finding("settings", State.WRONG, str(problem)) for problem in wrong.problems)
        return
    yield Finding("settings", State.OK, f"{settings.kind.value} installation")
    for subject, check in _CHECKS:
        yield _find(subject, partial(check, house, settings))
    if progress is not None:
        for subject, examine in house.examine(settings, progress):
            yield _find(subject, examine)


def _find(subject: str, check: Callable[[], str]) -> Finding:
    """Return what a check says, or raises."""
    try:
        return Finding(subject, State.OK, check())
    except Doubtful as doubt:
        return Finding(subject, State.DOUBTFUL, str(doubt))
    except CannotDo as wrong:
        return Finding(subject, State.WRONG, wrong.message)
    except OSError as error:
        return Finding(subject, State.WRONG, f"{error.filename}: {error.strerror}")


# --- the checks: each returns what is well, or raises what is not ---------------------------------


def _check_clock() -> str:
    now = datetime.now(UTC)
    if now < _CLOCK_EARLIEST:
        raise CannotDo(f"the clock says {now:%Y-%m-%d}, which is past; set it")
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        raise CannotDo("there is no time zone data; install the package tzdata") from None
    return now.isoformat(timespec="seconds")


def _check_directory(_house: House, settings: Settings) -> str:
    mode = settings.directory.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Doubtful(f"{settings.directory} is open to other users; run chmod 700 on it")
    return str(settings.directory)


def _check_listen(_house: House, settings: Settings) -> str:
    if settings.kind is InstallationKind.PRODUCTION:
        require_public_url(settings)
    return str(settings.listen)


def _check_server(_house: House, settings: Settings) -> str:
    holder = holder_of(settings.directory)
    return "not running" if holder is None else f"running: {holder.holder.value}, pid {holder.pid}"


def _check_database(house: House, settings: Settings) -> str:
    require_database(house, settings)
    return house.check_database(settings)


def _check_keys(house: House, settings: Settings) -> str:
    return house.check_keys(settings)


def _check_erasures(house: House, settings: Settings) -> str:
    return house.check_erasures(settings)


def _check_identity_providers(house: House, settings: Settings) -> str:
    return house.check_identity_providers(settings)


def _check_disk_space(_house: House, settings: Settings) -> str:
    place = _own_disk(settings)
    free = shutil.disk_usage(place).free
    text = f"{free // 1024**2:,} MiB free at {place}"
    if free < _FREE_BYTES_MIN:
        raise CannotDo(f"{text}; make room, or registrations will be refused")
    if free < _FREE_BYTES_ENOUGH:
        raise Doubtful(f"{text}; make room soon")
    return text


def _own_disk(settings: Settings) -> Path:
    """Return a place on the disk that this machine writes to."""
    database = settings.database
    return database.path.parent if isinstance(database, SqliteDatabase) else settings.directory


def _check_last_change(_house: House, settings: Settings) -> str:
    """A clock that is behind what was written makes tokens live too long."""
    if not isinstance(settings.database, SqliteDatabase):
        return "kept by PostgreSQL"
    changed = settings.database.path.stat().st_mtime
    if changed > time.time() + _CLOCK_BEHIND_S_MAX:
        raise CannotDo("the database was last changed in the future; set the clock")
    return datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds")


_CHECKS: Sequence[tuple[str, Callable[[House, Settings], str]]] = (
    ("directory", _check_directory),
    ("listen", _check_listen),
    ("server", _check_server),
    ("database", _check_database),
    ("master key", _check_keys),
    ("erasures", _check_erasures),
    ("identity providers", _check_identity_providers),
    ("disk space", _check_disk_space),
    ("last change", _check_last_change),
)
