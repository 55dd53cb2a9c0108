"""All keys are turned, and the old ones destroyed, while clients register, repeat and read."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lastschrift.domain.identity import ContractId
from lastschrift.opening import with_ports
from lastschrift.operations.ports import Fingerprints, Ports
from lastschrift.settings import Settings
from tests.cli.installations import command, lent_production, told_json
from tests.databases import ENGINES
from tests.promises import IS_SOAK, promise, rounds
from tests.serving import PROGRAM, environment, running
from tests.turning.load import Load, Merchant, fill

ROWS = rounds(ci=1_000, soak=100_000)
SERVERS = {"sqlite": 1, "postgres": 2}
HURRIED = PROGRAM if IS_SOAK else (sys.executable, "-m", "tests.turning.hurried")
"""In CI what is waited for takes a thirtieth of its time."""

_ALL = 10_000_000

RETIRED_WITHIN_S = 200 if IS_SOAK else 30


# --- servers and commands -------------------------------------------------------------------------


@pytest.fixture(params=ENGINES)
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Path]]:
    """Return the directories of one installation, one for each machine that serves it."""
    with lent_production(request.param, tmp_path / "one") as one:
        others = range(1, SERVERS[request.param])
        yield [one, *(Path(shutil.copytree(one, tmp_path / f"{n}")) for n in others)]


@contextmanager
def served(machines: Sequence[Path]) -> Iterator[list[str]]:
    """Serve an installation on all its machines."""
    with ExitStack() as servers:
        yield [
            servers.enter_context(running("serve", machine, [], {}, HURRIED)).url
            for machine in machines
        ]


def keys(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command about keys to its end."""
    return subprocess.run(
        [*HURRIED, "keys", *arguments, "--data", str(machine)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def turn_all(machines: Sequence[Path]) -> None:
    """Turn all keys and retire the old ones, as the guide has it."""
    one, *others = machines
    ended = keys(one, "rotate")
    for other in others:
        shutil.copy(one / "master.key", other)
    if others:
        assert "Copy the file to each of them" in ended.stdout, ended
        ended = keys(one, "rotate")
    assert "accounts of 1 contracts were fingerprinted anew" in ended.stdout, ended
    deadline = time.monotonic() + RETIRED_WITHIN_S
    while (ended := keys(one, "retire", "--yes", "--despite-backups")).returncode:
        assert "may be in use still" in ended.stderr or "not every server" in ended.stderr, ended
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert "1 old fingerprint keys are forgotten" in ended.stdout, ended


async def under_load(load: Load, machines: Sequence[Path]) -> None:
    """Turn all keys while clients ask, and let them ask on for a bit."""
    asking = asyncio.create_task(load.run())
    await asyncio.to_thread(turn_all, machines)
    load.end_after(registrations=50)
    await asking


# --- what is left ---------------------------------------------------------------------------------


async def kept_fingerprints(ports: Ports, merchant: Merchant) -> list[Fingerprints]:
    contract = ContractId(merchant.contract)
    rows = await ports.store.scan(lambda reader: reader.kept_fingerprints(contract, None, _ALL))
    return [row.fingerprints for row in rows]


@promise("keys-turned")
def test_all_keys_are_turned_under_load(
    machines: list[Path], figure: Callable[[str], None]
) -> None:
    one = machines[0]
    settings = Settings.load(one, {})
    merchant = asyncio.run(with_ports(settings, lambda ports: fill(ports, ROWS)))
    began = time.monotonic()
    with served(machines) as urls:
        load = Load(urls, merchant, numbers=ROWS)
        asyncio.run(under_load(load, machines))
    took_s = time.monotonic() - began
    assert load.wrong == []
    kept = asyncio.run(with_ports(settings, lambda ports: kept_fingerprints(ports, merchant)))
    assert {(each.odd is None, each.even is None) for each in kept} == {(True, False)}
    assert len(kept) == ROWS + load.registered
    versions = {
        (key["purpose"], key["version"], key["master_version"])
        for key in told_json(one, "keys", "list")
    }
    assert versions - {("hash", 1, 2)} == {("data", 2, 2), ("fingerprint", 2, 2)}
    lines = (one / "master.key").read_text().splitlines()
    assert [line[:2] for line in lines if not line.startswith("#")] == ["2:"]
    deep = command("doctor", "--deep", "--data", str(one)).stdout.splitlines()
    assert [line for line in deep if "ok" not in line and "fsync is off" not in line] == []
    engine = "SQLite" if len(machines) == 1 else "PostgreSQL, two servers"
    figure(
        f"{engine}: {len(kept):,} rows turned in {took_s:.0f} s under load: {load.reads:,} reads, "
        f"0 failed; {load.repeats:,} repetitions, 0 missed; 0 rows under the old keys"
    )
