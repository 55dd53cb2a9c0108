"""Kinds of arguments: what is typed, checked before anything is done."""

from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.verbs import NAME_CHARACTERS_MAX
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.text import clean_text
from lastschrift.settings import SETTINGS, SettingRefused, database_at


class Id(click.ParamType[UUID]):
    """An id: a UUID, or its 32 hex digits."""

    name = "id"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> UUID:
        """Return the id, or tell that it is none."""
        try:
            return UUID(hex=str(value))
        except ValueError:
            self.fail("an id is a UUID, or its 32 hex digits", param, ctx)


class Name(click.ParamType[str]):
    """A name: text without control characters."""

    name = "name"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the name, or tell what one looks like."""
        try:
            text = clean_text(str(value).strip(), characters_max=NAME_CHARACTERS_MAX)
        except ValueRefused:
            text = ""
        if not text:
            wanted = f"a name has 1 to {NAME_CHARACTERS_MAX} characters, no controls among them"
            self.fail(wanted, param, ctx)
        return text


class DatabaseUrl(click.ParamType[str]):
    """Where a database is, as the setting ``database`` says it."""

    name = "url"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the URL, or tell what one looks like; not the URL itself, for its password."""
        try:
            database_at(value, Path())
        except SettingRefused as refusal:
            (setting,) = [setting for setting in SETTINGS if setting.name == "database"]
            self.fail(refusal.remedy or f"it is {setting.allowed}", param, ctx)
        return str(value)
