"""The figures of several workers, told as one, whoever is asked and whoever has died."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import msgpack

from lastschrift.web.processes.counts import Counts
from lastschrift.web.processes.siblings import Siblings, telling

pytestmark = pytest.mark.anyio


def counted(answers: int, waiting: int = 0) -> Counts:
    counts = Counts.none()
    for _ in range(answers):
        counts.answered("/a", 200).add(0.004)
        counts.commits.add(0.002)
    counts.queue_depth = waiting
    return counts


def answers_in(counts: Counts) -> int:
    return sum(sum(tally.counts) for tally in counts.answers.values())


def let_die(directory: Path, place: int) -> None:
    """Let what a place has written be of a process that is no more."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path = directory / f"{place}.counts"
    written = msgpack.decode(path.read_bytes())
    path.write_bytes(msgpack.encode({**written, "pid": gone.pid}))


def test_each_worker_tells_the_sum_of_all(tmp_path: Path) -> None:
    one, other = Siblings(tmp_path, 0), Siblings(tmp_path, 1)
    other.tell(counted(5, waiting=2))
    total = one.total(counted(3, waiting=1))
    assert (answers_in(total), sum(total.commits.counts), total.queue_depth) == (8, 8, 3)


def test_what_one_worker_told_is_not_missing_when_another_is_asked(tmp_path: Path) -> None:
    one, other = Siblings(tmp_path, 0), Siblings(tmp_path, 1)
    assert answers_in(one.total(counted(3))) == 3
    assert answers_in(other.total(counted(0))) == 3


def test_the_counts_of_the_dead_stay_and_their_queue_goes(tmp_path: Path) -> None:
    Siblings(tmp_path, 1).tell(counted(5, waiting=2))
    let_die(tmp_path, 1)
    total = Siblings(tmp_path, 0).total(counted(3, waiting=1))
    assert (answers_in(total), total.queue_depth) == (8, 1)


def test_a_successor_goes_on_from_what_the_dead_had_counted(tmp_path: Path) -> None:
    for _ in range(3):
        Siblings(tmp_path, 0).tell(counted(5, waiting=2))
        let_die(tmp_path, 0)
    total = Siblings(tmp_path, 0).total(counted(1, waiting=1))
    assert (answers_in(total), total.queue_depth) == (16, 1)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_directory_that_takes_nothing_more_leaves_the_last_figures(tmp_path: Path) -> None:
    one = Siblings(tmp_path, 0)
    one.tell(counted(3))
    (tmp_path / "0.part").mkdir()
    assert answers_in(one.total(counted(4))) == 3


async def test_the_last_is_told_when_the_worker_ends(tmp_path: Path) -> None:
    counts = counted(1)
    async with telling(Siblings(tmp_path, 0), lambda: counts):
        counts = counted(2)
    assert answers_in(Siblings(tmp_path, 1).total(counted(0))) == 2
