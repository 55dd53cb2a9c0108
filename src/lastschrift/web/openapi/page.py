"""What the APIs are, for people: one page with every operation, its parameters and examples.

The page is whole in itself: it loads nothing, runs no script, and its only style is allowed by its
hash, so that not even a slip in escaping could make it do anything.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape

from lastschrift.web.openapi.examples import Document, curl, example, example_text
from lastschrift.web.openapi.words import kind_in_words, members

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { padding: .75rem; overflow-x: auto; border: 1px solid #8886; border-radius: .25rem; }
details { border-top: 1px solid #8886; padding: .5rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 5rem; }
th, td { text-align: left; vertical-align: top; padding: .1rem 1.5rem .1rem 0; }
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

PAGE_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


def openapi_page(documents: Mapping[str, Document]) -> str:
    """Return the page in HTML that shows these OpenAPI documents, each under its name."""
    apis = "".join(_api(name, document) for name, document in documents.items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Lastschrift: its APIs</title><style>{_STYLE}</style></head><body>"
        "<h1>Lastschrift: its APIs</h1>"
        "<p>In the lines for <code>curl</code>, <code>$BASE</code> is this server's address "
        "and <code>$TOKEN</code> the access token.</p>"
        f"{apis}</body></html>\n"
    )


def _api(name: str, document: Document) -> str:
    info = document["info"]
    operations = "".join(
        _operation(document, method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
    )
    return (
        f'<h2 id="{escape(name)}">{escape(info["title"])}</h2>'
        f"<p>Version {escape(info['version'])}, for programs: "
        f'<a href="{escape(name)}.json">{escape(name)}.json</a></p>{operations}'
    )


# --- an operation ---------------------------------------------------------------------------------


def _operation(document: Document, method: str, path: str) -> str:
    operation = document["paths"][path][method.lower()]
    schemas = document["components"]["schemas"]
    return (
        f"<details><summary><b>{method}</b> <code>{escape(path)}</code> "
        f"{escape(operation['summary'])}</summary>"
        f"{_description(operation)}{_scopes(operation)}"
        f"{_parameters(operation, schemas)}{_members(operation, schemas)}"
        f"<h4>Request</h4>{_code(curl(document, method, path))}"
        f"{_answers(operation, schemas)}</details>"
    )


def _description(operation: Document) -> str:
    return f"<p>{escape(operation['description'])}</p>" if "description" in operation else ""


def _scopes(operation: Document) -> str:
    names = [name for way in operation["security"] for scopes in way.values() for name in scopes]
    if not names:
        return ""
    return f"<p>Scope: {' or '.join(f'<code>{escape(name)}</code>' for name in names)}</p>"


def _parameters(operation: Document, schemas: Document) -> str:
    rows = []
    for parameter in operation["parameters"]:
        kind = kind_in_words(parameter["schema"], schemas)
        words = f"in the {parameter['in']}, {parameter['description']}: {kind}"
        rows.append((parameter["name"], words))
    return _table("Parameters", rows)


def _members(operation: Document, schemas: Document) -> str:
    bodies = operation.get("requestBody", {"content": {}})["content"].values()
    rows = {row: None for body in bodies for row in members(body["schema"], schemas)}
    return _table("Members of the body", list(rows))


def _table(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(words)}</td></tr>"
        for name, words in rows
    )
    return f"<h4>{heading}</h4><table>{cells}</table>"


def _answers(operation: Document, schemas: Document) -> str:
    """Return each kind of answer once, under all the statuses that it comes with."""
    statuses: dict[str, list[str]] = {}
    for status, answer in operation["responses"].items():
        shown = "".join(
            _code(example_text(example(body["schema"], schemas)))
            for body in answer.get("content", {}).values()
        )
        statuses.setdefault(shown, []).append(f"{status} {answer['description']}")
    return "".join(f"<h4>{', '.join(names)}</h4>{shown}" for shown, names in statuses.items())


def _code(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
