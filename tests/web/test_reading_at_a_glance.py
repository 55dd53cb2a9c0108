"""A body that is taken at a glance for just what was read from it, the strict look lets pass, too.

Bodies have what the model asks for, mostly, and then some members more or twice, blanks, and
numbers and texts in all spellings.
"""

from typing import get_args

import msgspec
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType

from lastschrift.domain.errors import Invalid
from lastschrift.web import reading
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import BodyReader
from lastschrift.web.strict_json import check_json
from tests.web.descriptions import Operation
from tests.web.examples import WITH_BODY, request_example


class Part(Struct, omit_defaults=True):
    """What may be nested in what is nested."""

    name: str
    note: str | None = None


class Item(Struct, omit_defaults=True):
    """What may be nested."""

    name: str
    note: str | None = None
    item: Part | str | None = None


class Order(Struct):
    """What is read."""

    name: str
    count: int | str | UnsetType | None = UNSET
    item: Item | UnsetType = UNSET
    items: list[Item] | UnsetType | None = UNSET
    is_new: bool | UnsetType = UNSET


READER = BodyReader(Order)

NAMES = ["name", "note", "item", "items", "count", "is_new"]
KEYS = st.sampled_from(NAMES) | st.sampled_from([*NAMES, "", " ", "x", "n\\u0061me", "na me"])
TEXTS = ['""', '" "', '"a"', '"a b"', '"é"', '":"', '"\\u0061"', '"\\ud800"', '"\x7f"', '"\x00"']
NUMBERS = ["0", "-0", "7", "1e3", "1.0", "1" * 30, "1" * 1_001, "01", "NaN"]
SCALARS = st.sampled_from([*TEXTS, *NUMBERS, "null", "true", "{}", "[]"])
BLANKS = st.sampled_from(["", "", "", " ", "  ", "\n"])


@st.composite
def objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    """Return an object that has a name, and mostly some other members, of these or of others."""
    members = [("name", '"a"'), *draw(st.lists(st.tuples(KEYS, values), max_size=3))]
    written = [
        f'{draw(BLANKS)}"{key}"{draw(BLANKS)}:{draw(BLANKS)}{value}' for key, value in members
    ]
    return "{" + ",".join(draw(st.permutations(written))) + draw(BLANKS) + "}"


@st.composite
def arrays(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    return "[" + ",".join(draw(st.lists(values, max_size=2))) + "]"


VALUES = st.recursive(SCALARS, lambda values: objects(values) | arrays(values), max_leaves=6)


@settings(max_examples=1_000)
@given(objects(VALUES).map(str.encode))
@example(b'{"name":"a","name":"b"}')
@example(b'{"name":"a","count":1,"count":2}')
@example(b'{"name":"a","item":{"name":"a","note":"b","note":null}}')
@example(b'{"name":"a b","name":"     "}')
@example(b'{"name":"a","count":1e3,"x":1,"x":1}')
@example(b'{"name":"a","item":{"name":"a","name":"b"}}')
@example(b'{"name":"\\ud800"}')
@example(b'{"name":"\\u0000"}')
@example(b'{"name":"a","count":%b}' % (b"1" * 1_001))
@example(b'{"name":"\x00"}')
def test_what_is_taken_at_a_glance_is_strict_json(body: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        looked_at: list[bytes] = []
        patch.setattr(reading, "check_json", looked_at.append)
        try:
            READER.read(body)
        except (BodyMalformed, Invalid):
            event("no body")
            return
    if looked_at:
        event("looked at")
        return
    event("at a glance")
    check_json(body)
    assert set(msgspec.json.decode(body)) <= set(Order.__struct_fields__)


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_bodies_as_clients_send_them_are_taken_at_a_glance(
    operation: Operation, blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without that the test above would say nothing."""

    def look(_body: bytes) -> None:
        raise AssertionError("this body has to be looked at")

    monkeypatch.setattr(reading, "check_json", look)
    sent = request_example(operation)
    body = msgspec.json.encode(sent).replace(b'":', b'":' + blank.encode())
    BodyReader(model_of(operation)).read(body)


def model_of(operation: Operation) -> type[Struct]:
    for route in operation.api.routes:
        if (route.method, route.path) == (operation.method, operation.path):
            model: type[Struct] = get_args(route.body)[0] if get_args(route.body) else route.body
            return model
    raise AssertionError("an operation without a route")


class Defaulting(Struct):
    """What is absent is written, so an answer would be longer than the body was."""

    name: str | None = None


class Measured(Struct):
    """1e9 is written with all its zeros."""

    size: float


class Wrapping(Struct):
    """What is within counts, too."""

    inside: list[Measured] | UnsetType = UNSET


@pytest.mark.parametrize("model", [Defaulting, Measured, Wrapping])
def test_a_model_that_may_be_written_longer_than_it_came_is_none_for_bodies(
    model: type[Struct],
) -> None:
    with pytest.raises(TypeError):
        BodyReader(model)


@pytest.mark.parametrize("digits", [30, 900])
def test_a_long_number_is_read(digits: int) -> None:
    order, problems = READER.read(b'{"name":"a","count":%b}' % (b"1" * digits))
    assert order.count == int("1" * digits)
    assert not problems
