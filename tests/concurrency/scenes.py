"""What is asked many times at one moment, and what all of it together has to come to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from tests.both_wires import Asked
from tests.concurrency.merchants import Street, new_iban, new_name
from tests.concurrency.outcomes import Outcome

MANY = 64
HALF = MANY // 2
OTHERS = MANY - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Many requests for one moment.

    ``told``: how many of them are told what. ``named``: how many objects their answers name
    altogether. ``added``: how many more are listed afterwards.
    """

    asked: Callable[[Street], list[Asked]]
    told: Mapping[Outcome, int]
    named: int = 1
    added: int = 1


ONE_IS_DONE = {Outcome.DONE: 1, Outcome.EXISTS: OTHERS}
ONE_IS_REPLAYED = {Outcome.DONE: 1, Outcome.REPLAYED: OTHERS}


# --- the same by secuconnect ----------------------------------------------------------------------


def containers(street: Street) -> list[Asked]:
    customer = street.made(street.merchant.wire.save_customer("Doe"))
    return [street.merchant.wire.save_container(new_iban(), customer)] * MANY


def containers_under_a_key(street: Street) -> list[Asked]:
    customer = street.made(street.merchant.wire.save_customer("Doe"))
    return [street.merchant.wire.save_container(new_iban(), customer, key=new_name())] * MANY


def containers_of_nobody_under_a_key(street: Street) -> list[Asked]:
    return [street.merchant.wire.save_container(new_iban(), key=new_name())] * MANY


def customers_under_a_key(street: Street) -> list[Asked]:
    return [street.merchant.wire.save_customer("Doe", new_name())] * MANY


def assignments(street: Street) -> list[Asked]:
    """Of as many containers with one IBAN."""
    customer = street.made(street.merchant.wire.save_customer("Doe"))
    free = street.all_made([street.merchant.wire.save_container(new_iban())] * MANY)
    return [street.merchant.wire.assign(container, customer) for container in free]


# --- the same by PACE -----------------------------------------------------------------------------


def methods(street: Street) -> list[Asked]:
    return [street.merchant.payer.register(new_iban())] * MANY


def methods_under_an_id(street: Street) -> list[Asked]:
    return [street.merchant.payer.register(new_iban(), str(uuid4()))] * MANY


def methods_of_a_new_user(street: Street) -> list[Asked]:
    """Who becomes a payer by the first of them."""
    return [street.user(new_name()).register(new_iban())] * MANY


# --- by both wires, for the customer whom the user is ---------------------------------------------


def containers_and_methods(street: Street) -> list[Asked]:
    customer = street.made(street.merchant.wire.save_customer("Doe"))
    iban, user = new_iban(), street.linked_user(customer)
    return [street.merchant.wire.save_container(iban, customer), user.register(iban)] * HALF


# --- almost the same ------------------------------------------------------------------------------


def two_customers_under_a_key(street: Street) -> list[Asked]:
    key = new_name()
    asked = [street.merchant.wire.save_customer(surname, key) for surname in ("Doe", "Smith")]
    return asked * HALF


def many_containers_under_a_key(street: Street) -> list[Asked]:
    key = new_name()
    return [street.merchant.wire.save_container(new_iban(), key=key) for _ in range(MANY)]


def many_methods_under_an_id(street: Street) -> list[Asked]:
    chosen = str(uuid4())
    return [street.merchant.payer.register(new_iban(), chosen) for _ in range(MANY)]


def customers_of_two_contracts_under_a_key(street: Street) -> list[Asked]:
    key = new_name()
    return [merchant.wire.save_customer("Doe", key) for merchant in street.merchants] * HALF


def methods_of_two_contracts_under_an_id(street: Street) -> list[Asked]:
    iban, chosen = new_iban(), str(uuid4())
    return [merchant.payer.register(iban, chosen) for merchant in street.merchants] * HALF


def methods_of_two_users(street: Street) -> list[Asked]:
    iban = new_iban()
    return [street.user(new_name()).register(iban) for _ in range(2)] * HALF


SCENES: Mapping[str, Scene] = {
    "containers": Scene(asked=containers, told=ONE_IS_DONE),
    "containers under a key": Scene(asked=containers_under_a_key, told=ONE_IS_REPLAYED),
    "containers of nobody under a key": Scene(
        asked=containers_of_nobody_under_a_key, told=ONE_IS_REPLAYED
    ),
    "customers under a key": Scene(asked=customers_under_a_key, told=ONE_IS_REPLAYED),
    "assignments": Scene(asked=assignments, told=ONE_IS_DONE, added=0),
    "methods": Scene(asked=methods, told=ONE_IS_DONE),
    "methods under an id": Scene(asked=methods_under_an_id, told=ONE_IS_DONE),
    "methods of a new user": Scene(asked=methods_of_a_new_user, told=ONE_IS_DONE),
    "containers and methods": Scene(asked=containers_and_methods, told=ONE_IS_DONE),
    "two customers under a key": Scene(
        asked=two_customers_under_a_key,
        told={Outcome.DONE: 1, Outcome.REPLAYED: HALF - 1, Outcome.KEY_TAKEN: HALF},
    ),
    "many containers under a key": Scene(
        asked=many_containers_under_a_key, told={Outcome.DONE: 1, Outcome.KEY_TAKEN: OTHERS}
    ),
    "many methods under an id": Scene(
        asked=many_methods_under_an_id, told={Outcome.DONE: 1, Outcome.ID_TAKEN: OTHERS}
    ),
    "customers of two contracts under a key": Scene(
        asked=customers_of_two_contracts_under_a_key,
        told={Outcome.DONE: 2, Outcome.REPLAYED: MANY - 2},
        named=2,
        added=2,
    ),
    "methods of two contracts under an id": Scene(
        asked=methods_of_two_contracts_under_an_id,
        told={Outcome.DONE: 2, Outcome.EXISTS: MANY - 2},
        added=2,
    ),
    "methods of two users": Scene(
        asked=methods_of_two_users,
        told={Outcome.DONE: 2, Outcome.EXISTS: MANY - 2},
        named=2,
        added=2,
    ),
}
