"""What Lastschrift promises, and how a test says which promise it proves.

A test of a promise is marked ``@promise("survives-kill")``; its negative control, which breaks the
promise on purpose and sees that the test would notice, ``@control("survives-kill")``. What it
measured it tells to the fixture ``figure``. A test takes as many rounds as `rounds` says: few in
CI, many in ``make soak``, which writes docs/reference/promises.md from what the tests tell.
"""

import os
from dataclasses import dataclass
from typing import Final

import pytest

IS_SOAK: Final = bool(os.environ.get("LASTSCHRIFT_SOAK"))
"""Whether the tests of promises run at full length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A sentence that holds, and ``aim``: how much of it is tried, and what has to come out."""

    statement: str
    aim: str


PROMISES: Final = {
    "survives-kill": Promise(
        statement="What was acknowledged survives a kill of the server, and is there once",
        aim="1,000 kills under 16 clients: 0 lost, 0 doubled",
    ),
    "survives-kill-anywhere": Promise(
        statement="The same at every single write and sync that a registration makes",
        aim="each call, on SQLite and PostgreSQL: 0 lost, 0 doubled",
    ),
    "survives-power-cut": Promise(
        statement="What was acknowledged survives a power cut",
        aim="200 cuts of an ext4 file system: 0 lost, the database whole",
    ),
    "disk-full": Promise(
        statement="A full or broken disk is never answered by success, and passes when it passes",
        aim="300 injected ENOSPC and EIO, 50 full file systems: no 2xx for what is not stored",
    ),
    "fsync-failure-ends": Promise(
        statement="A disk that has not kept what it took ends the server: nothing more is told",
        aim="30 failed syncs of the log and of the database: exit code 74, 0 lost, 0 doubled",
    ),
    "clock-jumps": Promise(
        statement="A clock that jumps lets no token live longer, and breaks nothing",
        aim="100 jumps of hours, days and years",
    ),
    "once-in-parallel": Promise(
        statement="Of equal registrations at one time exactly one is created",
        aim="64 at once, 100 rounds, each POST, both engines",
    ),
    "unknown-commit": Promise(
        statement="Who is cut off before the answer asks again, and has the one resource",
        aim="1,000 cuts: of the client's line on each engine, and of PostgreSQL's at the COMMIT",
    ),
    "any-history": Promise(
        statement="Any history of requests, crashes and repetitions on both wires holds together",
        aim="10,000 histories of up to 50 steps",
    ),
    "never-5xx": Promise(
        statement="No request makes the server fail",
        aim="1,000 generated examples for each operation and engine",
    ),
    "hostile-input": Promise(
        statement="Hostile bodies are refused in the wire's own words, alike on both engines",
        aim="200 payloads for each operation",
    ),
    "slow-clients": Promise(
        statement="Slow clients are cut off and harm nobody",
        aim="1,000 connections in each of three ways; others' p99 at most doubled",
    ),
    "guessing": Promise(
        statement="Guessing of secrets is stopped, and the rightful client goes on",
        aim="10,000 wrong secrets; no error for others",
    ),
    "no-timing-oracle": Promise(
        statement="An unknown id and a wrong secret take the same time",
        aim="20,000 of each: Welch's t below 4.5",
    ),
    "tenants-isolated": Promise(
        statement="What is another contract's is as if it were not there",
        aim="every operation with every foreign id, both engines",
    ),
    "sheds-load": Promise(
        statement="More load than can be taken is turned away early; what is let in is quick",
        aim="5 times the top rate: 429 or 503 with Retry-After, p99 at most doubled, memory flat",
    ),
    "keys-turned": Promise(
        statement="All keys are turned under load: nothing unreadable, no duplicate missed",
        aim="100,000 rows: 0 failed reads, 0 doubled, 0 rows under the old keys",
    ),
    "bound-to-its-row": Promise(
        statement="A ciphertext opens only in its own row, column and contract",
        aim="1,000 moved ones refused",
    ),
    "nothing-in-clear": Promise(
        statement="No account number, token or secret is stored or logged in clear",
        aim="none found in database, log, metrics, backup",
    ),
    "erased": Promise(
        statement="Who is erased is gone from rows, free pages, write-ahead log and old backups",
        aim="100 debtors: not one trace; what law wants kept is kept",
    ),
    "audit-holds": Promise(
        statement="The audit trail shows every edit, deletion, insertion, reordering and cut",
        aim="1,000 changes of it, all found",
    ),
    "backups-restore": Promise(
        statement="A backup that was written under load restores to a whole database",
        aim="50 backups",
    ),
    "addresses-believed": Promise(
        statement="What a client says of its address is believed of nobody but a named proxy",
        aim="1,000 invented addresses through HAProxy, through nginx and past them: 0 believed",
    ),
    "headers-on-all": Promise(
        statement="Every answer tells browsers to keep, show and guess nothing",
        aim="every route, every method, every error and what is no request: not one without",
    ),
}


def promise(name: str) -> pytest.MarkDecorator:
    """Mark a test as the proof of a promise."""
    return pytest.mark.promise(PROMISES[name] and name)


def control(name: str) -> pytest.MarkDecorator:
    """Mark a test as the negative control of a promise: broken on purpose, it is noticed."""
    return pytest.mark.control(PROMISES[name] and name)


def rounds(*, ci: int, soak: int) -> int:
    """Return how often a test of a promise tries it."""
    return soak if IS_SOAK else ci
