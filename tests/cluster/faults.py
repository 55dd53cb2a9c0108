"""What is done to the primary, and how it is undone: a table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.cluster.cluster import Cluster, Primary

DEATH_S_MAX = 30
SWITCHOVER_S_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of mishap; ``gap_s_max`` is how long registrations may stand still, as an aim."""

    name: str
    what: str
    gap_s_max: int
    inflict: Callable[[Cluster, Primary], Awaitable[None]]
    undo: Callable[[Cluster, Primary], Awaitable[None]]


async def _lose_power(_: Cluster, primary: Primary) -> None:
    primary.node.lose_power()


async def _regain_power(_: Cluster, primary: Primary) -> None:
    primary.node.regain_power()


async def _kill_postgres(_: Cluster, primary: Primary) -> None:
    primary.node.kill_postgres()


async def _pull_cable(_: Cluster, primary: Primary) -> None:
    primary.node.machine.pull_cable()


async def _plug_cable(_: Cluster, primary: Primary) -> None:
    primary.node.machine.plug_cable()


async def _part(cluster: Cluster, primary: Primary) -> None:
    primary.node.machine.part_from(cluster.others(primary.node))


async def _rejoin(cluster: Cluster, primary: Primary) -> None:
    primary.node.machine.rejoin(cluster.others(primary.node))


async def _switch_over(cluster: Cluster, primary: Primary) -> None:
    await cluster.switch_over(primary)


async def _nothing(_: Cluster, __: Primary) -> None:
    """Patroni does what is left to do."""


_FAULTS = (
    Fault(
        name="machine",
        what="the primary's machine loses its power",
        gap_s_max=DEATH_S_MAX,
        inflict=_lose_power,
        undo=_regain_power,
    ),
    Fault(
        name="postgres",
        what="the primary's postgres is killed",
        gap_s_max=DEATH_S_MAX,
        inflict=_kill_postgres,
        undo=_nothing,
    ),
    Fault(
        name="network",
        what="the primary's network cable is pulled",
        gap_s_max=DEATH_S_MAX,
        inflict=_pull_cable,
        undo=_plug_cable,
    ),
    Fault(
        name="partition",
        what="the primary is cut off from the other two, but not from the servers",
        gap_s_max=DEATH_S_MAX,
        inflict=_part,
        undo=_rejoin,
    ),
    Fault(
        name="switchover",
        what="Patroni is asked for another primary",
        gap_s_max=SWITCHOVER_S_MAX,
        inflict=_switch_over,
        undo=_nothing,
    ),
)

FAULTS = {fault.name: fault for fault in _FAULTS}
