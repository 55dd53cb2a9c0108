"""Reading the settings, and telling everything that is wrong with them at once."""

import difflib
import reprlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from lastschrift.settings.identity_providers import IdentityProvider
from lastschrift.settings.table import ONE_OF, SETTING_BY_NAME, SETTINGS, VARIABLE_PREFIX
from lastschrift.settings.values import (
    HiddenText,
    InstallationKind,
    Listen,
    LogFormat,
    LogLevel,
    Network,
    PostgresDatabase,
    SettingRefused,
    SqliteDatabase,
)

CONFIG_FILE = "lastschrift.toml"

VARIABLES_OF_OTHERS = frozenset({"LASTSCHRIFT_DATA"})
"""Variables that are no setting: the command line finds the installation's directory by it."""

_SIGNS_OF_A_SECRET = ("@", "password", "secret", "token")
"""A value with one of these is not repeated in a message: a URL may hold a password."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong setting: its place (file and key, or variable), what is wrong, what to do."""

    place: str
    fact: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place} {self.fact}; {self.remedy}"


class SettingsWrong(Exception):
    """The installation can't be used as it is set; ``problems`` names all that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(*problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set, checked; `table.SETTINGS` says what each means.

    ``log_format`` None: console on a terminal, else JSON.
    """

    directory: Path
    kind: InstallationKind
    database: SqliteDatabase | PostgresDatabase
    database_connections: int
    workers: int
    listen: Listen
    master_key_file: Path
    master_key: HiddenText | None
    master_key_command: tuple[str, ...] | None
    public_url: str | None
    trusted_proxies: tuple[Network, ...] | None
    cors: bool
    docs: bool
    log_format: LogFormat | None
    log_level: LogLevel
    queue_limit: int
    wait_ms_max: int
    connections_max: int
    request_timeout_s: float
    body_bytes_max: int
    client_failures_per_minute_max: int
    source_failures_per_minute_max: int
    shutdown_timeout_s: float
    drain_s: int
    erasure_log: Path
    deleted_kept_days: int
    mandate_kept_months: int
    voucher_kept_years: int
    backup_kept_days: int
    identity_provider: tuple[IdentityProvider, ...] | None

    @classmethod
    def load(cls, directory: Path, environ: Mapping[str, str]) -> Self:
        """Read the settings of the installation in ``directory``.

        Raises: SettingsWrong, with every problem of file and variables.
        """
        directory = directory.absolute()
        values: dict[str, Any] = {setting.name: None for setting in SETTINGS}
        all_given = [*_in_file(directory / CONFIG_FILE), *_in_variables(environ)]
        problems = list(_set_together(all_given))
        for given in (*_defaults(), *all_given):
            taken = given if isinstance(given, Problem) else _take(given, directory)
            if isinstance(taken, Problem):
                problems.append(taken)
            else:
                values.update(taken)
        if problems:
            raise SettingsWrong(problems)
        return cls(directory=directory, **values)

    @property
    def has_master_key_file(self) -> bool:
        """Whether the master key is a file, which we may write."""
        return self.master_key is None and self.master_key_command is None

    @property
    def master_key_place(self) -> str:
        """Where the master key comes from, for those who are told."""
        if self.master_key is not None:
            return f"the variable {SETTING_BY_NAME['master_key'].variable}"
        if self.master_key_command is not None:
            return f"the command {self.master_key_command[0]}"
        return str(self.master_key_file)

    @property
    def lock_file(self) -> Path:
        """Whoever holds a lock on it writes the database."""
        return self.directory / "lastschrift.lock"

    @property
    def admin_socket(self) -> Path:
        """Where a running server takes the operations of commands."""
        return self.directory / "admin.sock"


# --- what is given --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """Something that was set: as which setting, to what, and where."""

    name: str
    raw: object
    place: str
    is_variable: bool = False


def _defaults() -> Iterator[_Given]:
    for setting in SETTINGS:
        if setting.default is not None:
            yield _Given(name=setting.name, raw=setting.default, place="default")


def _in_file(file: Path) -> Iterator[_Given | Problem]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield Problem(f"{file}", "is missing", "lastschrift init makes one")
    except OSError as error:
        yield Problem(f"{file}", f"can't be read ({error.strerror})", "mend that")
    except ValueError as error:  # TOMLDecodeError or UnicodeDecodeError: they tell the place.
        yield Problem(f"{file}", f"is not TOML ({error})", "mend that line")
    else:
        if "kind" not in table:
            allowed = SETTING_BY_NAME["kind"].allowed
            yield Problem(f"{file}: kind", "is missing", f"it is {allowed}")
        for name, raw in table.items():
            yield _Given(name=name, raw=raw, place=f"{file}: {name}")


def _in_variables(environ: Mapping[str, str]) -> Iterator[_Given]:
    for variable, text in environ.items():
        if variable.startswith(VARIABLE_PREFIX) and variable not in VARIABLES_OF_OTHERS:
            name = variable.removeprefix(VARIABLE_PREFIX).lower()
            yield _Given(name=name, raw=text, place=variable, is_variable=True)


def _set_together(all_given: Sequence[_Given | Problem]) -> Iterator[Problem]:
    """Yield what is wrong with settings that exclude each other."""
    places = [
        given.place for given in all_given if isinstance(given, _Given) and given.name in ONE_OF
    ]
    names = {given.name for given in all_given if isinstance(given, _Given)}
    if len(names.intersection(ONE_OF)) > 1:
        yield Problem(" and ".join(places), "are set together", "leave all but one of them out")


# --- what is taken --------------------------------------------------------------------------------


def _take(given: _Given, directory: Path) -> dict[str, object] | Problem:
    """Return a setting's name with its value, or what is wrong with it."""
    setting = SETTING_BY_NAME.get(given.name)
    if setting is None or (given.is_variable and given.place != setting.variable):
        return Problem(given.place, "is no setting", _nearest(given))
    if given.is_variable and setting.is_file_only:
        return Problem(given.place, "is no variable", f"{given.name} stands in {CONFIG_FILE} only")
    if not given.is_variable and given.place != "default" and setting.is_variable_only:
        return Problem(given.place, "may not stand in a file", f"set {setting.variable}")
    try:
        return {given.name: setting.parse(given.raw, directory)}
    except SettingRefused as refusal:
        remedy = refusal.remedy or f"it is {setting.allowed}"
        return Problem(given.place, f"{_shown(given.raw)} is not allowed", remedy)


def _nearest(given: _Given) -> str:
    names = [
        setting.variable if given.is_variable else setting.name
        for setting in SETTINGS
        if not (setting.is_file_only if given.is_variable else setting.is_variable_only)
    ]
    written = given.place if given.is_variable else given.name
    found = difflib.get_close_matches(written, names, n=1)
    return f"did you mean {found[0]}?" if found else f"there are {', '.join(names)}"


def _shown(raw: object) -> str:
    """Return a given value for a message, shortened, unless it could hold a secret."""
    text = reprlib.repr(raw)
    if any(sign in str(raw).lower() for sign in _SIGNS_OF_A_SECRET):
        return "(not shown: it may hold a secret)"
    return f"= {text}"
