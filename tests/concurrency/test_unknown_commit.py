"""Who is cut off, and can't know whether it was done, asks again: it is done once.

The line that is cut is the client's, or the one between a server and PostgreSQL.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import pytest
from anyio.from_thread import start_blocking_portal

from lastschrift.settings import PostgresDatabase, Settings
from tests.concurrency.merchants import Street, open_street
from tests.concurrency.outcomes import Outcome, outcome_of
from tests.concurrency.scenes import SCENES, Scene
from tests.lines import Cut, Line, Moment, line_to
from tests.promises import control, promise, rounds
from tests.serving import running

BATCHED, SAVED, SINGLE = b"Commerzbank", b"debtor.registered", b"COMMIT"
"""What servers say to PostgreSQL last of all: a batch of accounts, one of customers, or COMMIT."""

SAID_LAST: Final = {
    "containers": BATCHED,
    "methods": BATCHED,
    "methods under an id": BATCHED,
    "methods of a new user": SINGLE,
    "containers and methods": BATCHED,
    "containers under a key": BATCHED,
    "containers of nobody under a key": BATCHED,
    "customers under a key": SAVED,
}
"""What can be asked for again."""

ENDS = (Moment.QUESTION, Moment.ANSWER)
CLIENTS_CUTS = rounds(ci=1, soak=21)
SERVERS_CUTS = rounds(ci=1, soak=63)


def outcome_again(scene: Scene) -> Outcome:
    """Return what is told to who asks for what is done already."""
    (told,) = scene.told.keys() - {Outcome.DONE}
    return told


# --- the client's line ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def line(street: Street) -> Iterator[Line]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(line_to(street.urls[-1])) as opened,
    ):
        yield opened


@promise("unknown-commit")
@pytest.mark.parametrize("moment", Moment)
def test_a_client_that_is_cut_off_asks_again(
    street: Street, line: Line, moment: Moment, figure: Callable[[str], None]
) -> None:
    street.renew_tokens()
    for name in [*SAID_LAST] * CLIENTS_CUTS:
        ask_by_a_line_that_is_cut(street, line, SCENES[name], moment)
    cuts = len(SAID_LAST) * CLIENTS_CUTS
    figure(f"{street.engine}: {cuts} clients cut off {moment.value}: each has the one resource")


def ask_by_a_line_that_is_cut(street: Street, line: Line, scene: Scene, moment: Moment) -> None:
    """Ask, be cut off, and ask again on the same wire or on the other."""
    first, *_, again = scene.asked(street)
    listed = street.listed()
    line.cut_at = Cut(first.body, moment)
    with pytest.raises(ConnectionError):
        replace(street, urls=[line.url]).ask(first)
    allowed = {
        Moment.QUESTION: {Outcome.DONE},
        Moment.MEANWHILE: {Outcome.DONE, outcome_again(scene)},
        Moment.ANSWER: {outcome_again(scene)},
    }
    assert outcome_of(street.ask(again)) in allowed[moment]
    assert street.listed() == listed + scene.added


@control("unknown-commit")
def test_without_a_key_a_customer_is_saved_twice(street: Street, line: Line) -> None:
    street.renew_tokens()
    keyless = Scene(
        asked=lambda street: [street.merchant.wire.save_customer("Doe")] * 2,
        told=SCENES["customers under a key"].told,
    )
    with pytest.raises(AssertionError):
        ask_by_a_line_that_is_cut(street, line, keyless, Moment.ANSWER)


# --- the server's line ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Street, Line]]:
    """Return merchants who ask a server far from its database, and the line between the two."""
    with ExitStack() as stack:
        place = tmp_path_factory.mktemp("far")
        street = stack.enter_context(open_street("postgres", place))
        portal = stack.enter_context(start_blocking_portal())
        database = Settings.load(street.directory, {}).database
        assert isinstance(database, PostgresDatabase)
        line = stack.enter_context(portal.wrap_async_context_manager(line_to(database.url)))
        directory = shutil.copytree(street.directory, place / "far")
        variables = {"LASTSCHRIFT_DATABASE": line.url}
        server = stack.enter_context(running("serve", directory, [], variables))
        yield replace(street, urls=[server.url]), line


@promise("unknown-commit")
@pytest.mark.parametrize("moment", ENDS)
def test_a_server_that_is_cut_off_from_its_database_does_it_once(
    far: tuple[Street, Line], moment: Moment, figure: Callable[[str], None]
) -> None:
    street, line = far
    street.renew_tokens()
    for name in [*SAID_LAST] * SERVERS_CUTS:
        ask_a_server_that_is_cut_off(street, line, name, moment)
    cuts = len(SAID_LAST) * SERVERS_CUTS
    figure(f"{cuts} servers cut off from PostgreSQL {moment.value}: each registered once")


def ask_a_server_that_is_cut_off(street: Street, line: Line, name: str, moment: Moment) -> None:
    """Ask, while the server loses its database; it does it once, and says so."""
    scene = SCENES[name]
    first, *_, again = scene.asked(street)
    listed, cuts = street.listed(), line.cuts
    line.cut_at = Cut(SAID_LAST[name], moment)
    assert outcome_of(street.ask(first)) is Outcome.DONE
    assert line.cuts == cuts + 1
    assert outcome_of(street.ask(again)) is outcome_again(scene)
    assert street.listed() == listed + scene.added
