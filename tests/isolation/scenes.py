"""Scenes: who asks, and who else is there of whom that one must see nothing."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto

from lastschrift.domain.access import Scope
from tests.house import House
from tests.isolation.absent import absent
from tests.isolation.parties import Party, as_user, new_neighbour, new_party
from tests.isolation.references import TO_BE_NEW, Kind, references
from tests.web.descriptions import Operation


class Whose(Enum):
    """Whose a thing in question is."""

    OWN = auto()
    OTHERS = auto()
    NOBODYS = auto()


@dataclass(frozen=True, slots=True)
class Scene:
    """Who asks, and of whom that one must see nothing; None if there is nobody else."""

    asker: Party
    other: Party | None = None

    def value(self, kind: Kind, whose: Whose) -> str:
        """Return what a request is to name."""
        if whose is Whose.NOBODYS or (whose is Whose.OWN and kind in TO_BE_NEW):
            return absent(kind)
        party = self.other if whose is Whose.OTHERS else self.asker
        assert party is not None, "there is nobody else"
        return party.values[kind]

    @property
    def of_other_only(self) -> set[str]:
        """All texts that must not be told to the asker: names, account numbers, ids."""
        if self.other is None:
            return set()
        return {*self.other.marks, *self.other.values.values()} - set(self.asker.values.values())

    @property
    def ids_of_other_only(self) -> frozenset[bytes]:
        """The ids of rows that the asker must not change."""
        return frozenset() if self.other is None else self.other.ids - self.asker.ids


SetScene = Callable[[], Awaitable[Scene]]
"""Sets a scene, each time with a new asker where that is not said otherwise."""


def alone(house: House, operation: Operation) -> SetScene:
    """Set scenes with nobody else in the house, at first."""

    async def set_scene() -> Scene:
        return Scene(await new_party(house, kinds_in(operation)))

    return set_scene


async def beside_another_contract(
    house: House, operation: Operation, *, scopes: Collection[str] = tuple(Scope)
) -> SetScene:
    """Set scenes beside one other contract; the askers' tokens have these scopes."""
    kinds = kinds_in(operation)
    other = await new_party(house, kinds)

    async def set_scene() -> Scene:
        return Scene(await new_party(house, kinds, scopes=scopes), other)

    return set_scene


def beside_another_user(house: House, operation: Operation) -> SetScene:
    """Set scenes with two users of one contract."""
    kinds = kinds_in(operation)

    async def set_scene() -> Scene:
        asker = await new_party(house, kinds)
        return Scene(asker, await new_neighbour(house, asker, kinds))

    return set_scene


def by_users(house: House, set_scene: SetScene) -> SetScene:
    """Set the same scenes, in which who asks has a token of an outside identity provider."""

    async def set_scene_by_user() -> Scene:
        scene = await set_scene()
        return Scene(await as_user(house, scene.asker), scene.other)

    return set_scene_by_user


def only(asker: Party, other: Party | None = None) -> SetScene:
    """Set the same scene each time."""

    async def set_scene() -> Scene:
        return Scene(asker, other)

    return set_scene


def kinds_in(operation: Operation) -> set[Kind]:
    """Return what kinds of things an operation's request may name."""
    return {reference.kind for reference in references(operation)}
