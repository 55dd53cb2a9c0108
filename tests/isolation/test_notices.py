"""The matrix notices what it is for: forgetful look-ups, leaks, changes, new parameters."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from msgspec import structs

from lastschrift.domain.debtor import DebtorRef
from lastschrift.operations.ports import LockedBankAccount, Reader, SealedBankAccount, Store
from tests.databases import Looking
from tests.house import House, reopened
from tests.isolation.matrix import Matrix, NotIsolated
from tests.isolation.parties import new_party
from tests.isolation.questions import Question, questions
from tests.isolation.references import Kind, UnknownReference, all_operations, references
from tests.isolation.scenes import Scene, SetScene, Whose, only
from tests.promises import control
from tests.web.descriptions import Operation

T = TypeVar("T")

OPERATIONS = {operation.described["operationId"]: operation for operation in all_operations()}

LOOKED_UP = [
    question
    for name in ("get_customer", "replace_container", "assign_container", "delete_payment_method")
    for question in questions(OPERATIONS[name])
    if {reference.place for reference in question.asked_at} == {"path"}
]


# --- look-ups that forget whose it is -------------------------------------------------------------


class ForgetfulReader:
    """Looks in all contracts for what is not in the one, and takes each account for one debtor's.

    What writes and returns nothing does it in all contracts, too.
    """

    def __init__(self, reader: Reader, debtor: DebtorRef) -> None:
        self._reader = reader
        self._debtor = debtor

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method: Callable[..., Coroutine[Any, Any, Any]] = getattr(self._reader, name)

        async def in_any_contract(*arguments: object, **more: object) -> object:
            found = await method(*arguments, **more)
            contracts = [contract.id for contract in await self._reader.contracts()]
            if arguments and arguments[0] in contracts:
                for other in contracts:
                    found = found or await method(other, *arguments[1:], **more)
            return self._as_the_debtors(found)

        return in_any_contract

    def _as_the_debtors(self, found: object) -> object:
        match found:
            case SealedBankAccount():
                account = structs.replace(found.account, debtor=self._debtor)
                return structs.replace(found, account=account)
            case LockedBankAccount():
                return structs.replace(found, sealed=self._as_the_debtors(found.sealed))
            case _:
                return found


class ForgetfulStore:
    """A store whose look-ups forget contract and user."""

    def __init__(self, store: Store, debtor: DebtorRef) -> None:
        self._store = store
        self._debtor = debtor
        self.write_batched = store.write_batched
        self.recall = store.recall
        self.purge = store.purge

    async def read(self, query: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        return await self._store.read(lambda it: query(ForgetfulReader(it, self._debtor)))

    async def scan(self, query: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        return await self._store.scan(lambda it: query(ForgetfulReader(it, self._debtor)))

    async def write(self, operation: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        return await self._store.write(lambda it: operation(ForgetfulReader(it, self._debtor)))


@control("tenants-isolated")
@pytest.mark.anyio
@pytest.mark.parametrize("question", LOOKED_UP, ids=str)
async def test_a_look_up_that_forgets_whose_it_is_is_noticed(
    question: Question, house: House, looking: Looking
) -> None:
    asker, other = [await new_party(house) for _ in range(2)]
    debtor = asker.payer if question.kind is Kind.PAYMENT_METHOD else asker.customer
    ports = structs.replace(house.ports, store=ForgetfulStore(house.store, debtor))
    async with reopened(house, ports) as forgetful:
        matrix = Matrix(house=forgetful, looking=looking, set_scene=only(asker, other))
        with pytest.raises(NotIsolated):
            await matrix.compare(question)


# --- what is told or changed ----------------------------------------------------------------------


@control("tenants-isolated")
@pytest.mark.anyio
@pytest.mark.parametrize("operation", ["list_customers", "get_container", "list_payment_methods"])
async def test_it_is_noticed_that_something_of_another_is_told(
    operation: str, house: House, looking: Looking
) -> None:
    matrix = Matrix(house=house, looking=looking, set_scene=theft(house))
    with pytest.raises(NotIsolated, match="told"):
        await matrix.ask(Question(OPERATIONS[operation]), Whose.OWN)


@control("tenants-isolated")
@pytest.mark.anyio
async def test_it_is_noticed_that_something_of_another_is_changed(
    house: House, looking: Looking
) -> None:
    matrix = Matrix(house=house, looking=looking, set_scene=theft(house))
    with pytest.raises(NotIsolated, match="changed what is another's"):
        await matrix.ask(Question(OPERATIONS["delete_payment_method"]), Whose.OWN)


def theft(house: House) -> SetScene:
    """Set a scene in which who asks has stolen the other's token, and knows two ids."""

    async def set_scene() -> Scene:
        thief, other = await new_party(house), await new_party(house)
        known = {kind: other.values[kind] for kind in (Kind.CONTAINER, Kind.PAYMENT_METHOD)}
        return Scene(replace(thief, token=other.token, values={**thief.values, **known}), other)

    return set_scene


# --- what is new ----------------------------------------------------------------------------------


def test_no_kind_is_there_for_nothing() -> None:
    kinds = {it.kind for operation in OPERATIONS.values() for it in references(operation)}
    assert kinds == set(Kind)


@pytest.mark.parametrize(
    "parameter",
    [
        {"name": "mandateId", "in": "path", "schema": {"type": "string"}},
        {"name": "mandateId", "in": "path", "schema": {"type": "string", "maxLength": 9}},
        {"name": "filter[debtorID]", "in": "query", "schema": {"type": "string", "enum": ["a"]}},
        {"name": "mandate", "in": "query", "schema": {"type": "string"}},
        {"name": "mandate", "in": "query", "schema": {"type": "string", "format": "uuid"}},
        {"name": "mandate_id", "in": "header", "schema": {"type": "integer"}},
    ],
    ids=str,
)
def test_a_parameter_of_which_nothing_is_known_is_noticed(parameter: dict[str, object]) -> None:
    known = OPERATIONS["get_customer"]
    operation = replace(known, described={**known.described, "parameters": [parameter]})
    with pytest.raises(UnknownReference, match="add it to KIND_BY_NAME"):
        references(operation)


def test_a_member_of_a_body_of_which_nothing_is_known_is_noticed() -> None:
    known = OPERATIONS["create_container"]
    schema = {"properties": {"mandates": {"items": {"type": "string", "format": "uuid"}}}}
    body = {"content": {"application/json": {"schema": schema}}}
    operation = replace(known, described={**known.described, "requestBody": body})
    with pytest.raises(UnknownReference, match="mandates"):
        references(operation)


@pytest.mark.parametrize(
    "schema",
    [{"type": "integer"}, {"type": "string", "maxLength": 9}, {"type": "string", "enum": ["a"]}],
    ids=str,
)
def test_a_value_that_can_name_nothing_is_no_reference(schema: dict[str, object]) -> None:
    known = OPERATIONS["get_customer"]
    parameter = {"name": "colour", "in": "query", "schema": schema}
    assert not references(replace(known, described={**known.described, "parameters": [parameter]}))


def test_an_operation_is_asked_with_all_that_may_have_to_agree_and_with_each_alone() -> None:
    known: Operation = OPERATIONS["create_container"]
    asked = [{reference.name for reference in it.asked_at} for it in questions(known)]
    assert {"customer.id"} in asked
    assert {"customer_id"} in asked
