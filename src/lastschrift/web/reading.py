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
from lastschrift.web.strict_json import DIGITS_MAX, check_json

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
    """Reads bodies into one model.

    Raises TypeError if the model, written, may be longer than a body that says the same.
    """

    def __init__(self, model: type[Model]) -> None:
        _check_is_written_short(model)
        self._model = model
        self._decoder = msgspec.json.Decoder(model)

    def read(self, body: bytes) -> tuple[Model, Problems]:
        """Return the model, and what is wrong with the body's fields so far.

        Raises: BodyMalformed: the body is no strict JSON, or no object.
        """
        try:
            document = self._decoder.decode(body)
        except msgspec.ValidationError:
            check_json(body)
            return self._read_field_by_field(body)
        except _UNREADABLE as error:
            check_json(body)
            raise BodyMalformed("the body is no JSON") from error
        if not _says_just_this(body, document):
            check_json(body)
        return document, Problems()

    def _read_field_by_field(self, body: bytes) -> tuple[Model, Problems]:
        document = _decode(body)
        if not isinstance(document, dict):
            raise BodyMalformed("the body is no JSON object")
        problems = Problems()
        return _fit(self._model, document, (), problems), problems


def _says_just_this(body: bytes, document: msgspec.Struct) -> bool:
    """Whether a body says what was read from it and nothing else: no key twice, none unknown.

    Written anew, that is as short as can be. A body with no more characters than that, blanks not
    counted, has no room for anything else; then it is strict JSON, and need not be looked at.
    """
    if b"\\" in body or len(body) > DIGITS_MAX:
        return False  # an escape may stand for NUL, and a number be endless
    anew = _ENCODER.encode(document)
    return len(body) - body.count(b" ") == len(anew) - anew.count(b" ")


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


def _check_is_written_short(model: type[msgspec.Struct]) -> None:
    """Raise TypeError if what is absent is written, or a value in more characters than it may have.

    A float might be: what came as 1e9 is written with all its zeros.
    """
    omits_defaults = model.__struct_config__.omit_defaults
    for field in msgspec.structs.fields(model):
        if not (field.required or field.default is UNSET or omits_defaults):
            raise TypeError(f"{model.__name__}.{field.name} is written where it is absent")
        _check_kind_is_written_short(field.type)


def _check_kind_is_written_short(kind: object) -> None:
    for member in _alternatives(kind):
        if get_origin(member) is list:
            _check_kind_is_written_short(get_args(member)[0])
        elif isinstance(member, type) and issubclass(member, msgspec.Struct):
            _check_is_written_short(member)
        elif member not in _WRITTEN_SHORT:
            raise TypeError(f"{member} may be written longer than it came")


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
_WRITTEN_SHORT = (str, int, bool, *_NO_VALUE)
_ENCODER = msgspec.json.Encoder()
_UNREADABLE = (msgspec.DecodeError, RecursionError, ValueError)
