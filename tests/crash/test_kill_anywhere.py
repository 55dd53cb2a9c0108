"""A server killed before any one write or sync of a registration keeps it once, or not at all."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.crash.clients import CONTAINERS, CUSTOMERS, authorized, ibans
from tests.crash.faults import Counting, Killing
from tests.crash.machine import Machine, program_on
from tests.crash.spreading import spread
from tests.crash.whole import integrity
from tests.promises import control, promise, rounds
from tests.serving import RunningServer, running_sandbox

CREATED, EXISTS = 200, 409
ANSWERED_BY_S = 0.3
WAIT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """An installation with a customer in it, and a bank account to be registered for him."""

    directory: Path
    headers: dict[str, str]
    body: dict[str, object]

    @property
    def iban(self) -> object:
        """The account's number."""
        private = self.body["private"]
        assert isinstance(private, dict)
        return private["iban"]

    def register(self, server: RunningServer) -> int | None:
        """Register the bank account; return the answer's status, None if none came."""
        with httpx2.Client(base_url=server.url, headers=self.headers) as http:
            try:
                return http.post(CONTAINERS, json=self.body).status_code
            except httpx2.TransportError:
                return None

    def kept(self, server: RunningServer) -> int:
        """Return how often the bank account is there."""
        with httpx2.Client(base_url=server.url, headers=self.headers) as http:
            listing = http.get(CONTAINERS).raise_for_status().json()
        numbers = [item["private"]["iban"] for item in listing["data"]]
        assert len(numbers) == listing["count"]
        return numbers.count(self.iban)


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    directory = tmp_path_factory.mktemp("merchant") / "data"
    with running_sandbox(directory) as server:
        headers = authorized(server.url)
        contact = {"contact": {"forename": "John", "surname": "Doe"}}
        answer = httpx2.post(server.url + CUSTOMERS, headers=headers, json=contact)
        customer = answer.raise_for_status().json()["id"]
        private = {"owner": "John Doe", "iban": next(ibans(seed=5))}
        made = Merchant(
            directory=directory, headers=headers, body={"customer": customer, "private": private}
        )
        assert server.stop() == 0
    return made


@pytest.fixture
def copies(merchant: Merchant, tmp_path: Path) -> Callable[[], Path]:
    """Return what copies the installation, each time to another place."""
    names = iter(range(1_000))

    def copy() -> Path:
        return shutil.copytree(merchant.directory, tmp_path / f"{next(names)}")

    return copy


def calls_of_a_registration(merchant: Merchant, directory: Path) -> Sequence[str]:
    """Return what a registration has the disk do, and moving it from the log into the database."""
    armed, calls = directory / "armed", directory / "calls"
    machine = Machine(disk=Counting(armed=str(armed), calls=str(calls)), moves_log_at_once=True)
    with running_sandbox(directory, program=program_on(machine)) as server:
        armed.touch()
        assert merchant.register(server) == CREATED
        deadline = time.monotonic() + WAIT_S
        while "sync lastschrift.db\n" not in calls.read_text():
            assert time.monotonic() < deadline, "nothing is moved out of the log"
            time.sleep(0.005)
        armed.unlink()
    return calls.read_text().splitlines()


def killed_at(merchant: Merchant, directory: Path, machine: Machine) -> int | None:
    """Register on a machine that is killed; return what was answered."""
    with running_sandbox(directory, program=program_on(machine)) as server:
        (directory / "armed").touch()
        answered = merchant.register(server)
        server.process.wait(10)
    return answered


def check_kept(merchant: Merchant, directory: Path, answered: int | None) -> int:
    """Start again, and find the account once at most, and at least if it was acknowledged."""
    with running_sandbox(directory) as server:
        kept = merchant.kept(server)
        assert kept == 1 or (kept == 0 and answered is None), f"{answered}, and kept {kept} times"
        assert merchant.register(server) == (EXISTS if kept else CREATED)
        assert merchant.kept(server) == 1
    assert integrity(directory / "lastschrift.db") == "ok"
    return kept


@promise("survives-kill-anywhere")
def test_a_registration_killed_before_any_write_or_sync_is_kept_once_or_not_at_all(
    merchant: Merchant, copies: Callable[[], Path], figure: Callable[[str], None]
) -> None:
    calls = calls_of_a_registration(merchant, copies())
    points = spread(len(calls), rounds(ci=5, soak=len(calls)))
    kept = 0
    for at in points:
        directory = copies()
        machine = Machine(
            disk=Killing(armed=str(directory / "armed"), at=at), moves_log_at_once=True
        )
        answered = killed_at(merchant, directory, machine)
        kept += check_kept(merchant, directory, answered)
        shutil.rmtree(directory)
    assert 0 < kept < len(points), "killed on one side of the commit only"
    figure(
        f"SQLite: killed before {len(points)} of {len(calls)} writes and syncs: kept {kept} times, "
        "0 lost, 0 doubled"
    )


@control("survives-kill-anywhere")
def test_an_answer_before_the_commit_is_noticed(
    merchant: Merchant, copies: Callable[[], Path]
) -> None:
    directory = copies()
    machine = Machine(
        disk=Killing(armed=str(directory / "armed"), at=1, wait_s=ANSWERED_BY_S),
        broken=["answer_before_the_commit"],
    )
    answered = killed_at(merchant, directory, machine)
    assert answered == CREATED
    with pytest.raises(AssertionError, match="kept 0 times"):
        check_kept(merchant, directory, answered)
