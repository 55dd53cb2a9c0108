"""A server killed at any moment has kept what it acknowledged, and nothing of it twice.

`LASTSCHRIFT_KILLS` says how often it is killed: 20 times unless told otherwise, and on PostgreSQL,
which lives on, a quarter of that.
"""

import asyncio
import os
import random
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import apsw
import httpx2

from tests.crash.clients import (
    CONTAINERS,
    PACE_SCOPES,
    PAYMENT_METHODS,
    Told,
    ibans,
    register_until_killed,
    token,
)
from tests.databases import keeping_on
from tests.serving import running_sandbox

KILLS = int(os.environ.get("LASTSCHRIFT_KILLS", "20"))
LIFE_S_MAX = 0.8
PAGE = 1_000


def test_what_was_acknowledged_survives_any_kill_and_is_there_once(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    _kill_again_and_again(KILLS, directory)
    assert _integrity(directory / "lastschrift.db") == "ok"


def test_so_it_does_on_postgres(tmp_path: Path) -> None:
    with keeping_on("postgres") as options:
        _kill_again_and_again(max(1, KILLS // 4), tmp_path / "data", *options)


def _kill_again_and_again(kills: int, directory: Path, *options: str) -> None:
    """Let clients register while the server is killed and started again; then see what is there."""
    told, fresh, customers = Told(), ibans(seed=1), list[str]()
    for _ in range(kills):
        with running_sandbox(directory, *options) as server:
            timer = threading.Timer(random.uniform(0.05, LIFE_S_MAX), server.process.kill)
            timer.start()
            with suppress(httpx2.TransportError):  # killed before the clients had begun
                asyncio.run(register_until_killed(server.url, told, fresh, customers))
            timer.join()
    with running_sandbox(directory) as server:
        kept, methods = asyncio.run(_all_kept(server.url))
    assert len(told.containers) > kills, "the clients hardly registered anything"
    assert told.methods, "the clients registered nothing by PACE"
    _check_kept(told, kept, methods)


def _check_kept(told: Told, kept: dict[str, tuple[str, str]], methods: set[str]) -> None:
    lost = {key for key, account in told.containers.items() if kept.get(key) != account}
    assert not lost, f"{len(lost)} of {len(told.containers)} acknowledged containers are lost"
    assert told.methods.keys() <= methods, "acknowledged payment methods are lost"
    accounts = Counter(kept.values())
    assert told.existing <= accounts.keys(), "what was said to exist does not"
    assert {account: n for account, n in accounts.items() if n > 1} == {}, "kept twice"


async def _all_kept(url: str) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """Return all containers, as id -> (customer, IBAN), and the ids of all payment methods."""
    kept: dict[str, tuple[str, str]] = {}
    async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
        headers = await token(http)
        total = 1
        while len(kept) < total:
            page = {"count": PAGE, "offset": len(kept)}
            listing = (await http.get(CONTAINERS, headers=headers, params=page)).json()
            total = listing["count"]
            for item in listing["data"]:
                customer = item.get("customer", {}).get("id", "")
                kept[item["id"]] = customer, item["private"]["iban"]
        return kept, await _all_methods(http)


async def _all_methods(http: httpx2.AsyncClient) -> set[str]:
    """Return the ids of all payment methods, going by `links.next`."""
    headers, methods = await token(http, PACE_SCOPES), set[str]()
    following: str | None = PAYMENT_METHODS
    while following:
        document = (await http.get(following, headers=headers)).raise_for_status().json()
        methods |= {item["id"] for item in document["data"]}
        following = document.get("links", {}).get("next")
    return methods


def _integrity(database: Path) -> str:
    (verdict,) = apsw.Connection(str(database)).execute("PRAGMA integrity_check").fetchall()[0]
    return str(verdict)


def test_the_check_finds_a_lost_and_a_doubled_account() -> None:
    told = Told(containers={"PCT_1": ("PCU_1", "DE1")})
    for kept in ({}, {"PCT_1": ("PCU_1", "DE1"), "PCT_2": ("PCU_1", "DE1")}):
        try:
            _check_kept(told, kept, set())
        except AssertionError:
            continue
        raise AssertionError("the check found nothing")
