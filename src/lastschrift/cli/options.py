"""Options that several commands have."""

from pathlib import Path

import click

from lastschrift.cli.arguments import DatabaseUrl

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

database_option = click.option(
    "--database",
    type=DatabaseUrl(),
    envvar="LASTSCHRIFT_DATABASE",
    show_envvar=True,
    help="Where a new installation keeps its data, written into its settings: "
    "postgresql://USER:PASSWORD@HOST/NAME. A file in its directory, if left out.",
)

port_option = click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="The port to listen on instead of the one that is set; 0 takes any free one.",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="How many processes serve, instead of the number that is set; needs PostgreSQL.",
)

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
