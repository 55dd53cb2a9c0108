"""What an OpenAPI schema asks of a value, in a few words.

>>> kind_in_words({"type": "string", "maxLength": 70}, {})
'string, at most 70 characters'
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]

_WORDS: Mapping[str, Callable[[Any], str]] = {
    "type": str,
    "enum": lambda values: "only " + " or ".join(map(str, values)),
    "format": lambda name: f"as {name}",
    "maxLength": lambda most: f"at most {most} characters",
    "minimum": lambda least: f"from {least}",
    "maximum": lambda most: f"to {most}",
    "default": lambda value: f"{value} if left out",
}
"""What is told of a schema, in this order."""


def kind_in_words(schema: Document, schemas: Document) -> str:
    """Return what is asked of a value; ``schemas`` are what ``schema`` refers to."""
    told = map(_in_words, _alternatives(schema, schemas))
    return " or ".join(words for words in told if words)


def members(
    schema: Document, schemas: Document, path: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield the dotted path of every member of an object, and what is asked of it."""
    for one in _alternatives(schema, schemas):
        for name, member in one.get("properties", {}).items():
            place = (*path, name)
            need = "required" if name in one["required"] else "optional"
            yield ".".join(place), f"{need}: {kind_in_words(member, schemas)}"
            yield from members(member, schemas, place)


def _in_words(schema: Document) -> str:
    """Return what a schema asks that refers to no other; nothing of null, which means absent."""
    if schema.get("type") == "null":
        return ""
    told = [words(schema[key]) for key, words in _WORDS.items() if schema.get(key) is not None]
    return ", ".join(told)


def _alternatives(schema: Document, schemas: Document) -> Iterator[Document]:
    """Yield the schemas that a value may follow, none of them a reference."""
    match schema:
        case {"anyOf": alternatives, **beside}:
            for alternative in alternatives:
                yield from _alternatives({**beside, **alternative}, schemas)
        case {"$ref": reference, **beside}:
            yield from _alternatives({**schemas[reference.rpartition("/")[2]], **beside}, schemas)
        case _:
            yield schema
