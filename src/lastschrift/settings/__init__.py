"""Typed settings of an installation, from its lastschrift.toml and LASTSCHRIFT_* variables.

An installation is one directory: ``lastschrift.toml``, ``master.key``, ``lastschrift.db``,
``lastschrift.lock``, ``admin.sock``. A variable wins over the file. `table.SETTINGS` is the one
list of what can be set.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as directory:
...     file = write_config(Path(directory), InstallationKind.SANDBOX)
...     Settings.load(Path(directory), {"LASTSCHRIFT_LISTEN": "[::1]:8081"}).listen
Listen(host='::1', port=8081)
"""

from lastschrift.settings.identity_providers import IdentityProvider
from lastschrift.settings.load import CONFIG_FILE, Problem, Settings, SettingsWrong
from lastschrift.settings.table import SETTINGS, Setting
from lastschrift.settings.values import (
    InstallationKind,
    Listen,
    LogFormat,
    LogLevel,
    PostgresDatabase,
    SettingRefused,
    SqliteDatabase,
)
from lastschrift.settings.values import database as database_at
from lastschrift.settings.written import settings_reference, write_config

__all__ = [
    "CONFIG_FILE",
    "SETTINGS",
    "IdentityProvider",
    "InstallationKind",
    "Listen",
    "LogFormat",
    "LogLevel",
    "PostgresDatabase",
    "Problem",
    "Setting",
    "SettingRefused",
    "Settings",
    "SettingsWrong",
    "SqliteDatabase",
    "database_at",
    "settings_reference",
    "write_config",
]
