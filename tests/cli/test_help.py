"""Every command explains itself."""

import shlex
from collections.abc import Iterator

import click
import pytest

from lastschrift import __version__
from lastschrift.cli.root import lastschrift
from tests.serving import run


def all_commands() -> Iterator[click.Context]:
    """Yield every command there is, groups included."""
    waiting = [click.Context(lastschrift, info_name="lastschrift")]
    while waiting:
        context = waiting.pop()
        yield context
        if isinstance(context.command, click.Group):
            for name in context.command.list_commands(context):
                command = context.command.get_command(context, name)
                assert command is not None
                waiting.append(click.Context(command, parent=context, info_name=name))


CONTEXTS = sorted(all_commands(), key=lambda context: context.command_path)
COMMANDS = [context for context in CONTEXTS if not isinstance(context.command, click.Group)]


def path_of(context: click.Context) -> str:
    return context.command_path


@pytest.mark.parametrize("context", CONTEXTS, ids=path_of)
def test_every_command_has_help_with_an_example_of_itself(context: click.Context) -> None:
    _, _, example = context.get_help().partition("Example:\n")
    assert example.strip().startswith(context.command_path)


@pytest.mark.parametrize("context", COMMANDS, ids=path_of)
def test_every_command_takes_the_directory(context: click.Context) -> None:
    options = {option for parameter in context.command.params for option in parameter.opts}
    assert "--data" in options


@pytest.mark.parametrize("context", COMMANDS, ids=path_of)
def test_every_example_is_understood(context: click.Context) -> None:
    _, _, example = context.get_help().partition("Example:\n")
    words = example.strip().splitlines()[0].removeprefix(context.command_path)
    context.command.make_context(context.info_name, shlex.split(words))


def test_the_program_tells_its_version() -> None:
    told = run("--version")
    assert (told.returncode, told.stdout) == (0, f"lastschrift {__version__}\n")


def test_the_program_lists_its_commands() -> None:
    told = run("--help")
    assert told.returncode == 0
    names = "sandbox init serve migrate copy backup restore contract client identity doctor"
    for name in names.split():
        assert f"  {name} " in told.stdout


@pytest.mark.parametrize("arguments", [["burn"], ["--burn"], ["sandbox", "--port", "99999"]])
def test_what_is_not_understood_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2
