"""Which tests prove which promise, and which control it: read from the marks in tests/.

A mark stands as a decorator of a test or of a class of them, ``@promise("survives-kill")``, or as a
module's ``pytestmark``. The source is read, nothing is imported: that takes a moment, not seconds.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
KINDS: Final = ("promise", "control")


@dataclass(frozen=True, slots=True, order=True)
class Marked:
    """A test's ``node``, as pytest names it, without parameters, and what it proves or controls."""

    node: str
    kind: str
    promise: str

    @property
    def file(self) -> str:
        """The test's file, from the root on."""
        return self.node.partition("::")[0]

    @property
    def name(self) -> str:
        """The test's own name; of a whole module, its file's."""
        return self.node.rpartition("::")[2].rpartition("/")[2]


@cache
def marked_tests() -> Sequence[Marked]:
    """Return all tests that are marked, by file and name."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [
        found
        for file in files
        if "node_modules" not in file.parts
        for found in marks_in(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())
    ]


def proofs_of(name: str) -> Sequence[Marked]:
    """Return the tests that prove a promise."""
    return [test for test in marked_tests() if (test.kind, test.promise) == ("promise", name)]


def controls_of(name: str) -> Sequence[Marked]:
    """Return the tests that break a promise on purpose."""
    return [test for test in marked_tests() if (test.kind, test.promise) == ("control", name)]


def marks_in(source: str, file: str) -> Iterator[Marked]:
    """Yield what a module's tests are marked with."""
    if not any(f"{kind}(" in source for kind in KINDS):
        return
    for node in ast.parse(source).body:
        yield from _marks_at(node, file)


def _marks_at(node: ast.stmt, place: str) -> Iterator[Marked]:
    match node:
        case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
            yield from _calls([value], place)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            here = f"{place}::{node.name}"
            yield from _calls(node.decorator_list, here)
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    yield from _marks_at(inner, here)


def _calls(expressions: Sequence[ast.expr], place: str) -> Iterator[Marked]:
    """Yield the marks among some expressions, and among the items of lists of them."""
    for expression in expressions:
        match expression:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                yield from _calls(items, place)
            case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(name))]) if (
                kind in KINDS
            ):
                yield Marked(place, kind, name)
