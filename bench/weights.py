"""What a registration, a customer and an idempotency key weigh on PostgreSQL, in half a minute.

    python -m bench.weights --write

Writes its part of docs/guides/scaling.md, which `bench.scaling` reads.
"""

import re
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.client import Client, secuconnect_headers, succeeded
from bench.contenders import CHECKOUT, Place, lastschrift_of
from bench.load import BenchFailed, Load, drive
from bench.postgres.__main__ import SETTINGS
from bench.servers import free_port, running
from bench.stored.filling import fill_postgres
from bench.wires import CUSTOMER, SECUCONNECT, SECUCONNECT_SCOPE
from tests.postgres import PostgresServer, name_in, running_postgres

GUIDE = CHECKOUT / "docs" / "guides" / "scaling.md"
BEGIN, END = "<!-- weighed: begin -->\n", "<!-- weighed: end -->\n"

STORED = 500_000
SECONDS = 4
CUSTOMERS = 2_000
KEYS = 2_000

_WAL = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
_SIZE = "SELECT pg_total_relation_size('{}')"
_TEXTS = {
    "wal_full_bytes": "bytes of log a registration, right behind a checkpoint",
    "wal_bytes": "bytes of log a registration, when the pages were changed before",
    "customer_bytes": "bytes a customer, indexes included, with name, birthday and address",
    "key_bytes": "bytes an idempotency key, indexes included",
    "entry_bytes": "bytes an audit entry, its index included",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Bytes of the log for one registration, and bytes on disk of what comes beside accounts.

    ``wal_full_bytes`` is right behind a checkpoint, when each page goes into the log in full once.
    """

    wal_full_bytes: float
    wal_bytes: float
    customer_bytes: float
    key_bytes: float
    entry_bytes: float


def read_weights(guide: str) -> Weights:
    """Return what the guide says was weighed.

    Raises: BenchFailed: something is missing.
    """
    found = {
        name: re.search(rf"^- ([\d,]+) {re.escape(text)}$", guide, re.MULTILINE)
        for name, text in _TEXTS.items()
    }
    numbers = {name: float(it[1].replace(",", "")) for name, it in found.items() if it}
    if len(numbers) < len(_TEXTS):
        raise BenchFailed("measure first: python -m bench.weights --write")
    return Weights(**numbers)


def told(weights: Weights, date: str) -> str:
    """Return the weights as Markdown."""
    numbers = asdict(weights)
    lines = [f"- {numbers[name]:,.0f} {text}" for name, text in _TEXTS.items()]
    how = f"- Date: {date}; {STORED:,} accounts stored, {SECONDS} s of registrations each time"
    return "\n".join([*lines, how]) + "\n"


# --- weighing -------------------------------------------------------------------------------------


def weighed(directory: Path, server: PostgresServer) -> Weights:
    """Measure on a server of one's own.

    Raises: BenchFailed.
    """
    place = Place(
        port=free_port(),
        data=directory / "sandbox",
        recorded_answer=directory / "none",
        database=server.create_database(),
    )
    contender = lastschrift_of(CHECKOUT, "lastschrift")

    def number(statement: str) -> int:
        return int(server.execute(statement, name_in(place.database))[0][0])

    with running(contender, place), closing(Client(place.port)) as client:
        customer, entry = _of_each(CUSTOMERS, number, lambda: client.customers(CUSTOMERS))
        key, _ = _of_each(KEYS, number, lambda: _keyed(client), "idempotency_key")
    fill_postgres(place.database, STORED, lambda _: None)
    with running(contender, place), closing(Client(place.port)) as client:
        customers = client.customers(CUSTOMERS)
        server.execute("CHECKPOINT")
        full, later = (_wal_of_each(client, place.port, customers, number, n) for n in (0, 1))
    return Weights(
        wal_full_bytes=full,
        wal_bytes=later,
        customer_bytes=customer,
        key_bytes=key,
        entry_bytes=entry,
    )


def _of_each(
    count: int, number: Callable[[str], int], work: Callable[[], object], table: str = "debtor"
) -> tuple[float, float]:
    """Return by how many bytes a table, and the audit trail, grow for each of ``count``."""
    tables = table, "audit_entry"
    before = [number(_SIZE.format(name)) for name in tables]
    work()
    after = [number(_SIZE.format(name)) for name in tables]
    grown = [(now - then) / count for now, then in zip(after, before, strict=True)]
    return grown[0], grown[1]


def _keyed(client: Client) -> None:
    """Save customers, each under an idempotency key."""
    headers = secuconnect_headers(client.token(SECUCONNECT_SCOPE))
    for place in range(KEYS):
        answer = client.ask(
            "POST",
            "/api/v2/Payment/Customers",
            headers={**headers, "Idempotency-Key": f"weighed-{place}"},
            body=CUSTOMER,
        )
        succeeded("customer under a key", answer)


def _wal_of_each(
    client: Client, port: int, customers: list[str], number: Callable[[str], int], turn: int
) -> float:
    """Return how many bytes of log there are for each registration of some seconds."""
    load = Load(
        request_template=SECUCONNECT.request_template(port, client.token(SECUCONNECT.scope)),
        customers=customers,
        status_expected=SECUCONNECT.status_expected,
        account_first=5_000_000_000 + turn * 1_000_000_000,
    )
    before, kept_before = number(_WAL), number("SELECT count(*) FROM bank_account")
    drive(load, port=port, seconds=SECONDS)
    kept = number("SELECT count(*) FROM bank_account") - kept_before
    return (number(_WAL) - before) / kept


@click.command()
@click.option("--write", "is_written", is_flag=True, help="Write it into docs/guides/scaling.md.")
def main(*, is_written: bool) -> None:
    """Weigh what a registration writes, and what is kept beside accounts."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="lastschrift-bench-") as name,
            running_postgres(is_forgetful=False, **SETTINGS) as server,
        ):
            text = told(weighed(Path(name), server), datetime.now(UTC).date().isoformat())
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    click.echo(text)
    if is_written:
        before, _, rest = GUIDE.read_text().partition(BEGIN)
        GUIDE.write_text(f"{before}{BEGIN}{text}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
