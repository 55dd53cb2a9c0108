"""The arithmetic of docs/guides/scaling.md, from the figures that the other parts have measured.

    python -m bench.scaling --write

What a registration costs is read from docs/benchmarks-postgresql.md, what an account weighs and how
much dearer a full database is from docs/benchmarks-stored.md, what else is written from the guide
itself, where `bench.weights` puts it. How large a machine is, and what it costs, is assumed below.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import click

from bench import weights
from bench.contenders import CHECKOUT
from bench.load import BenchFailed
from bench.weights import Weights, read_weights

GUIDE = weights.GUIDE
BEGIN, END = "<!-- computed: begin -->\n", "<!-- computed: end -->\n"

ACCOUNTS = 100_000_000
RATE_PER_S = 50_000
BUSY_SHARE = 0.6
CORES_PER_NODE = 16
COPIES = 3
DISK_SPARE = 2.0
EURO_PER_CORE_HOUR = 0.04
EURO_PER_GB_MONTH = 0.10
SPARE_SERVERS = 1
CUSTOMERS_PER_ACCOUNT = 1.0
KEYS_PER_REQUEST = 1.0
NEW_IN_30_DAYS = 0.1
"""The share of all accounts that is registered while idempotency keys are kept."""
HOURS_PER_MONTH = 730

WITH_THE_REST = (
    "With customers, idempotency keys, a filled database, and one server that may be down:\n"
)

_ROW = re.compile(r"^\| lastschrift \|(.+)\|$", re.MULTILINE)
_BYTES = re.compile(r"^- ([\d,]+) bytes an account on disk", re.MULTILINE)
_STORED = re.compile(r"^\| PostgreSQL \| ([\d,]+) \| ([\d,]+) \|", re.MULTILINE)
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


def read_slowness(stored_page: str) -> float:
    """Return how many times dearer a registration is, all in all, with accounts stored.

    Raises: BenchFailed: the page does not hold what it should.
    """
    speed = {count != "0": _number(rate) for count, rate in _STORED.findall(stored_page)}
    if len(speed) < 2:
        raise BenchFailed("measure first: make bench-stored")
    return max(1.0, speed[False] / speed[True])


def worked_out(costs: Costs) -> str:
    """Return the arithmetic of registrations and accounts alone, as Markdown."""
    rate, accounts = f"{RATE_PER_S:,}/s", f"{ACCOUNTS / 1e6:,.0f} million"
    rows = [
        (
            "server CPU",
            f"{costs.server_us:.0f} µs x {rate}",
            f"{costs.server_us * RATE_PER_S / 1e6:.1f} cores",
        ),
        (
            "PostgreSQL's CPU, the database empty",
            f"{costs.database_us:.0f} µs x {rate}",
            f"{costs.database_us * RATE_PER_S / 1e6:.1f} cores",
        ),
        (
            "data, with indexes and audit entries",
            f"{costs.account_bytes:,.0f} bytes x {accounts}",
            f"{costs.account_bytes * ACCOUNTS / 1e9:,.0f} GB",
        ),
        (
            "memory for the index that finds duplicates, which is met at random",
            f"{costs.index_bytes:,.0f} bytes x {accounts}, over all primaries",
            f"{costs.index_bytes * ACCOUNTS / 1e9:,.0f} GB",
        ),
        (
            "until all accounts are there, at this rate",
            f"{accounts} / {rate}",
            f"{ACCOUNTS / RATE_PER_S / 60:.0f} minutes: it is a peak",
        ),
    ]
    return _table(rows)


@dataclass(frozen=True, slots=True)
class Need:
    """What registrations need with all that comes with them, at the peak."""

    costs: Costs
    weights: Weights
    slowness: float

    @property
    def requests_per_s(self) -> float:
        """Registrations, and the saving of their customers."""
        return RATE_PER_S * (1 + CUSTOMERS_PER_ACCOUNT)

    @property
    def database_us(self) -> float:
        """PostgreSQL's CPU for one request: all that a full database costs more, is put on it."""
        all_us = self.costs.server_us + self.costs.database_us
        return self.costs.database_us + all_us * (self.slowness - 1)

    @property
    def servers(self) -> int:
        """The server machines, one of which may be down."""
        return _machines(self.costs.server_us * self.requests_per_s / 1e6) + SPARE_SERVERS

    @property
    def primaries(self) -> int:
        """The primaries, each with its standbys."""
        return _machines(self.database_us * self.requests_per_s / 1e6)

    @property
    def cores(self) -> int:
        """The cores of all machines."""
        return (self.servers + self.primaries * COPIES) * CORES_PER_NODE

    @property
    def customer_gb(self) -> float:
        """What customers take, with their audit entries."""
        each = self.weights.customer_bytes + self.weights.entry_bytes
        return each * ACCOUNTS * CUSTOMERS_PER_ACCOUNT / 1e9

    @property
    def keys(self) -> float:
        """The idempotency keys that are kept at once."""
        return ACCOUNTS * NEW_IN_30_DAYS * (1 + CUSTOMERS_PER_ACCOUNT) * KEYS_PER_REQUEST

    @property
    def disk_gb(self) -> float:
        """All that is kept, in all copies, with the room that it needs."""
        accounts_gb = self.costs.account_bytes * ACCOUNTS / 1e9
        keys_gb = self.weights.key_bytes * self.keys / 1e9
        return (accounts_gb + self.customer_gb + keys_gb) * COPIES * DISK_SPARE

    @property
    def wal_mb_per_s(self) -> float:
        """The log of all primaries, right behind a checkpoint."""
        return self.weights.wal_full_bytes * self.requests_per_s / 1e6


def all_told(need: Need) -> str:
    """Return the arithmetic of all that belongs to it, as Markdown."""
    return _table([*_work_rows(need), *_room_rows(need), *_price_rows(need)])


def _work_rows(need: Need) -> list[tuple[str, str, str]]:
    requests = f"{need.requests_per_s:,.0f}/s"
    nodes = f"/ {BUSY_SHARE:.0%} busy / {CORES_PER_NODE} cores"
    server_cores = need.costs.server_us * need.requests_per_s / 1e6
    database_cores = need.database_us * need.requests_per_s / 1e6
    return [
        (
            "requests",
            f"{RATE_PER_S:,}/s and {CUSTOMERS_PER_ACCOUNT:g} new customer each (`assumed`)",
            requests,
        ),
        (
            "server CPU",
            f"{need.costs.server_us:.0f} µs (a customer's: `assumed`) x {requests}",
            f"{server_cores:.1f} cores",
        ),
        ("server machines", f"{nodes} + {SPARE_SERVERS} that may be down", f"{need.servers}"),
        (
            "PostgreSQL's CPU, accounts stored",
            f"({need.costs.database_us:.0f} µs + {need.slowness - 1:.0%} of all CPU) x {requests}",
            f"{database_cores:.1f} cores",
        ),
        ("primaries", nodes, f"{need.primaries}"),
        (
            "database machines",
            f"x {COPIES}: a primary and two standbys",
            f"{need.primaries * COPIES}",
        ),
        (
            "log at the peak, of all primaries",
            f"{need.weights.wal_full_bytes:,.0f} bytes (a customer's: `assumed`) x {requests}",
            f"{need.wal_mb_per_s:,.0f} MB/s",
        ),
        (
            "network to the standbys",
            f"x {COPIES - 1} standbys x 8 bits",
            f"{need.wal_mb_per_s * (COPIES - 1) * 8 / 1e3:.1f} Gbit/s",
        ),
    ]


def _room_rows(need: Need) -> list[tuple[str, str, str]]:
    customers = f"{ACCOUNTS * CUSTOMERS_PER_ACCOUNT / 1e6:,.0f} million (`assumed`)"
    customer = f"({need.weights.customer_bytes:,.0f} + {need.weights.entry_bytes:,.0f} bytes)"
    keys = f"{need.keys / 1e6:,.0f} million (`assumed`: {NEW_IN_30_DAYS:.0%} of all are new)"
    accounts = f"{ACCOUNTS / 1e6:,.0f} million"
    return [
        (
            "accounts",
            f"{need.costs.account_bytes:,.0f} bytes x {accounts}",
            f"{need.costs.account_bytes * ACCOUNTS / 1e9:,.0f} GB",
        ),
        (
            "customers, with audit entries",
            f"{customer} x {customers}",
            f"{need.customer_gb:,.0f} GB",
        ),
        (
            "idempotency keys, kept 30 days",
            f"{need.weights.key_bytes:,.0f} bytes x {keys}",
            f"{need.weights.key_bytes * need.keys / 1e9:,.0f} GB",
        ),
        (
            "disk, all copies",
            f"x {COPIES} copies x {DISK_SPARE:g} (log, bloat, room to grow: `assumed`)",
            f"{need.disk_gb:,.0f} GB",
        ),
    ]


def _price_rows(need: Need) -> list[tuple[str, str, str]]:
    machines = need.cores * EURO_PER_CORE_HOUR
    millions_per_hour = RATE_PER_S * 3600 / 1e6
    kept_gb = need.disk_gb / (ACCOUNTS / 1e6)
    return [
        (
            "cost of the machines, busy or not",
            f"{need.cores} cores x {EURO_PER_CORE_HOUR:.2f} EUR x {HOURS_PER_MONTH} hours",
            f"{machines * HOURS_PER_MONTH:,.0f} EUR a month",
        ),
        (
            "cost of a million registrations, while the peak lasts",
            f"{machines:.2f} EUR an hour / {millions_per_hour:,.0f} million an hour",
            f"{machines / millions_per_hour:.3f} EUR",
        ),
        (
            "cost of keeping a million accounts",
            f"{kept_gb:.1f} GB x {EURO_PER_GB_MONTH:.2f} EUR a month",
            f"{kept_gb * EURO_PER_GB_MONTH:.2f} EUR a month",
        ),
    ]


def _machines(cores: float) -> int:
    return math.ceil(cores / BUSY_SHARE / CORES_PER_NODE)


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = [("what", "arithmetic", "result"), ("---",) * 3, *rows]
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
        costs = read_costs(*map(read_page, pages))
        need = Need(costs, read_weights(read_page(GUIDE)), read_slowness(read_page(pages[1])))
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    computed = f"{worked_out(costs)}\n{WITH_THE_REST}\n{all_told(need)}"
    click.echo(computed)
    if is_written:
        GUIDE.write_text(written_into(GUIDE.read_text(), computed))


if __name__ == "__main__":
    main()
