"""The group of all commands, and how the facts that end them are told."""

import importlib
from collections.abc import Sequence

import click

from lastschrift import __version__
from lastschrift.cli.epilog import example

_COMMANDS = (
    "sandbox",
    "init",
    "serve",
    "migrate",
    "copy",
    "backup",
    "restore",
    "contract",
    "client",
    "identity",
    "debtor",
    "account",
    "retention",
    "keys",
    "audit",
    "doctor",
)
"""In the order of their need; each stands in the module of its name beside this one."""


class _LoadedWhenAsked(click.Group):
    """A group whose commands are imported one at a time: starting a server should not wait."""

    def list_commands(self, ctx: click.Context) -> Sequence[str]:  # type: ignore[override]  # stricter
        return _COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"lastschrift.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from lastschrift.cli.told import words_for  # noqa: PLC0415  # when something is wrong

            words = words_for(error)
            if words is None:
                raise
            raise click.ClickException(words) from None


@click.group(cls=_LoadedWhenAsked, epilog=example("lastschrift sandbox"))
@click.version_option(__version__, prog_name="lastschrift", message="%(prog)s %(version)s")
def lastschrift() -> None:
    """Run a SEPA direct debit server, and administer it."""
