"""Connections to the primary, wherever it is among the hosts of an address.

All hosts are asked at once and the first that takes writes is it: one that is dead but not gone
would hold up the others for as long as a connection may take. Until it has had that long, those
that said no are asked again: one of them may have become the primary. What each connection is told:

- a lock is waited for two seconds at most, then it is told that it is held;
- no statement timeout, whatever the role has: a COMMIT that is cut off while it waits for the
  standby is a commit that can vanish (Patroni's issue 1412);
- the log has no values where a statement fails, whatever the database has: payers' names are among
  them;
- statements are planned once, whatever their arguments are, and by an index if there is one: none
  of them wants most of a table, even where statistics say so (an old one would drop expired tokens
  by reading all tokens).
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from lastschrift.postgres_address import PostgresAddress

Connection = Any
"""One of asyncpg's connections; it brings no types."""

_CONNECT_S = 3.0

_ASK_AGAIN_S = 0.2
"""So long after its no a host is asked again, while another one has said nothing yet."""

_LOCK_WAIT_MS = 2_000

BATCH_WAIT_MS = 100
"""So long of it all of a batch wait for who holds a key of theirs; the rest each waits alone.

And so long each waits alone for what all of a batch have waited for before.
"""

_SERVER_SETTINGS = {
    "application_name": "lastschrift",
    "enable_seqscan": "off",
    "jit": "off",
    "lock_timeout": f"{_LOCK_WAIT_MS - BATCH_WAIT_MS}ms",
    "log_parameter_max_length_on_error": "0",
    "plan_cache_mode": "force_generic_plan",
    "statement_timeout": "0",
}


STATEMENT_BYTES_MAX = 65_536
"""Longer statements are not kept ready; the longest adds 256 accounts at once."""


class NoPrimary(ConnectionError):
    """No host can be reached that takes writes; ``reasons`` has one for each host."""

    def __init__(self, reasons: Sequence[BaseException]) -> None:
        super().__init__(*reasons)
        self.reasons = tuple(reasons)


class Primary:
    """Opens connections to whichever host of an address takes writes.

    A host that says nothing is given up after ``connect_s`` seconds.
    """

    def __init__(self, url: str, *, connect_s: float = _CONNECT_S) -> None:
        self._urls = [str(one) for one in PostgresAddress.parse(url).one_each()]
        self._connect_s = connect_s

    async def connect(self, *_arguments: object, **_named: object) -> Connection:
        """Open a connection; arguments are what a pool gives, and not needed.

        Raises: NoPrimary.
        """
        silent = set(self._urls)
        attempts = [asyncio.ensure_future(_ask(url, silent, self._connect_s)) for url in self._urls]
        reasons: list[BaseException] = []
        chosen: Connection | None = None
        try:
            for finished in asyncio.as_completed(attempts):
                try:
                    chosen = await finished
                    return chosen
                except REFUSALS as reason:
                    reasons.append(reason)
        finally:
            await _give_up(attempts, chosen)
        raise NoPrimary(reasons)


REFUSALS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What is raised by a host that can't be reached, or refuses."""


async def _ask(url: str, silent: set[str], connect_s: float) -> Connection:
    """Connect to a host; if it says no, again, until none is ``silent`` any more."""
    while True:
        try:
            return await _connect(url, connect_s)
        except REFUSALS:
            silent.discard(url)
            if not silent:
                raise
        await asyncio.sleep(_ASK_AGAIN_S)


async def _connect(url: str, timeout_s: float) -> Connection:
    return await asyncpg.connect(
        url,
        timeout=timeout_s,
        server_settings=_SERVER_SETTINGS,
        max_cacheable_statement_size=STATEMENT_BYTES_MAX,
        target_session_attrs="read-write",
    )


async def _give_up(
    attempts: Sequence[asyncio.Future[Connection]], chosen: Connection | None
) -> None:
    """End all attempts but the one that was chosen, and what they led to."""
    for attempt in attempts:
        attempt.cancel()
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if not isinstance(result, BaseException) and result is not chosen:
            result.terminate()
