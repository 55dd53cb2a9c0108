"""pgbench doing the same insert, one row to a transaction, with no HTTP before it.

The row goes into our own table, with our indexes; nothing else of a registration is done: no
debtor is looked up, no audit entry written, nothing encrypted.
"""

import subprocess
import tempfile
from pathlib import Path

from bench.figures import Figures
from bench.load import CONNECTIONS, BenchFailed, last_line
from tests.postgres import PostgresServer

_CONTRACT = "00000000-0000-0000-0000-000000000001"

_SCRIPT = f"""\\set debtor random(1, 2000)
INSERT INTO bank_account (contract_id, id, debtor_id, fingerprint, iban_sealed, iban_country,
    iban_last_four, bic, bank_name, owner, created)
VALUES ('{_CONTRACT}', uuidv7(), lpad(:debtor::text, 32, '0')::uuid,
    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), decode(repeat('ab', 52), 'hex'),
    'DE', '3000', 'COBADEFFXXX', 'Commerzbank', 'John Doe', now());
"""


def run_pgbench(server: PostgresServer, *, seconds: int) -> tuple[Figures, int]:
    """Return what pgbench reaches on a fresh database of ours, and how many rows it inserted.

    PostgreSQL's processor time is not told: its processes for pgbench have ended by then.

    Raises: BenchFailed.
    """
    name = server.create_migrated().rpartition("/")[2]
    with tempfile.TemporaryDirectory(prefix="lastschrift-pgbench-") as directory:
        script = Path(directory, "insert.sql")
        script.write_text(_SCRIPT)
        command = [
            str(server.programs / "pgbench"),
            *("--host", "127.0.0.1", "--port", str(server.port), "--username", "lastschrift"),
            *("--no-vacuum", "--protocol", "prepared", "--file", str(script)),
            *("--client", str(CONNECTIONS), "--jobs", "2", "--time", str(seconds)),
            *("--log", "--log-prefix", str(Path(directory, "log")), name),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise BenchFailed(f"pgbench failed: {last_line(run.stderr or run.stdout)}")
        return read_run(run.stdout, latencies(Path(directory)))


def latencies(directory: Path) -> list[int]:
    """Return the latency of each transaction in microseconds, from pgbench's logs.

    A line: client, transaction, microseconds, script, time (PostgreSQL's manual, pgbench).
    """
    lines = [line for log in directory.glob("log.*") for line in log.read_text().splitlines()]
    return sorted(int(line.split()[2]) for line in lines)


def read_run(said: str, latencies_us: list[int]) -> tuple[Figures, int]:
    """Return the figures of a run from what pgbench said.

    Raises: BenchFailed: it said no rate.
    """
    rates = [line.split()[2] for line in said.splitlines() if line.startswith("tps = ")]
    if not rates or not latencies_us:
        raise BenchFailed(f"pgbench told no rate, but: {last_line(said)}")
    count = len(latencies_us)
    figures = Figures(
        registrations_per_s=float(rates[0]),
        p50_ms=latencies_us[count // 2] / 1e3,
        p99_ms=latencies_us[count * 99 // 100] / 1e3,
        cpu_us=0,
        rss_mb=0,
        pss_mb=0,
        start_s=0,
    )
    return figures, count
