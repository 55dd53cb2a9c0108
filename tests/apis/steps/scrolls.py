"""Steps that begin to read a list one by one."""

from lastschrift.operations.begin_bank_account_scroll import begin_bank_account_scroll
from lastschrift.operations.begin_debtor_scroll import begin_debtor_scroll
from lastschrift.operations.ports import Everything
from lastschrift.operations.scrolling import BeginScroll
from tests.apis.steps.world import World


async def begin_scroll_of_customers(world: World) -> None:
    begin = BeginScroll(
        condition=Everything(), is_descending=False, count=1, lifetime_s=300, shown="{}"
    )
    batch = await begin_debtor_scroll(world.house.ports, world.client.contract_id, begin)
    world.bindings["scroll"] = batch.scroll_id.hex


async def begin_scroll_of_containers(world: World) -> None:
    begin = BeginScroll(
        condition=Everything(),
        is_descending=False,
        count=1,
        lifetime_s=300,
        shown='{"fields": "id,private.iban"}',
    )
    batch = await begin_bank_account_scroll(world.house.ports, world.client.contract_id, begin)
    world.bindings["scroll"] = batch.scroll_id.hex
