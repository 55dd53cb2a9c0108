"""The arithmetic of docs/guides/scaling.md, from the figures that the other parts have measured.

    python -m bench.scaling --write

What a registration costs is read from docs/benchmarks-postgresql.md, what an account weighs from
docs/benchmarks-stored.md; how large a machine is, and what it costs, is assumed below.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import click

from bench.contenders import CHECKOUT
from bench.load import BenchFailed

GUIDE = CHECKOUT / "docs" / "guides" / "scaling.md"
BEGIN, END = "<!-- computed: begin -->\n", "<!-- computed: end -->\n"

ACCOUNTS = 100_000_000
RATE_PER_S = 50_000
BUSY_SHARE = 0.6
CORES_PER_NODE = 16
COPIES = 3
DISK_SPARE = 2.0
EURO_PER_CORE_HOUR = 0.04
EURO_PER_GB_MONTH = 0.10

_ROW = re.compile(r"^\| lastschrift \|(.+)\|$", re.MULTILINE)
_BYTES = re.compile(r"^- ([\d,]+) bytes an account on disk", re.MULTILINE)
_INDEX_BYTES = re.compile(r"([\d,]+) bytes of it in the index that finds duplicates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one registration and one stored account cost, as measured."""

    server_us: float
    database_us: float
    account_bytes: float
    index_bytes: float


def read_costs(postgres_page: str, stored_page: str) -> Costs:
    """Return the dearer wire's costs.

    Raises: BenchFailed: a page does not hold what it should.
    """
    rows = [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(postgres_page)]
    weights = _BYTES.findall(stored_page)
    indexes = _INDEX_BYTES.findall(stored_page)
    if not rows or not weights or not indexes:
        raise BenchFailed("measure first: make bench, make bench-stored")
    return Costs(
        server_us=max(_number(row[5]) for row in rows),
        database_us=max(_number(row[6]) for row in rows),
        account_bytes=_number(weights[-1]),
        index_bytes=_number(indexes[-1]),
    )


def worked_out(costs: Costs) -> str:
    """Return the arithmetic as Markdown."""
    server_cores = costs.server_us * RATE_PER_S / 1e6
    database_cores = costs.database_us * RATE_PER_S / 1e6
    server_nodes = math.ceil(server_cores / BUSY_SHARE / CORES_PER_NODE)
    shards = math.ceil(database_cores / BUSY_SHARE / CORES_PER_NODE)
    disk_gb = costs.account_bytes * ACCOUNTS / 1e9
    all_disk_gb = disk_gb * COPIES * DISK_SPARE
    index_gb = costs.index_bytes * ACCOUNTS / 1e9
    cores = (server_nodes + shards * COPIES) * CORES_PER_NODE
    per_million = cores * EURO_PER_CORE_HOUR / (RATE_PER_S * 3600 / 1e6)
    rate, accounts = f"{RATE_PER_S:,}/s", f"{ACCOUNTS / 1e6:,.0f} million"
    hourly = RATE_PER_S * 3600 / 1e6
    kept_gb = all_disk_gb / (ACCOUNTS / 1e6)
    nodes = f"/ {BUSY_SHARE:.0%} busy / {CORES_PER_NODE} cores"
    rows = (
        ("server CPU", f"{costs.server_us:.0f} µs x {rate}", f"{server_cores:.1f} cores"),
        ("server machines", f"{nodes}, a worker for each core", f"{server_nodes}"),
        ("PostgreSQL's CPU", f"{costs.database_us:.0f} µs x {rate}", f"{database_cores:.1f} cores"),
        ("primaries (shards)", nodes, f"{shards}"),
        ("database machines", f"x {COPIES}: a primary and two standbys", f"{shards * COPIES}"),
        (
            "data, with indexes and audit entries",
            f"{costs.account_bytes:,.0f} bytes x {accounts}",
            f"{disk_gb:,.0f} GB",
        ),
        (
            "disk, all copies",
            f"x {COPIES} copies x {DISK_SPARE:g} (log, bloat, room to grow)",
            f"{all_disk_gb:,.0f} GB",
        ),
        (
            "memory for the index that finds duplicates, which is met at random",
            f"{costs.index_bytes:,.0f} bytes x {accounts}, over all primaries",
            f"{index_gb:,.0f} GB",
        ),
        (
            "cost of a million registrations",
            f"{cores} cores x {EURO_PER_CORE_HOUR:.2f} EUR an hour / {hourly:,.0f} million an hour",
            f"{per_million:.3f} EUR",
        ),
        (
            "cost of keeping a million accounts",
            f"{kept_gb:.1f} GB x {EURO_PER_GB_MONTH:.2f} EUR a month",
            f"{kept_gb * EURO_PER_GB_MONTH:.2f} EUR a month",
        ),
    )
    headings = ("what", "arithmetic", "result")
    lines = [headings, ("---",) * 3, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def written_into(guide: str, computed: str) -> str:
    """Return the guide with its computed part anew."""
    before, _, rest = guide.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{computed}{END}{after}"


def read_page(page: Path) -> str:
    """Return a page that another part has written.

    Raises: BenchFailed.
    """
    try:
        return page.read_text()
    except FileNotFoundError:
        raise BenchFailed(f"measure first: {page.name} is not there") from None


def _number(text: str) -> float:
    return float(text.replace(",", ""))


@click.command()
@click.option("--write", "is_written", is_flag=True, help="Write it into docs/guides/scaling.md.")
def main(*, is_written: bool) -> None:
    """Work out what many accounts and registrations need."""
    pages = [Path(CHECKOUT, "docs", f"benchmarks-{part}.md") for part in ("postgresql", "stored")]
    try:
        computed = worked_out(read_costs(*map(read_page, pages)))
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    click.echo(computed)
    if is_written:
        GUIDE.write_text(written_into(GUIDE.read_text(), computed))


if __name__ == "__main__":
    main()
