"""What single settings may be, and how they are made of text or of TOML values.

A parser takes what was given and the installation's directory, which relative paths count from.

>>> listen("[::1]:8080", Path())
Listen(host='::1', port=8080)
"""

import ipaddress
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeVar

import msgspec

from lastschrift.postgres_address import PostgresAddress

T = TypeVar("T")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# --- the values -----------------------------------------------------------------------------------


class InstallationKind(Enum):
    """What a directory was made for; no command takes one for the other."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


class LogFormat(Enum):
    """How log lines are written."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(Enum):
    """The least grave events that are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """A database in one file; ``path`` is absolute."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A database on a PostgreSQL server; its URL may hold a password, which is never shown."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        """Return where it is, without password and options."""
        return str(PostgresAddress.parse(self.url).without_secrets())


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A text that is never shown."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the server listens; port 0 takes any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


# --- made of what was given -----------------------------------------------------------------------


class SettingRefused(Exception):
    """A value is not allowed; ``remedy`` only if there is more to say than what is."""

    def __init__(self, remedy: str | None = None) -> None:
        super().__init__(remedy)
        self.remedy = remedy


Parse = Callable[[object, Path], T]
"""Makes a setting's value of what was given, which is text from a variable, or any TOML value.

The path is the installation's directory. Raises: SettingRefused.
"""

PORT_MAX = 65_535

SECONDS_MAX = 3600
"""The longest timeout: an hour."""

_POSTGRES_SCHEMES = ("postgresql://", "postgres://")
_POSTGRES_ALLOWED = "it is postgresql://USER:PASSWORD@HOST:PORT/NAME; several HOST:PORT by commas"
_POSTGRES_HOST = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+|%2[Ff][A-Za-z0-9._%-]+)(:(?P<port>[0-9]{1,5}))?"
)
"""A host, or a socket's directory in per cents, with its port or without."""

_LISTEN = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")

_PUBLIC_URL = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*"
)


def of_type(kind: type[T]) -> Parse[T]:
    """Take what msgspec can make a ``kind`` of; a number or a bool may come as text."""

    def parse(raw: object, _directory: Path) -> T:
        try:
            return msgspec.convert(raw, kind, strict=False)
        except msgspec.ValidationError:
            raise SettingRefused from None

    return parse


def whole_number(lowest: int, highest: int) -> Parse[int]:
    """Take a number from ``lowest`` to ``highest``."""

    def parse(raw: object, directory: Path) -> int:
        number = of_type(int)(raw, directory)
        if not lowest <= number <= highest:
            raise SettingRefused
        return number

    return parse


def seconds(raw: object, directory: Path) -> float:
    """Take a timeout: more than nothing, at most an hour."""
    number = of_type(float)(raw, directory)
    if not 0 < number <= SECONDS_MAX:
        raise SettingRefused
    return number


def file_path(raw: object, directory: Path) -> Path:
    """Take a path; a relative one counts from the installation's directory."""
    return directory / _text(raw)


def hidden_text(raw: object, _directory: Path) -> HiddenText:
    """Take any text of several lines."""
    if not isinstance(raw, str) or not raw.strip():
        raise SettingRefused
    return HiddenText(raw)


def command_line(raw: object, _directory: Path) -> tuple[str, ...]:
    """Take a program and its arguments, written as for a shell."""
    try:
        arguments = tuple(shlex.split(_text(raw)))
    except ValueError:
        raise SettingRefused("a quotation mark has no other one") from None
    if not arguments:
        raise SettingRefused
    return arguments


def database(raw: object, directory: Path) -> SqliteDatabase | PostgresDatabase:
    """Take ``sqlite:///`` and a path, or a PostgreSQL URL with one host or several."""
    url = _text(raw)
    if url.startswith(_POSTGRES_SCHEMES):
        return _postgres(url)
    path = url.removeprefix("sqlite:///")
    if path in ("", "/", url) or path.endswith("/") or "?" in path:
        raise SettingRefused
    return SqliteDatabase(directory / path)


def _postgres(url: str) -> PostgresDatabase:
    try:
        address = PostgresAddress.parse(url)
    except ValueError:
        raise SettingRefused(_POSTGRES_ALLOWED) from None
    are_hosts = all(map(_is_postgres_host, address.hosts))  # None: this machine
    if not are_hosts or len(address.path) <= 1 or address.fragment:
        raise SettingRefused(_POSTGRES_ALLOWED)
    return PostgresDatabase(url)


def _is_postgres_host(text: str) -> bool:
    match = _POSTGRES_HOST.fullmatch(text)
    return match is not None and int(match["port"] or 0) <= PORT_MAX


def listen(raw: object, _directory: Path) -> Listen:
    """Take ``host:port`` or ``[ipv6]:port``."""
    match = _LISTEN.fullmatch(_text(raw))
    if match is None or int(match["port"]) > PORT_MAX:
        raise SettingRefused
    host = match["v6"] or match["host"]
    try:
        if match["v6"]:
            ipaddress.IPv6Address(host)
        elif not any(map(str.isalpha, host)):
            ipaddress.IPv4Address(host)
    except ValueError:
        raise SettingRefused from None
    return Listen(host, int(match["port"]))


def public_url(raw: object, _directory: Path) -> str | None:
    """Take an address as clients see it; empty text means that there is none."""
    if raw == "":
        return None
    url = _text(raw)
    if _PUBLIC_URL.fullmatch(url) is None:
        raise SettingRefused
    return url


def networks(raw: object, _directory: Path) -> tuple[Network, ...] | None:
    """Take addresses and networks, with commas between; empty text means that there is none."""
    if raw == "":
        return None
    try:
        found = tuple(ipaddress.ip_network(part.strip()) for part in _text(raw).split(","))
    except ValueError:
        raise SettingRefused from None
    return found


def _text(raw: object) -> str:
    """Return text of at least one character, all of them visible."""
    if not isinstance(raw, str) or not raw or not raw.isprintable():
        raise SettingRefused
    return raw
