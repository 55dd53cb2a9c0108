"""The reference page of the ``lastschrift`` command: what ``--help`` says of every command."""

from collections.abc import Iterator

import click

from lastschrift.cli.root import lastschrift

_WIDTH = 90


def commands_reference() -> str:
    """Return the help of every command, each under its name, as Markdown."""
    return "\n".join(map(_section, _contexts(click.Context(lastschrift, info_name="lastschrift"))))


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """Yield a command's context and those of all commands below it, in the order of --help."""
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _contexts(click.Context(below, parent=context, info_name=name))


def _section(context: click.Context) -> str:
    context.max_content_width = context.terminal_width = _WIDTH
    return f"## {context.command_path}\n\n```\n{context.get_help()}\n```\n"
