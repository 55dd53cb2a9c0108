"""Which schema a database has, and which one this program needs: facts, and the steps between.

A database carries our mark and its schema's number, so that another program's database, or one
from a newer Lastschrift, is told by name and left alone. Steps go forward only, are numbered, and
bear the same numbers and names on every engine.
"""

from collections.abc import Mapping
from importlib.resources import files

from msgspec import Struct


class SchemaError(Exception):
    """The database can't be used as it is: ``fact`` says why, ``remedy`` what to do."""

    def __init__(self, fact: str, remedy: str) -> None:
        super().__init__(f"{fact}: {remedy}")
        self.fact = fact
        self.remedy = remedy


class SchemaTooOld(SchemaError):
    """The database lacks migrations that this program needs."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(
            f"the database has schema {found}, this program needs {needed}",
            "run `lastschrift migrate`",
        )
        self.found = found
        self.needed = needed


class SchemaTooNew(SchemaError):
    """The database was written by a newer program."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the database has schema {found}, this program knows {known}",
            "run the newer Lastschrift that wrote it",
        )
        self.found = found
        self.known = known


class NotOurDatabase(SchemaError):
    """The database is another program's."""

    def __init__(self) -> None:
        super().__init__("the database belongs to another program", "name another one")


class Migration(Struct, frozen=True):
    """One step: its number, its name, and the statements that it is made of."""

    number: int
    name: str
    script: str


def migrations_in(package: str) -> Mapping[int, Migration]:
    """Return the steps that stand in a package, by number: each ``0001_name.sql`` is one."""
    scripts = [file for file in files(package).iterdir() if file.name.endswith(".sql")]
    steps = [
        Migration(int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in sorted(scripts, key=lambda file: file.name)
    ]
    return {step.number: step for step in steps}


def check_schema_number(found: int, newest: int) -> None:
    """Let a schema pass that is this program's.

    Raises: SchemaTooNew, SchemaTooOld.
    """
    if found > newest:
        raise SchemaTooNew(found, newest)
    if found < newest:
        raise SchemaTooOld(found, newest)


def steps_after(found: int, migrations: Mapping[int, Migration]) -> list[Migration]:
    """Return what a database of schema ``found`` lacks, in order.

    Raises: SchemaTooNew.
    """
    if found > max(migrations):
        raise SchemaTooNew(found, max(migrations))
    return [step for number, step in migrations.items() if number > found]
