"""Start the bare server: `python -m bench.bare --port N --answer FILE`."""

from pathlib import Path

import click
import uvicorn

from bench.bare.app import create_app, read_answer


@click.command()
@click.option("--port", type=int, required=True, help="The port on 127.0.0.1 to listen on.")
@click.option(
    "--answer",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="The file with the recorded answer: status line, headers, empty line, body.",
)
def main(port: int, answer: Path) -> None:
    """Answer every POST with the recorded answer until stopped."""
    uvicorn.run(
        create_app(read_answer(answer)),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,  # both are among the recorded headers
        date_header=False,
    )


if __name__ == "__main__":
    main()
