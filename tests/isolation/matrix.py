"""The matrix: a question, and whose thing is in question.

Who has changed anything by asking asks no more. So no answer depends on an earlier one, and two
answers differ by nothing but what the two requests name.
"""

from dataclasses import dataclass, field
from uuid import UUID

from tests.databases import Looking
from tests.house import House
from tests.isolation.asking import Named, Outcome, Told, ask
from tests.isolation.questions import Question
from tests.isolation.references import Kind
from tests.isolation.scenes import Scene, SetScene, Whose


class NotIsolated(AssertionError):
    """An operation tells of, or changes, what is another's."""


@dataclass(slots=True, kw_only=True)
class Matrix:
    """A house, its database, and what sets a new scene in it."""

    house: House
    looking: Looking
    set_scene: SetScene
    _scene: Scene | None = field(default=None, init=False)

    async def ask(self, question: Question, whose: Whose) -> Told:
        """Ask, and see that nothing of the other party's is told or changed.

        Raises: NotIsolated.
        """
        scene = self._scene or await self.set_scene()
        named = {it: scene.value(it.kind, Whose.OWN) for it in question.references}
        if question.kind is not None:
            named |= dict.fromkeys(question.asked_at, scene.value(question.kind, whose))
        outcome = await ask(self.house, self.looking, question.operation, scene.asker, named)
        self._scene = None if outcome.changed else scene
        problem = (
            _refused_yet_changed(outcome)
            or _told_of_other(scene, outcome, named)
            or _changed_of_other(scene, outcome, named)
        )
        if problem is not None:
            raise NotIsolated(f"{question}: {problem}")
        return outcome.told

    async def compare(self, question: Question) -> Told:
        """See that what is the other's is as what is nobody's; return what is told of either.

        Raises: NotIsolated.
        """
        expected = await self.ask(question, Whose.NOBODYS)
        check_same(question, await self.ask(question, Whose.OTHERS), expected)
        return expected


def check_same(question: Question, told: Told, expected: Told) -> None:
    """See that two answers can't be told apart.

    Raises: NotIsolated.
    """
    if told != expected:
        raise NotIsolated(f"{question}: told {told} instead of {expected}")


# --- what must not be -----------------------------------------------------------------------------


def _refused_yet_changed(outcome: Outcome) -> str | None:
    if outcome.told.is_success or not outcome.changed:
        return None
    return f"refused by {outcome.told}, but changed {outcome.changed}"


def _told_of_other(scene: Scene, outcome: Outcome, named: Named) -> str | None:
    """Tell which texts of the other's are in an answer, but for those that were sent."""
    known = " ".join([f"{value} XX {value[-4:]}" for value in named.values()])
    told = [text for text in scene.of_other_only if text in outcome.heard and text not in known]
    return f"told {told}, which is another's: {outcome.heard}" if told else None


def _changed_of_other(scene: Scene, outcome: Outcome, named: Named) -> str | None:
    """Tell which rows of the other's changed; an id that was chosen anew is the asker's, too."""
    chosen = {UUID(value).bytes for it, value in named.items() if it.kind is Kind.NEW_ID}
    ids = scene.ids_of_other_only - chosen
    changed = [row for row in outcome.changed if ids.intersection(row)]
    return f"changed what is another's: {changed}" if changed else None
