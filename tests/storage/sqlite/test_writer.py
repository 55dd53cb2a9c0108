"""Group commit: many to a COMMIT, nothing told before it, and one's failure is one's own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import partial
from typing import Any

import apsw
import pytest

from lastschrift.domain.access import Contract
from lastschrift.domain.errors import ContractUnknown, QueueFull, ShuttingDown, StoreFailed
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Transaction
from lastschrift.storage.sqlite.drive import OperationWaited
from tests.storage.filling import IDS, NOW, new_debtor
from tests.storage.sqlite.conftest import QUEUE_LIMIT, Bench, Gate

pytestmark = pytest.mark.anyio

Operation = Callable[[Transaction], Coroutine[Any, Any, None]]


async def add(transaction: Transaction, name: str) -> None:
    contract = Contract(id=ContractId(IDS.new_id()), name=name, created=NOW)
    await transaction.add_contract(contract, [])


def adding(name: str, then: Exception | None = None) -> Operation:
    """Return an operation that adds a contract, and then perhaps fails."""

    async def operation(transaction: Transaction) -> None:
        await add(transaction, name)
        if then is not None:
            raise then

    return operation


async def outcomes_of(*jobs: Awaitable[object]) -> list[object]:
    return await asyncio.gather(*jobs, return_exceptions=True)


async def let_all_run() -> None:
    """Give everything on the event loop that can go on the chance to do so."""
    for _ in range(20):
        await asyncio.sleep(0)


# --- many to a commit -----------------------------------------------------------------------------


async def test_what_waits_is_committed_together(bench: Bench, gate: Gate) -> None:
    first = bench.writer.submit(adding("a"))
    await gate.wait_until_reached()
    rest = [bench.writer.submit(adding(name)) for name in "bcdefghij"]
    gate.is_open.set()
    await asyncio.gather(first, *rest)
    assert bench.commits == [1, 9]
    assert bench.names() == list("abcdefghij")


async def test_of_many_that_wait_half_is_committed_while_the_other_half_goes_on(
    bench: Bench, gate: Gate
) -> None:
    first = bench.writer.submit(adding("first"))
    await gate.wait_until_reached()
    rest = [bench.writer.submit(adding(f"{number:02}")) for number in range(QUEUE_LIMIT)]
    gate.is_open.set()
    await asyncio.gather(first, *rest)
    assert bench.commits == [1, 21, 19]


async def test_batched_and_single_jobs_share_a_commit(bench: Bench) -> None:
    async def operation(transaction: Transaction, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            await add(transaction, name)
        return names

    await asyncio.gather(
        bench.writer.submit(adding("a")),
        bench.writer.submit_batched(operation, lambda: "b"),
        bench.writer.submit(adding("c")),
        bench.writer.submit_batched(operation, lambda: "d"),
    )
    assert bench.commits == [4]
    assert bench.names() == list("abcd")


async def test_what_needs_no_store_is_made_once_while_another_round_is_committed(
    bench: Bench, gate: Gate
) -> None:
    made: list[str] = []

    def making(name: str) -> Callable[[], str]:
        return lambda: made.append(name) or name  # type: ignore[func-returns-value]  # in one go

    async def operation(transaction: Transaction, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            await add(transaction, name)
        return names

    first = bench.writer.submit_batched(operation, making("a"))
    await gate.wait_until_reached()
    rest = [bench.writer.submit_batched(operation, making(name)) for name in "bcd"]
    await let_all_run()
    assert made == list("abcd")
    gate.is_open.set()
    assert await asyncio.gather(first, *rest) == made == list("abcd")


async def test_each_of_many_rounds_is_answered(bench: Bench) -> None:
    async def one_after_the_other(letter: str) -> None:
        for number in range(20):
            await bench.writer.submit(adding(f"{letter}{number:02}"))

    await asyncio.gather(*map(one_after_the_other, "abcd"))
    assert sum(bench.commits) == 80
    assert max(bench.commits) == 4
    assert len(bench.names()) == 80


# --- nothing is told before its COMMIT ------------------------------------------------------------


async def test_nothing_is_answered_before_its_commit(bench: Bench, gate: Gate) -> None:
    good = bench.writer.submit(adding("a"))
    bad = bench.writer.submit(adding("b", then=ContractUnknown()))
    await gate.wait_until_reached()
    await let_all_run()
    assert not good.done()
    assert not bad.done()
    assert bench.names() == []
    gate.is_open.set()
    await good
    assert bench.names() == ["a"]
    with pytest.raises(ContractUnknown):
        await bad


async def test_what_was_answered_is_on_disk(bench: Bench) -> None:
    for number, name in enumerate("abcde", start=1):
        await bench.writer.submit(adding(name))
        assert len(bench.names()) == number


async def test_a_commit_that_fails_keeps_nothing_and_tells_all(bench: Bench, gate: Gate) -> None:
    gate.is_refusing = True
    jobs = [
        bench.writer.submit(adding("a")),
        bench.writer.submit(adding("b", then=ContractUnknown())),
        bench.writer.submit(adding("c")),
    ]
    gate.is_open.set()
    failures = await outcomes_of(*jobs)
    assert all(isinstance(failure, StoreFailed) for failure in failures)
    assert len({id(failure) for failure in failures}) == 3
    assert bench.names() == []


async def test_after_a_commit_that_failed_the_next_succeeds(bench: Bench, gate: Gate) -> None:
    gate.is_refusing = True
    gate.is_open.set()
    with pytest.raises(StoreFailed):
        await bench.writer.submit(adding("a"))
    gate.is_refusing = False
    await bench.writer.submit(adding("b"))
    assert bench.names() == ["b"]


async def test_a_database_that_may_not_grow_fails_the_whole_round(bench: Bench) -> None:
    (pages,) = bench.connection.execute("PRAGMA page_count").fetchall()[0]
    bench.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    failures = await outcomes_of(
        bench.writer.submit(adding("small")),
        bench.writer.submit(adding("x" * 100_000)),
        bench.writer.submit(adding("after")),
    )
    assert all(isinstance(failure, StoreFailed) for failure in failures)
    assert isinstance(failures[0].__cause__, apsw.FullError)  # type: ignore[attr-defined]  # it is an error
    bench.connection.execute("PRAGMA max_page_count = 4294967294").fetchall()
    await bench.writer.submit(adding("x" * 100_000))
    assert bench.names() == ["x" * 100_000]


async def test_a_lock_that_another_program_holds_is_not_waited_for_long(bench: Bench) -> None:
    other = apsw.Connection(str(bench.path))
    other.execute("BEGIN IMMEDIATE")
    asked = time.monotonic()
    (outcome,) = await outcomes_of(bench.writer.submit(adding("a")))
    assert isinstance(outcome, StoreFailed)
    assert time.monotonic() - asked < 2
    other.execute("ROLLBACK")
    other.close()
    await bench.writer.submit(adding("b"))
    assert bench.names() == ["b"]


# --- one's failure is one's own -------------------------------------------------------------------


@pytest.mark.parametrize("culprit", [0, 1, 4])
async def test_a_failing_operation_vanishes_and_its_neighbours_stay(
    bench: Bench, culprit: int
) -> None:
    jobs = [
        bench.writer.submit(adding(name, then=ContractUnknown() if n == culprit else None))
        for n, name in enumerate("abcde")
    ]
    outcomes = await outcomes_of(*jobs)
    assert [isinstance(outcome, ContractUnknown) for outcome in outcomes] == [
        n == culprit for n in range(5)
    ]
    assert bench.names() == [name for n, name in enumerate("abcde") if n != culprit]
    assert bench.commits == [5]


async def test_a_round_of_failures_keeps_nothing(bench: Bench) -> None:
    jobs = [bench.writer.submit(adding(name, then=ContractUnknown())) for name in "abc"]
    outcomes = await outcomes_of(*jobs)
    assert all(isinstance(outcome, ContractUnknown) for outcome in outcomes)
    assert bench.names() == []


async def test_a_broken_constraint_is_the_operations_own_failure(bench: Bench) -> None:
    orphan = new_debtor(ContractId(IDS.new_id()))
    adding_orphan = bench.writer.submit(lambda transaction: transaction.add_debtor(orphan))
    outcomes = await outcomes_of(adding_orphan, bench.writer.submit(adding("b")))
    assert isinstance(outcomes[0], apsw.ConstraintError)
    assert outcomes[1] is None
    assert bench.names() == ["b"]


async def test_a_poisoned_command_fails_alone(bench: Bench) -> None:
    runs = []

    async def operation(transaction: Transaction, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            await add(transaction, name)
        runs.append("".join(names))
        if "c" in names:
            raise ContractUnknown
        return names

    jobs = [bench.writer.submit_batched(operation, partial(str, name)) for name in "abcd"]
    outcomes = await outcomes_of(*jobs)
    assert [outcome for outcome in outcomes if isinstance(outcome, str)] == ["a", "b", "d"]
    assert isinstance(outcomes[2], ContractUnknown)
    assert runs == ["abcd", "a", "b", "c", "d"]
    assert bench.names() == ["a", "b", "d"]


async def test_a_batch_operation_that_answers_too_few_holds_nobody_up(bench: Bench) -> None:
    async def operation(transaction: Transaction, names: Sequence[str]) -> Sequence[str]:
        await add(transaction, "a")
        return []

    failures = await outcomes_of(
        bench.writer.submit_batched(operation, lambda: "a"), bench.writer.submit(adding("b"))
    )
    assert all(isinstance(failure, StoreFailed) for failure in failures)
    await bench.writer.submit(adding("c"))
    assert bench.names() == ["c"]


# --- operations never wait ------------------------------------------------------------------------


class Elsewhere:
    """Something to wait for that is not the transaction."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def test_an_operation_that_waits_is_undone_and_told(bench: Bench) -> None:
    async def operation(transaction: Transaction) -> None:
        await add(transaction, "a")
        await Elsewhere()
        await add(transaction, "b")

    outcomes = await outcomes_of(bench.writer.submit(operation), bench.writer.submit(adding("c")))
    assert isinstance(outcomes[0], OperationWaited)
    assert outcomes[1] is None
    assert bench.names() == ["c"]


async def test_an_operation_that_waits_cleans_up_after_itself(bench: Bench) -> None:
    cleaned = []

    async def operation(transaction: Transaction) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            cleaned.append(True)

    with pytest.raises(OperationWaited):
        await bench.writer.submit(operation)
    assert cleaned == [True]


# --- the queue ------------------------------------------------------------------------------------


async def test_a_full_queue_takes_no_more(bench: Bench, gate: Gate) -> None:
    first = bench.writer.submit(adding("first"))
    await gate.wait_until_reached()
    waiting = [bench.writer.submit(adding(f"{number}")) for number in range(QUEUE_LIMIT)]
    assert bench.writer.queue_depth == QUEUE_LIMIT
    with pytest.raises(QueueFull):
        bench.writer.submit(adding("one too many"))
    gate.is_open.set()
    await asyncio.gather(first, *waiting)
    assert bench.writer.queue_depth == 0
    await bench.writer.submit(adding("again"))
    assert len(bench.names()) == QUEUE_LIMIT + 2


async def test_who_has_gone_away_is_not_waited_for(bench: Bench, gate: Gate) -> None:
    gone, stays = bench.writer.submit(adding("a")), bench.writer.submit(adding("b"))
    await gate.wait_until_reached()
    gone.cancel()
    gate.is_open.set()
    await stays
    assert bench.names() == ["a", "b"]


async def test_an_observer_that_fails_holds_nobody_up(bench: Bench) -> None:
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    bench.writer._observe = lambda jobs, _: [][jobs]
    await bench.writer.submit(adding("a"))
    await bench.writer.submit(adding("b"))
    assert bench.names() == ["a", "b"]
    await let_all_run()
    assert len(errors) == 2


# --- closing --------------------------------------------------------------------------------------


async def test_closing_commits_what_waits(bench: Bench, gate: Gate) -> None:
    jobs = [bench.writer.submit(adding(name)) for name in "abc"]
    await gate.wait_until_reached()
    jobs += [bench.writer.submit(adding(name)) for name in "def"]
    closing = asyncio.create_task(bench.writer.close())
    await let_all_run()
    assert not closing.done()
    with pytest.raises(ShuttingDown):
        bench.writer.submit(adding("too late"))
    gate.is_open.set()
    await closing
    assert all(job.done() and job.exception() is None for job in jobs)
    assert bench.names() == list("abcdef")


async def test_closing_twice_is_no_error(bench: Bench) -> None:
    await bench.writer.submit(adding("a"))
    await bench.writer.close()
    await bench.writer.close()
