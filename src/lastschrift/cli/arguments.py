"""Kinds of arguments: what is typed, checked before anything is done."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.verbs import NAME_CHARACTERS_MAX
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.text import clean_text
from lastschrift.domain.users import (
    ISSUER_CHARACTERS_MAX,
    SUBJECT_CHARACTERS_MAX,
    is_issuer,
    is_subject,
)
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


class Issuer(click.ParamType[str]):
    """What an identity provider calls itself."""

    name = "issuer"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return it letter for letter, or tell what one looks like."""
        text = str(value)
        if not is_issuer(text):
            wanted = f"an issuer has 1 to {ISSUER_CHARACTERS_MAX} visible characters"
            self.fail(wanted, param, ctx)
        return text


class Subject(click.ParamType[str]):
    """What an identity provider calls a user."""

    name = "subject"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return it letter for letter, or tell what one looks like."""
        text = str(value)
        if not is_subject(text):
            wanted = f"a subject has 1 to {SUBJECT_CHARACTERS_MAX} visible characters"
            self.fail(wanted, param, ctx)
        return text


class Instant(click.ParamType[datetime]):
    """An instant, in one of the forms of ISO 8601; UTC if it names no zone."""

    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant, or tell what one looks like."""
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("an instant is like 2026-11-21 or 2026-11-21T09:30:00+01:00", param, ctx)
        return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


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
