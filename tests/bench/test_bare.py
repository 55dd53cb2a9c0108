"""The bare server repeats an answer byte for byte."""

from contextlib import closing
from pathlib import Path

from bench.bare.app import write_answer
from bench.client import Answer, Client
from bench.contenders import Place, bare
from bench.servers import free_port, running


def test_the_recorded_answer_is_repeated(tmp_path: Path) -> None:
    headers = [("content-type", "application/json"), ("x-trace", "a: b"), ("content-length", "12")]
    recorded = Answer(201, headers, b'{"a":\r\n\r\n"b"')
    place = Place(port=free_port(), data=tmp_path / "data", recorded_answer=tmp_path / "a.http")
    write_answer(place.recorded_answer, recorded.status, recorded.headers, recorded.body)
    with running(bare(), place), closing(Client(place.port)) as client:
        assert client.ask("POST", "/anything", body="x" * 100_000) == recorded
        assert client.ask("POST", "/anything", body="y") == recorded
