"""Options that several commands have."""

from pathlib import Path

import click

data_option = click.option(
    "--data",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="LASTSCHRIFT_DATA",
    default=Path("lastschrift-data"),
    show_default=True,
    show_envvar=True,
    help="The installation's directory.",
)

port_option = click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="The port to listen on instead of the one that is set; 0 takes any free one.",
)

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
