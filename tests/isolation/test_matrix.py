"""Every operation, every reference in its request: what is another's is as if it were not there.

New operations are found by themselves. Where it can't be known what a parameter refers to, the test
says what to add (`tests.isolation.references`).
"""

from collections.abc import Callable

import pytest

from lastschrift.domain.access import Scope
from lastschrift.operations.revoke_client import revoke_client
from tests.databases import Looking
from tests.house import House
from tests.isolation.matrix import Matrix, check_same
from tests.isolation.parties import new_party
from tests.isolation.questions import questions
from tests.isolation.references import TO_BE_NEW, Kind, all_operations
from tests.isolation.scenes import (
    Whose,
    alone,
    beside_another_contract,
    beside_another_user,
    by_users,
    kinds_in,
    only,
)
from tests.promises import promise
from tests.web.descriptions import Operation

pytestmark = pytest.mark.anyio

OPERATIONS = {operation.described["operationId"]: operation for operation in all_operations()}
OPEN_TO_ALL = {"get_metadata"}
"""What needs neither token nor credentials."""

OF_USERS = [
    operation
    for name, operation in OPERATIONS.items()
    if operation.api.name == "pace" or name == "revoke_token"
]
"""What knows more than one user, or client, of a contract."""

OF_PAYERS = [operation for operation in OPERATIONS.values() if operation.api.name == "pace"]
"""What users of outside identity providers may do."""

OF_MERCHANTS = [it for it in OPERATIONS.values() if it.api.name == "secuconnect"]
"""What they may not."""

ID_TAKEN = 409
"""All that a user may be told of others of its contract: that a UUID is taken (DESIGN §8)."""


def operations(*named: Operation) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "operation", named or OPERATIONS.values(), ids=lambda it: f"{it.method} {it.path}"
    )


@promise("tenants-isolated")
def test_every_operation_is_in_the_matrix(figure: Callable[[str], None]) -> None:
    asked = [question for operation in OPERATIONS.values() for question in questions(operation)]
    named = [question for question in asked if question.asked_at]
    assert len(OPERATIONS) == 28
    figure(
        f"{len(OPERATIONS)} operations, {len(named)} ways to name something, on both engines: "
        "another contract's, another user's, without the scope, by a revoked client, and by users "
        "of an outside identity provider"
    )


# --- another contract, another user ---------------------------------------------------------------


@promise("tenants-isolated")
@operations()
async def test_what_is_another_contracts_is_as_if_it_were_not_there(
    operation: Operation, house: House, looking: Looking
) -> None:
    matrix = Matrix(house=house, looking=looking, set_scene=alone(house, operation))
    told_alone = [await matrix.ask(question, Whose.OWN) for question in questions(operation)]
    beside = await beside_another_contract(house, operation)
    matrix = Matrix(house=house, looking=looking, set_scene=beside)
    for question, expected in zip(questions(operation), told_alone, strict=True):
        told = await matrix.ask(question, Whose.OWN)
        assert told.is_success, f"{question}: {told}"
        check_same(question, told, expected)
        told_of_nobodys = await matrix.compare(question)
        if question.asked_at and question.kind not in TO_BE_NEW:
            assert told != told_of_nobodys, f"{question}: it does not matter what is named"


@promise("tenants-isolated")
@operations(*OF_USERS)
async def test_what_is_another_users_is_as_if_it_were_not_there(
    operation: Operation, house: House, looking: Looking
) -> None:
    beside = beside_another_user(house, operation)
    matrix = Matrix(house=house, looking=looking, set_scene=beside)
    await see_nothing_of_another_user(matrix, operation)


async def see_nothing_of_another_user(matrix: Matrix, operation: Operation) -> None:
    for question in questions(operation):
        match question.kind:
            case Kind.SUBJECT:
                pass  # It is there to read of others; without its scope nobody does, see below.
            case Kind.NEW_ID:
                assert (await matrix.ask(question, Whose.OTHERS)).status == ID_TAKEN
            case _:
                await matrix.compare(question)


# --- users of outside identity providers ----------------------------------------------------------


@promise("tenants-isolated")
@operations(*OF_PAYERS)
async def test_for_an_outside_user_what_is_another_contracts_is_as_if_it_were_not_there(
    operation: Operation, house: House, looking: Looking
) -> None:
    beside = by_users(house, await beside_another_contract(house, operation))
    matrix = Matrix(house=house, looking=looking, set_scene=beside)
    for question in questions(operation):
        told = await matrix.ask(question, Whose.OWN)
        assert told.is_success, f"{question}: {told}"
        await matrix.compare(question)


@promise("tenants-isolated")
@operations(*OF_PAYERS)
async def test_for_an_outside_user_what_is_another_users_is_as_if_it_were_not_there(
    operation: Operation, house: House, looking: Looking
) -> None:
    beside = by_users(house, beside_another_user(house, operation))
    matrix = Matrix(house=house, looking=looking, set_scene=beside)
    await see_nothing_of_another_user(matrix, operation)


@promise("tenants-isolated")
@operations(*OF_MERCHANTS)
async def test_an_outside_user_is_no_merchant(
    operation: Operation, house: House, looking: Looking
) -> None:
    beside = by_users(house, await beside_another_contract(house, operation))
    matrix = Matrix(house=house, looking=looking, set_scene=beside)
    for question in questions(operation):
        told = await matrix.ask(question, Whose.OWN)
        assert told.status == 403
        for whose in (Whose.OTHERS, Whose.NOBODYS):
            check_same(question, await matrix.ask(question, whose), told)


# --- no access ------------------------------------------------------------------------------------


@promise("tenants-isolated")
@operations()
async def test_without_access_everything_is_as_if_it_were_not_there(
    operation: Operation, house: House, looking: Looking
) -> None:
    """By a token without the scope, and by a client that is revoked."""
    await see_that_the_scope_is_needed(operation, house, looking)
    revoked = await new_party(house, kinds_in(operation))
    await revoke_client(house.ports, revoked.client.id)
    house.bearer.forget()  # as a server does that was told of it
    question = questions(operation)[0]
    told, expected = [
        await Matrix(house=house, looking=looking, set_scene=only(asker)).ask(question, Whose.OWN)
        for asker in (revoked, revoked.without_access())
    ]
    check_same(question, told, expected)
    assert told.is_success == (operation.described["operationId"] in OPEN_TO_ALL)


async def see_that_the_scope_is_needed(
    operation: Operation, house: House, looking: Looking
) -> None:
    needed = set[str]().union(*[question.scopes for question in questions(operation)])
    beside = await beside_another_contract(house, operation, scopes=set(Scope) - needed)
    matrix = Matrix(house=house, looking=looking, set_scene=beside)
    for question in questions(operation) if needed else []:
        told_of_own = await matrix.ask(question, Whose.OWN)
        assert told_of_own.status == 403
        for whose in (Whose.OTHERS, Whose.NOBODYS):
            check_same(question, await matrix.ask(question, whose), told_of_own)
