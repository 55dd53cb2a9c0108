"""From a body to a model: what fits is there, what does not is told, all of it at once."""

from typing import Annotated

import msgspec
import pytest
from msgspec import UNSET, Struct, UnsetType

from lastschrift.domain.errors import Invalid
from lastschrift.domain.refusals import Missing, TooLong, ValueRefused, WrongKind
from lastschrift.domain.text import clean_text
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import BodyReader, Problems, decode_json

Name = Annotated[str, msgspec.Meta(description="a name")]


class Inner(Struct, omit_defaults=True):
    """What stands inside."""

    name: Name
    note: Name | None = None


class Outer(Struct, rename="camel", omit_defaults=True):
    """What is read."""

    first_name: str
    inner: Inner
    spare: Annotated[Inner | None, msgspec.Meta(description="another")] = None
    either: str | Inner | None = None
    choice: str | UnsetType = UNSET
    amount: Annotated[int, msgspec.Meta(description="how many")] | UnsetType = UNSET
    items: list[Inner] | UnsetType | None = UNSET


READER = BodyReader(Outer)


def told(problems: Problems) -> dict[str, str]:
    """Return what is wrong, by place."""
    return {".".join(problem.path): expected_of(problem.reason) for problem in problems}


def expected_of(reason: ValueRefused) -> str:
    return reason.expected if isinstance(reason, WrongKind) else type(reason).__name__


def test_a_body_that_fits_is_read_without_problems() -> None:
    body = b'{"firstName": "a", "inner": {"name": "b"}, "unknown": [1]}'
    model, problems = READER.read(body)
    assert model == Outer(first_name="a", inner=Inner(name="b"))
    assert problems == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", {"firstName": "Missing", "inner": "Missing"}),
        (b'{"firstName": 1, "inner": 2}', {"firstName": "text", "inner": "an object"}),
        (b'{"firstName": null, "inner": null}', {"firstName": "text", "inner": "an object"}),
        (b'{"firstName": "a", "inner": {}}', {"inner.name": "Missing"}),
        (
            b'{"firstName": [], "inner": {"name": true, "note": 5}}',
            {"firstName": "text", "inner.name": "text", "inner.note": "text"},
        ),
        (b'{"firstName": "a", "inner": {"name": "b"}, "spare": []}', {"spare": "an object"}),
        (b'{"firstName": "a", "inner": {"name": "b"}, "spare": {}}', {"spare.name": "Missing"}),
        (b'{"firstName": "a", "inner": {"name": "b"}, "either": 5}', {"either": "text"}),
        (b'{"firstName": "a", "inner": {"name": "b"}, "choice": null}', {"choice": "text"}),
        (
            b'{"firstName": "a", "inner": {"name": "b"}, "amount": "5", "items": {}}',
            {"amount": "a whole number", "items": "a list"},
        ),
        (
            b'{"firstName": "a", "inner": {"name": "b"}, "items": [{"name": 5}, 5, {}]}',
            {"items.0.name": "text", "items.1": "an object", "items.2.name": "Missing"},
        ),
    ],
)
def test_every_misfit_is_told_with_its_place(body: bytes, expected: dict[str, str]) -> None:
    _, problems = READER.read(body)
    assert told(problems) == expected


def test_what_fits_is_there_beside_what_does_not() -> None:
    model, _ = READER.read(b'{"firstName": "a", "inner": {"name": 5, "note": "c"}}')
    assert model.first_name == "a"
    assert model.inner.note == "c"
    assert model.inner.name is UNSET  # type: ignore[comparison-overlap]  # left empty, as told


@pytest.mark.parametrize("body", [b"[]", b'"a"', b"null", b"5", b"true"])
def test_what_is_no_object_is_no_body(body: bytes) -> None:
    with pytest.raises(BodyMalformed) as refusal:
        READER.read(body)
    assert refusal.value.detail == "the body is no JSON object"


@pytest.mark.parametrize("body", [b"", b"{", b'{"firstName": "a", "firstName": "b"}'])
def test_what_is_no_strict_json_is_no_body(body: bytes) -> None:
    with pytest.raises(BodyMalformed):
        READER.read(body)
    with pytest.raises(BodyMalformed):
        decode_json(body)


def test_checks_that_refuse_are_noted_and_the_rest_goes_on() -> None:
    problems = Problems()

    def short(text: str) -> str:
        return clean_text(text, characters_max=3)

    assert problems.check(("a",), short, "abc") == "abc"
    assert problems.check(("b",), short, "abcd") is None
    assert problems.check(("c",), short, None) is None
    assert problems.check(("d",), short, UNSET) is None
    problems.note(("e",), Missing())
    with pytest.raises(Invalid) as refusal:
        problems.raise_if_any()
    assert [problem.path for problem in refusal.value.problems] == [("b",), ("e",)]
    assert isinstance(refusal.value.problems[0].reason, TooLong)


def test_without_problems_nothing_is_raised() -> None:
    Problems().raise_if_any()
