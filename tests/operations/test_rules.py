"""The rules that let one text of an operation run on every store (DESIGN §4), read off the code."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import lastschrift.operations
from lastschrift.domain import errors

FOLDER = Path(inspect.getfile(lastschrift.operations)).parent
MODULES = sorted(FOLDER.glob("*.py"))
NO_VERBS = {
    "__init__",
    "ports",
    "auditing",
    "contract_keys",
    "dropping",
    "erasing",
    "hashing",
    "locking",
    "scrolling",
    "totals",
}
NEVER_IMPORTED = {
    "asyncio",  # an operation never waits for anything but its transaction
    "threading",
    "time",  # time, ids and randomness come through the ports
    "random",
    "secrets",
    "apsw",  # no operation knows its engine
    "asyncpg",
    "sqlite3",
}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def operations_in(tree: ast.Module) -> Iterator[ast.AsyncFunctionDef]:
    """Yield the coroutines that take a transaction."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef) and takes_transaction(node):
            yield node


def takes_transaction(function: ast.AsyncFunctionDef) -> bool:
    return bool(function.args.args) and function.args.args[0].arg == "transaction"


def is_of_transaction(call: ast.expr) -> bool:
    """Whether a call is the transaction's own, or hands it on as the first argument."""
    if not isinstance(call, ast.Call):
        return False
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    return any(
        isinstance(node, ast.Name) and node.id == "transaction"
        for node in (receiver, *call.args[:1])
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_imports_nothing_that_waits_or_is_not_a_port(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(tree_of(path))}
    assert not roots & NEVER_IMPORTED


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_knows_no_room_but_the_domain(path: Path) -> None:
    ours = {name for name in imported(tree_of(path)) if name.startswith("lastschrift")}
    assert all(name.split(".")[1] in {"domain", "operations"} for name in ours)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_catches_no_error_but_the_domains(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            assert isinstance(node.type, ast.Name), "catch facts by their name"
            assert issubclass(getattr(errors, node.type.id), errors.DomainError)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_its_operations_wait_for_their_transaction_only(path: Path) -> None:
    for operation in operations_in(tree_of(path)):
        for node in ast.walk(operation):
            assert not isinstance(node, ast.AsyncFor | ast.AsyncWith)
            if isinstance(node, ast.Await):
                assert is_of_transaction(node.value), ast.unparse(node)


def test_there_are_operations_to_look_at() -> None:
    found = [operation for path in MODULES for operation in operations_in(tree_of(path))]
    assert len(found) >= 8


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.stem not in NO_VERBS], ids=lambda path: path.stem
)
def test_its_file_is_named_after_its_verb(path: Path) -> None:
    functions = [node for node in tree_of(path).body if isinstance(node, ast.AsyncFunctionDef)]
    assert path.stem in {function.name for function in functions}
