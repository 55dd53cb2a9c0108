"""The settings written down: a new installation's lastschrift.toml, and the reference page."""

import json
from pathlib import Path

from lastschrift.settings.load import CONFIG_FILE
from lastschrift.settings.table import SETTINGS, Setting
from lastschrift.settings.values import InstallationKind

_CONFIG_HEADER = """\
# Settings of this Lastschrift installation. A line "# name = value" shows what holds without it:
# remove the "#" to set something else. A variable wins over this file; it is called LASTSCHRIFT_
# and the setting's name in capitals.
"""

_REFERENCE_HEADER = """\
| setting | variable | default | allowed | meaning |
|---|---|---|---|---|
"""


def write_config(directory: Path, kind: InstallationKind, database: str | None = None) -> Path:
    """Write a new lastschrift.toml (mode 0600) with every setting explained, and return its path.

    ``database`` is the setting of that name, if it is not left at its default.

    Raises: FileExistsError; OSError (no such directory, disk full).
    """
    file = directory / CONFIG_FILE
    file.touch(mode=0o600, exist_ok=False)
    given = {"kind": kind.value, "database": database}
    entries = [
        _config_entry(setting, given.get(setting.name))
        for setting in SETTINGS
        if not setting.is_variable_only
    ]
    file.write_text("\n".join([_CONFIG_HEADER, *entries]), encoding="utf-8")
    return file


def settings_reference() -> str:
    """Return every setting as a row of a Markdown table."""
    return _REFERENCE_HEADER + "".join(map(_reference_row, SETTINGS))


def _config_entry(setting: Setting, given: str | None) -> str:
    comment = f"# {setting.meaning}\n# Allowed: {setting.allowed}.\n"
    if given is not None:
        return f"{comment}{setting.name} = {_toml(given)}\n"
    if setting.default is None:
        comment += f"# Unset: {setting.unset}. For example:\n"
    if setting.written:
        return comment + setting.written
    return f"{comment}# {setting.name} = {_toml(_shown(setting))}\n"


def _shown(setting: Setting) -> str | int:
    """Return a setting's default, or else its example."""
    return setting.example if setting.default is None else setting.default


def _toml(value: str | int) -> str:
    """Return a plain value as TOML: it is JSON's, but for letters in two pieces."""
    return json.dumps(value, ensure_ascii=False)


def _reference_row(setting: Setting) -> str:
    variable = "in the file only" if setting.is_file_only else f"`{setting.variable}`"
    if setting.is_variable_only:
        variable += " only"
    default = setting.unset if setting.default is None else f"`{_toml(_shown(setting))}`"
    return (
        f"| `{setting.name}` | {variable} | {default} | {setting.allowed} | {setting.meaning} |\n"
    )
