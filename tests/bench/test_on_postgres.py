"""The parts of the benchmark that need PostgreSQL, a schedule, or many rows."""

import asyncio
from itertools import islice
from pathlib import Path

import asyncpg
import pytest

from bench.account_numbers import german_ibans
from bench.figures import Outcome
from bench.load import BenchFailed
from bench.machine import Machine
from bench.pages import Page, Table, machine_lines, markdown
from bench.postgres.__main__ import AIMS
from bench.postgres.pgbench import latencies, read_run
from bench.steady.stream import StreamResult, due_times
from bench.stored.filling import fill_postgres, fill_sqlite
from bench.stored.rows import ACCOUNTS_PER_DEBTOR, debtor_ids, pieces
from lastschrift.domain.iban import Iban
from lastschrift.storage.sqlite.connection import open_for_reading
from tests.cli.installations import lent_production, told_json
from tests.databases import ENGINES

SAID = "latency average = 3.825 ms\ntps = 8365.197922 (without initial connection time)\n"
ACCOUNTS = 25


def test_pgbenchs_rate_and_percentiles_are_read() -> None:
    figures, count = read_run(SAID, list(range(1000, 2000)))
    assert (figures.registrations_per_s, count) == (8365.197922, 1000)
    assert (figures.p50_ms, figures.p99_ms) == (1.5, 1.99)


@pytest.mark.parametrize(("said", "latencies_us"), [("", [1]), (SAID, [])])
def test_a_pgbench_that_tells_nothing_is_no_result(said: str, latencies_us: list[int]) -> None:
    with pytest.raises(BenchFailed):
        read_run(said, latencies_us)


def test_pgbenchs_logs_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "log.1").write_text("0 1 300 0 1795236600 1\n1 1 100 0 1795236600 2\n")
    (tmp_path / "log.1.1").write_text("2 1 200 0 1795236600 3\n")
    assert latencies(tmp_path) == [100, 200, 300]


def test_requests_are_due_evenly() -> None:
    due = due_times(1000, 2)
    assert (len(due), due[0], due[-1]) == (2000, 0, 1.999)


def test_percentiles_count_from_the_fastest() -> None:
    result = StreamResult(latencies_s=[n / 1000 for n in range(1000)], duration_s=1)
    assert [result.percentile_ms(percent) for percent in (50, 99.9, 100)] == [500, 999, 999]


def test_account_numbers_are_valid_and_differ() -> None:
    found = list(islice(german_ibans(5), 100))
    assert len({Iban.parse(text) for text in found}) == 100


def test_stored_accounts_are_spread_over_their_debtors() -> None:
    stored = [account for piece in pieces(ACCOUNTS) for account in piece]
    assert len(stored) == len({account.id for account in stored}) == ACCOUNTS
    assert len({account.debtor for account in stored}) == ACCOUNTS // ACCOUNTS_PER_DEBTOR
    assert {account.debtor for account in stored} == set(debtor_ids(ACCOUNTS))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_is_filled(engine: str, tmp_path: Path) -> None:
    with lent_production(engine, tmp_path / "a") as directory:
        contract = told_json(directory, "contract", "create", "Stadtwerke Beispiel")["id"]
        told_json(directory, "client", "create", "--contract", contract, "--name", "Shop")
        told: list[int] = []
        if engine == "sqlite":
            path = directory / "lastschrift.db"
            fill_sqlite(path, ACCOUNTS, told.append)
            count = open_for_reading(path).execute("SELECT count(*) FROM bank_account").get
        else:
            url = url_of(directory)
            fill_postgres(url, ACCOUNTS, told.append)
            count = asyncio.run(counted(url))
    assert (count, sum(told)) == (ACCOUNTS, ACCOUNTS)


def url_of(directory: Path) -> str:
    lines = (directory / "lastschrift.toml").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("database = ")]
    return line.split('"')[1]


async def counted(url: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT count(*) FROM bank_account")
    finally:
        await connection.close()


def test_a_page_tells_figures_and_aims() -> None:
    machine = Machine(cores=2, memory_gib=24, python="3.11.7", system="Linux", sync_us=95)
    facts = machine_lines(machine, "make bench", "once", [0.0])
    outcome = Outcome(aim=AIMS[2], measured=12.5)
    page = Page(
        "# Title", facts, [Table("pace", ("server", "p99"), [("lastschrift", "12.5")], [outcome])]
    )
    text = markdown(page)
    assert "| lastschrift | 12.5 |" in text
    assert "p99 at 32 connections, under 10 ms: 12.50 ms, NOT REACHED" in text
    assert "To repeat: `make bench` (once)" in text
