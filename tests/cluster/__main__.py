"""`make cluster-test`: three nodes, two servers, and everything that can happen to a primary.

    python -m tests.cluster --rounds 10 --write

Exit code 1 if something is missing, an acknowledged registration is lost or doubled, or a gap is
longer than its aim.
"""

import argparse
import asyncio
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests import postgres
from tests.cluster import report
from tests.cluster.cluster import Cluster, running_cluster
from tests.cluster.enclosure import is_inside, run_inside
from tests.cluster.environment import PYTHON, ensure_environment, find_python
from tests.cluster.faults import FAULTS
from tests.cluster.ledger import Ledger
from tests.cluster.load import CLIENTS, Load, new_http
from tests.cluster.prerequisites import missing
from tests.cluster.rounds import Round, play_round
from tests.cluster.servers import Servers, running_servers
from tests.cluster.wires import WIRES

ROUND_S_MAX = 300


@dataclass(frozen=True, slots=True)
class Played:
    """What came of all rounds."""

    rounds: Sequence[Round]
    ledger: Ledger
    duration_s: float


def main() -> int:
    """Run the test, and return the exit code."""
    options = _options()
    console = Console(width=120, soft_wrap=True)
    if is_inside():
        return _run(options, console)
    if lacking := missing():
        for line in lacking:
            console.print(f"cluster-test: {line}")
        return 1
    ensure_environment(str(find_python()), console)
    return run_inside(sys.argv[1:])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often each happens")
    parser.add_argument("--only", choices=FAULTS, action="append", help="only these")
    parser.add_argument("--asynchronous", action="store_true", help="see that losses are found")
    parser.add_argument("--write", action="store_true", help="write the result into the guide")
    options = parser.parse_args()
    if options.write and (options.asynchronous or options.only):
        parser.error("only the whole, synchronous test is written into the guide")
    return options


def _run(options: argparse.Namespace, console: Console) -> int:
    """Run the test in a directory of its own, which is kept only if not all went well."""
    directory = Path(tempfile.mkdtemp(prefix="lastschrift-cluster-"))
    directory.chmod(0o711)  # the machines' user goes through it to its own
    console.print("cluster-test: starting three nodes and two servers")
    try:
        with running_cluster(directory, is_synchronous=not options.asynchronous) as cluster:
            asyncio.run(cluster.prepare())
            with running_servers(directory, cluster.database_url) as servers:
                played = asyncio.run(_play(options, cluster, servers, console))
    except KeyboardInterrupt:
        shutil.rmtree(directory)
        return 130
    except BaseException:
        console.print(f"cluster-test: broken off; its logs are in {directory}")
        raise
    exit_code = _tell(played, options, console)
    if exit_code:
        console.print(f"cluster-test: its logs are in {directory}")
    else:
        shutil.rmtree(directory)
    return exit_code


async def _play(
    options: argparse.Namespace, cluster: Cluster, servers: Servers, console: Console
) -> Played:
    """Let each mishap happen as often as asked for, in turns."""
    started = time.monotonic()
    async with new_http() as http:
        load = Load(servers, http, Ledger())
        await load.prepare()
        async with asyncio.TaskGroup() as group:
            clients = group.create_task(load.run())
            rounds = await _play_rounds(options, cluster, load, console)
            clients.cancel()
    return Played(rounds, load.ledger, time.monotonic() - started)


async def _play_rounds(
    options: argparse.Namespace, cluster: Cluster, load: Load, console: Console
) -> list[Round]:
    rounds = []
    faults = [FAULTS[name] for name in options.only or FAULTS]
    for number, fault in product(range(1, options.rounds + 1), faults):
        async with asyncio.timeout(ROUND_S_MAX):
            rounds.append(await play_round(cluster, load, fault))
        console.print(_progress(number, rounds[-1]))
    return rounds


def _progress(number: int, played: Round) -> str:
    return (
        f"{datetime.now(UTC):%H:%M:%S}  {number:>2}  {played.fault:<11}"
        f"{played.acknowledged:>6,} acknowledged, {played.lost} lost, {played.doubled} doubled, "
        f"gap {played.gap_s:.1f} s"
    )


def _tell(played: Played, options: argparse.Namespace, console: Console) -> int:
    table = Table(*report.HEADINGS)
    for row in report.rows(played.rounds):
        table.add_row(*row)
    console.print(table)
    failures = [*report.failures(played.rounds), *played.ledger.surprises]
    for failure in failures:
        console.print(f"cluster-test: {failure}")
    if options.write:
        result = report.as_markdown(played.rounds, _facts(played), datetime.now(UTC).date())
        report.GUIDE.write_text(report.in_guide(report.GUIDE.read_text(), result))
    return 1 if failures else 0


def _facts(played: Played) -> Mapping[str, str]:
    return {
        "Machine": f"{os.cpu_count()} cores, Linux {platform.machine()}, shared by all three nodes",
        "Versions": ", ".join(_versions()),
        "Load": f"{CLIENTS} clients of two servers: on {', on '.join(WIRES)}; "
        f"{played.ledger.again:,} requests were sent again",
        "Duration": f"{played.duration_s / 60:.0f} minutes",
    }


def _versions() -> Sequence[str]:
    commands = (
        [str(postgres.programs() / "postgres"), "--version"],
        [str(PYTHON), "-m", "patroni", "--version"],
        ["etcd", "--version"],
    )
    told = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for command in commands
    ]
    names = ("PostgreSQL", "Patroni", "etcd")
    return [
        f"{name} {text.splitlines()[0].split()[-1]}" for name, text in zip(names, told, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
