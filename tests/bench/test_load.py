"""A run whose answers can't be trusted fails, and says why."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from bench.contenders import Contender, Place
from bench.load import ADVICE_WRK, BenchFailed, LoadResult, read_result
from bench.processes import (
    cpu_seconds,
    cpu_seconds_of_machine,
    memory,
    process_tree,
    stolen_seconds_of_machine,
)
from bench.rounds import Clocks, check_kept
from bench.servers import free_port, running
from bench.wires import (
    CUSTOMER_GAP,
    IBAN_GAP,
    PACE,
    SAMPLE_CUSTOMER,
    SAMPLE_IBAN,
    SECUCONNECT,
    Wire,
)

COUNTS = {
    "duration_us": 2_000_000,
    "expected": 300,
    "unexpected": 0,
    "unexpected_first": "",
    "socket_errors": 0,
    "p50_us": 1500,
    "p99_us": 4000,
}


def test_the_result_is_read_from_the_scripts_line() -> None:
    assert read_result(json.dumps(COUNTS)) == LoadResult(
        duration_s=2.0, answered=300, p50_ms=1.5, p99_ms=4.0
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"unexpected": 1, "unexpected_first": "503 busy"}, "1 answers .* the first: 503 busy"),
        ({"socket_errors": 2}, "2 requests got no answer"),
        ({"expected": 0}, "no request was answered"),
    ],
)
def test_one_wrong_answer_fails_the_run(change: dict[str, object], reason: str) -> None:
    with pytest.raises(BenchFailed, match=reason):
        read_result(json.dumps(COUNTS | change))


def test_a_line_that_is_no_result_fails_the_run() -> None:
    with pytest.raises(BenchFailed, match="Segmentation"):
        read_result("Segmentation fault")


@pytest.mark.parametrize("kept", [100, 164])
def test_what_was_acknowledged_or_in_flight_may_be_kept(kept: int) -> None:
    check_kept("any", kept, acknowledged=100)


@pytest.mark.parametrize("kept", [99, 165])
def test_lost_and_made_up_registrations_fail_the_run(kept: int) -> None:
    with pytest.raises(BenchFailed, match=f"acknowledged 100 registrations and lists {kept}"):
        check_kept("any", kept, acknowledged=100)


def test_a_missing_wrk_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = CliRunner().invoke(main, ["--quick", "--only", "bare"])
    assert result.exit_code == 1
    assert result.output == f"Error: {ADVICE_WRK}\n"


def test_the_document_is_written_from_full_runs_only() -> None:
    result = CliRunner().invoke(main, ["--write", "--quick"])
    assert result.exit_code == 2


def test_a_server_that_ends_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    contender = Contender(name="broken", command=lambda _: [sys.executable, "-c", "exit('no key')"])
    place = Place(port=free_port(), data=tmp_path / "data", recorded_answer=tmp_path / "none")
    with pytest.raises(BenchFailed, match="broken ended with 1: no key"), running(contender, place):
        pass


@pytest.mark.parametrize("wire", [SECUCONNECT, PACE], ids=lambda wire: wire.name)
def test_the_template_announces_the_length_of_the_filled_body(wire: Wire) -> None:
    template = wire.request_template(port=8080, token="0" * 26)
    filled = template.replace(IBAN_GAP, SAMPLE_IBAN).replace(CUSTOMER_GAP, SAMPLE_CUSTOMER)
    head, _, body = filled.partition("\r\n\r\n")
    assert f"Content-Length: {len(body)}" in head.splitlines()
    assert json.loads(body) == json.loads(wire.fill(SAMPLE_IBAN, SAMPLE_CUSTOMER))


def test_the_machine_has_used_more_processor_time_than_this_process() -> None:
    before_s = cpu_seconds_of_machine()
    assert before_s > cpu_seconds(os.getpid())
    sum(range(3_000_000))
    assert cpu_seconds_of_machine() > before_s


def test_what_was_stolen_is_a_part_of_it() -> None:
    assert 0 <= stolen_seconds_of_machine() < cpu_seconds_of_machine()


def test_what_neither_server_nor_load_has_used_was_used_elsewhere() -> None:
    before = Clocks(server_s=1, load_s=2, machine_s=10)
    used = Clocks(server_s=4, load_s=4, machine_s=16).since(before)
    assert (used.server_s, used.load_s, used.elsewhere_s) == (3, 2, 1)


def test_the_processor_time_of_children_counts() -> None:
    program = "import sys; sum(range(3_000_000)); print(flush=True); sys.stdin.read()"
    before_s = cpu_seconds(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        assert process_tree(os.getpid())[0] == os.getpid()
        assert child.pid in process_tree(os.getpid())
        assert 0 < cpu_seconds(child.pid) <= cpu_seconds(os.getpid()) - before_s + 0.011
        assert memory(child.pid).rss_mb >= memory(child.pid).pss_mb > 1
        child.stdin.close()
