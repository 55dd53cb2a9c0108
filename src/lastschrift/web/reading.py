"""From a JSON body to a typed model, with all that is wrong with it told at once.

A model is a msgspec Struct; it also makes the API's description, so each field stands once. A body
that fits is decoded in one go. One that does not is gone through field by field: each misfit
becomes a problem, its field is left empty, and the caller goes on to check the rest.
"""

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Generic, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

from lastschrift.domain.errors import FieldProblem, Invalid
from lastschrift.domain.refusals import Missing, ValueRefused, WrongKind
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.strict_json import check_json

Model = TypeVar("Model", bound=msgspec.Struct)
T = TypeVar("T")
R = TypeVar("R")

Path = tuple[str, ...]


class Problems(list[FieldProblem]):
    """What is wrong with a request, so far."""

    def note(self, path: Path, reason: ValueRefused) -> None:
        """Add a problem."""
        self.append(FieldProblem(path, reason))

    def check(self, path: Path, parse: Callable[[T], R], value: T | UnsetType | None) -> R | None:
        """Return ``parse(value)``; None if there is no value, or it is refused, which is noted."""
        if value is None or value is UNSET:
            return None
        try:
            return parse(value)
        except ValueRefused as reason:
            self.note(path, reason)
            return None

    def raise_if_any(self) -> None:
        """Raise Invalid with all problems."""
        if self:
            raise Invalid(self)


class BodyReader(Generic[Model]):
    """Reads bodies into one model."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._decoder = msgspec.json.Decoder(model)

    def read(self, body: bytes) -> tuple[Model, Problems]:
        """Return the model, and what is wrong with the body's fields so far.

        Raises: BodyMalformed: the body is no strict JSON, or no object.
        """
        check_json(body)
        try:
            return self._decoder.decode(body), Problems()
        except msgspec.ValidationError:
            return self._read_field_by_field(body)
        except _UNREADABLE as error:
            raise BodyMalformed("the body is no JSON") from error

    def _read_field_by_field(self, body: bytes) -> tuple[Model, Problems]:
        document = _decode(body)
        if not isinstance(document, dict):
            raise BodyMalformed("the body is no JSON object")
        problems = Problems()
        return _fit(self._model, document, (), problems), problems


def decode_json(body: bytes) -> object:
    """Return what strict JSON says.

    Raises: BodyMalformed.
    """
    check_json(body)
    return _decode(body)


def _decode(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except _UNREADABLE as error:
        raise BodyMalformed("the body is no JSON") from error


def _fit(
    model: type[Model], members: Mapping[str, object], path: Path, problems: Problems
) -> Model:
    """Return the model with all members that fit; note the others, and leave them UNSET."""
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(model):
        place = (*path, field.encode_name)
        if field.encode_name in members:
            values[field.name] = _fit_value(field.type, members[field.encode_name], place, problems)
        elif field.required:
            problems.note(place, Missing())
            values[field.name] = UNSET
    return model(**values)


def _fit_value(kind: object, value: object, path: Path, problems: Problems) -> object:
    nested = _nested_model(kind)
    if nested is not None and isinstance(value, dict):
        return _fit(nested, value, path, problems)
    item = _item_kind(kind)
    if item is not None and isinstance(value, list):
        return [
            _fit_value(item, each, (*path, str(place)), problems)
            for place, each in enumerate(value)
        ]
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        problems.note(path, WrongKind(_in_words(kind)))
        return UNSET


def _nested_model(kind: object) -> type[msgspec.Struct] | None:
    """Return the model of a field that holds an object and nothing else (but null, or nothing)."""
    members = [member for member in _alternatives(kind) if member not in _NO_VALUE]
    match members:
        case [type() as member] if issubclass(member, msgspec.Struct):
            return member
        case _:
            return None


def _item_kind(kind: object) -> object | None:
    """Return what the items of a field are that holds a list and nothing else."""
    members = [member for member in _alternatives(kind) if member not in _NO_VALUE]
    match members:
        case [member] if get_origin(member) is list:
            item: object = get_args(member)[0]
            return item
        case _:
            return None


def _in_words(kind: object) -> str:
    """Return what a field holds, to be put behind "must be"."""
    if _nested_model(kind) is not None:
        return "an object"
    if _item_kind(kind) is not None:
        return "a list"
    return "a whole number" if int in _alternatives(kind) else "text"


def _alternatives(kind: object) -> Iterator[object]:
    """Yield the classes that a field may hold, without what `Annotated` says about them."""
    if get_origin(kind) is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _alternatives(member)
    else:
        yield kind


_NO_VALUE = (type(None), UnsetType)
_UNREADABLE = (msgspec.DecodeError, RecursionError, ValueError)
