"""The desk: handed to the holder if there is one, done here if there is none."""

import asyncio
import threading
from pathlib import Path

import pytest

from lastschrift.admin import desk as desk_module
from lastschrift.admin.desk import Desk
from lastschrift.admin.lock import DirectoryInUse, Holder, hold, holder_of
from lastschrift.admin.socket import Peer, answering
from lastschrift.admin.verb import Nothing
from lastschrift.admin.verbs import CONTRACT_LIST, VerbFailed

pytestmark = pytest.mark.anyio


def log_nothing(error: BaseException, _id: str, _where: str) -> None:
    raise AssertionError from error


async def answer(_line: bytes, _peer: Peer) -> bytes:
    return b'{"error":"done by the server"}\n'


def refuse(_line: bytes) -> bytes:
    raise AssertionError("there is a server")


async def test_a_running_server_does_what_is_wanted(tmp_path: Path) -> None:
    with hold(tmp_path, Holder.SERVER):
        async with answering(tmp_path, answer, log_nothing):
            with pytest.raises(VerbFailed, match="done by the server"):
                await asyncio.to_thread(Desk(refuse, tmp_path).ask, CONTRACT_LIST, Nothing())


def test_without_a_server_it_is_done_here_and_under_the_lock(tmp_path: Path) -> None:
    holders = []

    def perform(line: bytes) -> bytes:
        holders.append(holder_of(tmp_path))
        assert line == b'{"verb":"contract.list","arguments":{}}\n'
        return b'{"result":[]}\n'

    assert Desk(perform, tmp_path).ask(CONTRACT_LIST, Nothing()) == []
    assert [found.holder for found in holders if found] == [Holder.COMMAND]
    assert holder_of(tmp_path) is None


async def test_a_server_that_is_just_starting_is_waited_for(tmp_path: Path) -> None:
    with hold(tmp_path, Holder.SERVER):
        desk = Desk(refuse, tmp_path)
        asked = asyncio.create_task(asyncio.to_thread(desk.ask, CONTRACT_LIST, Nothing()))
        await asyncio.sleep(0.1)
        async with answering(tmp_path, answer, log_nothing):
            with pytest.raises(VerbFailed, match="done by the server"):
                await asked


def test_a_holder_that_stays_silent_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "_WAIT_S", 0.1)
    with hold(tmp_path, Holder.SERVER), pytest.raises(DirectoryInUse):
        Desk(refuse, tmp_path).ask(CONTRACT_LIST, Nothing())


def test_commands_at_the_same_time_take_turns(tmp_path: Path) -> None:
    inside = threading.Semaphore(1)

    def perform(_line: bytes) -> bytes:
        assert inside.acquire(blocking=False)
        inside.release()
        return b'{"result":[]}\n'

    desk = Desk(perform, tmp_path)
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(desk.ask(CONTRACT_LIST, Nothing())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 8
