"""The socket beside a running server: who may open it, what it does with what it hears."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from lastschrift.admin.socket import (
    LINE_BYTES_MAX,
    SOCKET_FILE,
    HolderWentAway,
    NoHolder,
    Peer,
    answering,
    ask,
)

pytestmark = pytest.mark.anyio


def log_nothing(error: BaseException, _id: str, _where: str) -> None:
    raise AssertionError from error


async def echo(line: bytes, _peer: Peer) -> bytes:
    return b"heard " + line


async def ask_aside(directory: Path, line: bytes) -> bytes:
    """Ask as a command does, which is another process."""
    return await asyncio.to_thread(ask, directory, line)


async def test_a_line_is_answered_by_a_line(tmp_path: Path) -> None:
    async with answering(tmp_path, echo, log_nothing):
        assert await ask_aside(tmp_path, b"hello\n") == b"heard hello\n"


async def test_it_is_known_who_asks(tmp_path: Path) -> None:
    async def tell(_line: bytes, peer: Peer) -> bytes:
        return b"%d %d\n" % peer

    async with answering(tmp_path, tell, log_nothing):
        told = await ask_aside(tmp_path, b"who am I?\n")
    assert told == b"%d %d\n" % (os.getpid(), os.getuid())


async def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    async with answering(tmp_path, echo, log_nothing):
        assert (tmp_path / SOCKET_FILE).stat().st_mode & 0o777 == 0o600


async def test_the_socket_is_gone_with_the_server(tmp_path: Path) -> None:
    async with answering(tmp_path, echo, log_nothing):
        pass
    assert not (tmp_path / SOCKET_FILE).exists()
    with pytest.raises(NoHolder):
        ask(tmp_path, b"hello\n")


async def test_the_socket_of_a_dead_server_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / SOCKET_FILE))
    with pytest.raises(NoHolder):
        ask(tmp_path, b"hello\n")
    async with answering(tmp_path, echo, log_nothing):
        assert await ask_aside(tmp_path, b"hello\n") == b"heard hello\n"


async def test_a_path_longer_than_the_kernel_takes_is_no_hindrance(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 40)
    directory.mkdir()
    async with answering(directory, echo, log_nothing):
        assert (directory / SOCKET_FILE).exists()
        assert await ask_aside(directory, b"hello\n") == b"heard hello\n"
    assert not (directory / SOCKET_FILE).exists()


async def test_a_line_that_is_too_long_is_not_understood(tmp_path: Path) -> None:
    async with answering(tmp_path, echo, log_nothing):
        answer = await ask_aside(tmp_path, b"x" * (LINE_BYTES_MAX + 1) + b"\n")
    assert answer == b'{"error":"RequestNotUnderstood"}\n'


async def test_many_commands_at_once_are_all_answered(tmp_path: Path) -> None:
    async with answering(tmp_path, echo, log_nothing):
        lines = [b"%d\n" % number for number in range(50)]
        answers = await asyncio.gather(*(ask_aside(tmp_path, line) for line in lines))
    assert answers == [b"heard " + line for line in lines]


async def test_who_was_heard_is_answered_though_the_server_ends(tmp_path: Path) -> None:
    heard, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(line: bytes, _peer: Peer) -> bytes:
        heard.set()
        await may_answer.wait()
        return line

    async with answering(tmp_path, slowly, log_nothing):
        asked = asyncio.create_task(ask_aside(tmp_path, b"hello\n"))
        await heard.wait()
        asyncio.get_running_loop().call_later(0.05, may_answer.set)
    assert await asked == b"hello\n"


async def test_what_breaks_is_logged_and_the_server_goes_on(tmp_path: Path) -> None:
    logged = []

    def log(error: BaseException, _id: str, where: str) -> None:
        logged.append((type(error), where))

    async def broken(_line: bytes, _peer: Peer) -> bytes:
        raise ZeroDivisionError

    async with answering(tmp_path, broken, log):
        answers = [await ask_aside(tmp_path, b"hello\n") for _ in range(2)]
    assert answers == [b'{"error":"Unexpected"}\n'] * 2
    assert logged == [(ZeroDivisionError, "admin socket")] * 2


async def test_a_server_that_ends_without_an_answer_is_told(tmp_path: Path) -> None:
    def hang_up() -> None:
        connection, _ = listener.accept()
        connection.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / SOCKET_FILE))
        listener.listen()
        hanging_up = asyncio.create_task(asyncio.to_thread(hang_up))
        with pytest.raises(HolderWentAway):
            await ask_aside(tmp_path, b"hello\n")
        await hanging_up


async def test_who_hangs_up_early_does_no_harm(tmp_path: Path) -> None:
    async with answering(tmp_path, echo, log_nothing):
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(str(tmp_path / SOCKET_FILE))
        assert await ask_aside(tmp_path, b"hello\n") == b"heard hello\n"
