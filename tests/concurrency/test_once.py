"""Of equal registrations that reach the servers at one moment, one is done; the others are told."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concurrency.merchants import Street, open_street
from tests.concurrency.outcomes import Outcome, id_of, outcome_of
from tests.concurrency.scenes import MANY, SCENES, Scene
from tests.databases import ENGINES
from tests.promises import control, promise, rounds

ROUNDS = rounds(ci=4, soak=100)


@promise("once-in-parallel")
@pytest.mark.parametrize("name", SCENES)
def test_of_many_at_one_moment_one_is_done(
    street: Street, name: str, figure: Callable[[str], None]
) -> None:
    street.renew_tokens()
    for _ in range(ROUNDS):
        play(street, SCENES[name])
    figure(f"{ROUNDS} rounds of {MANY} at one moment: each done once, the others told so")


def play(street: Street, scene: Scene) -> None:
    """Ask for all of a scene at one moment, and see that it comes to what it has to."""
    asked = scene.asked(street)
    listed = street.listed()
    answers = street.fire(asked)
    assert Counter(map(outcome_of, answers)) == scene.told
    assert len({id_of(answer) for answer in answers} - {None}) == scene.named
    assert street.listed() == listed + scene.added


@control("once-in-parallel")
@pytest.mark.parametrize("engine", ENGINES)
def test_without_the_unique_index_many_are_done(engine: str, tmp_path: Path) -> None:
    scene = SCENES["containers"]
    with open_street(engine, tmp_path, "DROP INDEX bank_account_once") as street:
        told = Counter(map(outcome_of, street.fire(scene.asked(street))))
        assert told[Outcome.DONE] > 1
        with pytest.raises(AssertionError):
            play(street, scene)
