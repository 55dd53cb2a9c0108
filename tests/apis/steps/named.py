"""The steps by their names: what a ``# given:`` line may say, and what is then done."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from tests.apis.steps.clients import (
    revoke,
    use_client_of_another_contract,
    use_client_that_manages,
    use_client_with_scopes,
    use_client_without_identity,
)
from tests.apis.steps.clock import advance_clock, set_clock
from tests.apis.steps.containers import (
    add_container,
    add_container_of_another_client,
    add_container_of_nobody,
    archive_container,
    remove_container,
)
from tests.apis.steps.customers import (
    add_customer,
    add_customer_with_key,
    add_customer_with_this_account,
    add_foreign_customer,
    remove_customer,
)
from tests.apis.steps.guessing import guess_secrets, guess_tokens
from tests.apis.steps.payment_methods import (
    add_another_payment_method,
    add_deleted_payment_method,
    add_managed_payment_method,
    add_payment_method,
    add_payment_method_managed_by_another,
    add_payment_method_of_another_contract,
    add_payment_method_of_another_user,
    set_alias,
    set_authorisation,
    set_expiry,
)
from tests.apis.steps.repeating import ask_before
from tests.apis.steps.scrolls import begin_scroll_of_containers, begin_scroll_of_customers
from tests.apis.steps.serving import (
    break_store,
    fill_queue,
    lock_store,
    set_public_url,
    slow_lists_down,
)
from tests.apis.steps.tokens import (
    get_expired_token,
    get_revoked_token,
    get_token,
    get_token_of_a_revoked_client,
    get_token_of_another_client,
    get_token_of_another_contract,
)
from tests.apis.steps.users import (
    add_payment_method_of_user,
    get_expired_token_of_user,
    get_token_of_user,
    link_by_command,
    trust_provider,
    trust_provider_that_is_down,
)
from tests.apis.steps.world import World

STEPS: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {
    r"it is (\S+)": set_clock,
    r"(\d+) seconds later": advance_clock,
    r"a client that may have (.+)": use_client_with_scopes,
    r"a client without identity": use_client_without_identity,
    r"a client that manages": use_client_that_manages,
    r"a client of another contract": use_client_of_another_contract,
    r"the client is revoked": revoke,
    r"a token": get_token,
    r"a token with (.+)": get_token,
    r"an expired token": get_expired_token,
    r"a revoked token": get_revoked_token,
    r"a token of another client": get_token_of_another_client,
    r"a token of a revoked client": get_token_of_a_revoked_client,
    r"a token of another contract": get_token_of_another_contract,
    r"too many wrong secrets shown for ([0-9a-f]{32})": guess_secrets,
    r"too many wrong tokens": guess_tokens,
    r"an identity provider": trust_provider,
    r"an identity provider that is down": trust_provider_that_is_down,
    r"a token of its user (\S+) with (.+)": get_token_of_user,
    r"an expired token of its user (\S+)": get_expired_token_of_user,
    r"the contract links identities by command": link_by_command,
    r"a payment method of its user (\S+)": add_payment_method_of_user,
    r"a customer": add_customer,
    r"a customer called (\S+)": add_customer,
    r"customers that are read one by one": begin_scroll_of_customers,
    r"containers that are read one by one": begin_scroll_of_containers,
    r"lists that take too long": slow_lists_down,
    r"a customer saved with the key (\S+)": add_customer_with_key,
    r"a customer of another contract": add_foreign_customer,
    r"a customer with this bank account": add_customer_with_this_account,
    r"the customer is deleted": remove_customer,
    r"a bank account of the customer": add_container,
    r"a bank account of the customer called (\S+)": add_container,
    r"a bank account of the (customer) with the IBAN (\S+)": add_container,
    r"a bank account of the customer that another client manages": add_container_of_another_client,
    r"the bank account is archived": archive_container,
    r"the bank account is deleted": remove_container,
    r"a bank account of nobody": add_container_of_nobody,
    r"a payment method": add_payment_method,
    r"a payment method ([0-9a-f-]{36})": add_payment_method,
    r"another payment method": add_another_payment_method,
    r"a payment method that the client manages": add_managed_payment_method,
    r"a payment method that another client manages": add_payment_method_managed_by_another,
    r"the payment method's alias is (.+)": set_alias,
    r"the payment method expires at (\S+)": set_expiry,
    r"the payment method asks for (\S+)": set_authorisation,
    r"a deleted payment method": add_deleted_payment_method,
    r"a payment method of another user": add_payment_method_of_another_user,
    r"a payment method of another contract": add_payment_method_of_another_contract,
    r"the same request before": ask_before,
    r"the same request before, which made a (\S+)": ask_before,
    r"a store that breaks when it writes": break_store,
    r"a full queue": fill_queue,
    r"the same request, still running": lock_store,
    r"the public URL (\S+)": set_public_url,
}


class UnknownStep(Exception):
    """A ``given`` line that names no step."""


async def do_step(world: World, given: str) -> None:
    """Do the step of that name.

    Raises: UnknownStep.
    """
    for pattern, step in STEPS.items():
        match = re.fullmatch(pattern, given)
        if match is not None:
            await step(world, *match.groups())
            return
    raise UnknownStep(given)
