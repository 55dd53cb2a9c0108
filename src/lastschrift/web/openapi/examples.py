"""Examples made from an OpenAPI document: a body for a schema, a line for curl for an operation.

An optional member is shown if there is an example for it, a required one always.

>>> example({"type": "object", "properties": {"a": {"examples": [1]}, "b": {}}}, {})
{'a': 1}
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

Document = Mapping[str, Any]

_FORM = "application/x-www-form-urlencoded"
_PLACEHOLDERS = {"string": "text", "integer": 0, "boolean": False}


def example(schema: Document, schemas: Document) -> object:
    """Return an example of what a schema describes, or None; ``schemas`` are what it refers to."""
    match schema:
        case {"examples": [first, *_]} | {"enum": [first, *_]}:
            return first
        case {"$ref": reference}:
            return example(schemas[reference.rpartition("/")[2]], schemas)
        case {"anyOf": alternatives}:
            found = (example(alternative, schemas) for alternative in alternatives)
            return next((one for one in found if one is not None), None)
        case {"type": "array", "items": items}:
            return [_required_example(items, schemas)]
        case {"type": "object"}:
            return _object_example(schema, schemas)
        case _:
            return None


def _object_example(schema: Document, schemas: Document) -> dict[str, object] | None:
    members = {
        name: _required_example(member, schemas)
        if name in schema.get("required", ())
        else example(member, schemas)
        for name, member in schema["properties"].items()
    }
    return {name: value for name, value in members.items() if value is not None} or None


def _required_example(schema: Document, schemas: Document) -> object:
    found = example(schema, schemas)
    return _PLACEHOLDERS.get(schema.get("type", "object"), {}) if found is None else found


def curl(document: Document, method: str, path: str) -> str:
    """Return a line that does an operation, with the shell's ``$BASE`` and ``$TOKEN``."""
    operation = document["paths"][path][method.lower()]
    schemas = document["components"]["schemas"]
    parts = ["curl" if method == "GET" else f"curl -X {method}"]
    parts.append(f'"$BASE{_filled(path, operation["parameters"], schemas)}"')
    if operation["security"]:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if "requestBody" in operation:
        media_type, body = next(iter(operation["requestBody"]["content"].items()))
        parts.append(f"-H 'Content-Type: {media_type}'")
        parts.append(f"-d {_data(media_type, example(body['schema'], schemas))}")
    return " \\\n  ".join(parts)


def example_text(body: object) -> str:
    """Return an example as it would go over the wire, but indented."""
    return json.dumps(body, indent=2, ensure_ascii=False)


def _filled(path: str, parameters: Sequence[Document], schemas: Document) -> str:
    """Return a path with an example for each of its variable parts."""
    for parameter in parameters:
        shown = str(example(parameter["schema"], schemas) or "")
        path = path.replace(f"{{{parameter['name']}}}", shown)
    return path


def _data(media_type: str, body: object) -> str:
    text = urlencode(body) if media_type == _FORM and isinstance(body, dict) else example_text(body)
    return shlex.quote(text)
