"""The documents tell the truth: every name in them exists, and what they show to paste works."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.serving import running_sandbox

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "lastschrift"

_CODE_NAME = re.compile(r"`([\w/]+\.py):([\w.]+)`")
_CODE_FILE = re.compile(r"`([\w/]+\.py)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
_SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_JSON_BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MAKE_TARGET = re.compile(r"`?\bmake ([a-z-]+)`?")
_VARYING = re.compile(r"P(?:CU|CT|CR)_[0-9A-Z]{30}|\d{4}-\d\d-\d\dT[\d:+]+")

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", ".venv-cluster", "node_modules", ".git"} & set(path.relative_to(ROOT).parts)
)


def _defines(file: Path, name: str) -> bool:
    """Whether a file defines a (dotted) name, as a class, a function or a variable."""
    body: list[ast.stmt] = ast.parse(file.read_text()).body
    for part in name.split("."):
        found = next((node for node in body if part in _names(node)), None)
        if found is None:
            return False
        body = getattr(found, "body", [])
    return True


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name() as target):
            return {target.id}
        case _:
            return set()


@pytest.mark.parametrize(("file", "name"), _CODE_NAME.findall(ARCHITECTURE))
def test_a_name_in_the_architecture_exists(file: str, name: str) -> None:
    assert _defines(SOURCES / file, name)


@pytest.mark.parametrize("file", _CODE_FILE.findall(ARCHITECTURE))
def test_a_file_in_the_architecture_exists(file: str) -> None:
    assert any(SOURCES.rglob(file))


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert not _defines(SOURCES / "domain" / "iban.py", "Iban.no_such_thing")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_in_a_document_leads_somewhere(document: Path) -> None:
    targets = _LINK.findall(document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(_MAKE_TARGET.findall(README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_first_registration_of_the_readme_gives_the_answer_it_shows() -> None:
    script = next(block for block in _SHELL_BLOCK.findall(README) if "CUSTOMER=" in block)
    shown = next(iter(_JSON_BLOCK.findall(README)))
    with running_sandbox() as server:
        script = script.replace("http://127.0.0.1:8080", server.url)
        said = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    assert _without_what_varies(said) == _without_what_varies(shown)


def _without_what_varies(text: str) -> str:
    return json.dumps(json.loads(_VARYING.sub("…", text)))
