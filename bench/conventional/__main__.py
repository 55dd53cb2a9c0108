"""Start the conventional server: `python -m bench.conventional --port N --data DIR`."""

from pathlib import Path

import click
import uvicorn

from bench.conventional.app import create_app


@click.command()
@click.option("--port", type=int, required=True, help="The port on 127.0.0.1 to listen on.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="The directory of the database and the keys; made if missing.",
)
@click.option("--database", help="A PostgreSQL URL; a SQLite file in --data, if left out.")
def main(port: int, data: Path, database: str | None) -> None:
    """Serve both wires from one process until it is stopped."""
    uvicorn.run(
        create_app(data, database),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
