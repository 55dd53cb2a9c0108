"""The tail guard: no function, module or file grows into what nobody wants to read.

The limits are where a reader gives up, not what to aim for. A ratchet: what is over a limit when a
limit comes is listed with its size, may only shrink, and goes from the list once it fits.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 400

LONG_FUNCTIONS: Mapping[str, int] = {}
LONG_MODULES: Mapping[str, int] = {}

# Where anything fits, nothing is found again.
NAMES_THAT_SAY_NOTHING = {"common", "helper", "helpers", "misc", "util", "utilities", "utils"}

CODE_FOLDERS = ("src", "tests", "bench", "scripts")

# Read only where git can't tell which files are ours.
FOLDERS_NOT_OURS = re.compile(
    r"\.venv(-cluster)?|node_modules|\.git|\.\w+_cache|\.hypothesis|__pycache__|lastschrift-data"
)

# Written so that they don't find themselves.
PACKAGE_REGISTRY = re.compile(
    r"pypi\.org|python[h]osted\.org|registry\.npm[j]s|crates\.io|deb\.debian\.org", re.IGNORECASE
)
HOME_PATH = re.compile(r"(?<![\w.])/(?:root|home/[\w.-]+|Users/[\w.-]+)/[\w.]")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for module in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in module.parts:
                yield module


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def functions_of(module: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(module)) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def public_definitions(module: Path) -> Iterator[Function | ast.ClassDef]:
    for node in tree_of(module).body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def files_of_the_project() -> list[Path]:
    """Return all files that are or may be committed."""
    git = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if git.returncode == 0:
        files = [ROOT / name for name in git.stdout.split("\0") if name]
    else:
        files = [
            file
            for file in ROOT.rglob("*")
            if not any(map(FOLDERS_NOT_OURS.fullmatch, file.relative_to(ROOT).parts))
        ]
    return [file for file in files if file.is_file()]


def places(pattern: re.Pattern[str]) -> list[str]:
    """Return every line of the project's files in which a pattern is found."""
    return [
        f"{name_of(file)}:{number}: {line.strip()[:100]}"
        for file in files_of_the_project()
        for number, line in enumerate(file.read_text("utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def over(sizes: Mapping[str, int], limit: int, known: Mapping[str, int]) -> list[str]:
    """Return what is over a limit and not known to be, and what the ratchet no longer needs."""
    grown = [
        f"{name} has {size} lines, {max(limit, known.get(name, 0))} at most: split it by idea"
        for name, size in sizes.items()
        if size > max(limit, known.get(name, 0))
    ]
    shrunk = [
        f"{name} is no longer over {limit} lines: take it off the list"
        for name in known
        if sizes.get(name, 0) <= limit
    ]
    return grown + shrunk


def test_no_function_is_longer_than_a_reader_holds() -> None:
    sizes = {
        f"{name_of(module)}: {function.name}": lines_of(function)
        for module in modules(*CODE_FOLDERS)
        for function in functions_of(module)
    }
    problems = over(sizes, FUNCTION_LINES_MAX, LONG_FUNCTIONS)
    assert not problems, "\n".join(problems)


def test_no_module_holds_more_than_one_idea() -> None:
    sizes = {
        name_of(module): len(module.read_text(encoding="utf-8").splitlines())
        for module in modules("src")
    }
    problems = over(sizes, MODULE_LINES_MAX, LONG_MODULES)
    assert not problems, "\n".join(problems)


def test_every_module_is_named_after_its_idea() -> None:
    nameless = [
        f"{name_of(module)}: name the idea"
        for module in modules(*CODE_FOLDERS)
        if NAMES_THAT_SAY_NOTHING & {module.stem, module.parent.name}
    ]
    assert not nameless, "\n".join(nameless)


def test_every_module_says_what_it_is() -> None:
    silent = [
        f"{name_of(module)}: give it a docstring, the idea in three lines"
        for module in modules(*CODE_FOLDERS)
        if module.stat().st_size and not ast.get_docstring(tree_of(module))
    ]
    assert not silent, "\n".join(silent)


def test_everything_public_says_what_it_gives() -> None:
    silent = [
        f"{name_of(module)}:{definition.lineno}: {definition.name}: give it a docstring"
        for module in modules("src")
        for definition in public_definitions(module)
        if not ast.get_docstring(definition)
    ]
    assert not silent, "\n".join(silent)


def test_no_download_address_is_recorded() -> None:
    problems = places(PACKAGE_REGISTRY)
    assert not problems, "\n".join(problems)


def test_no_path_of_somebodys_machine_is_recorded() -> None:
    problems = places(HOME_PATH)
    assert not problems, "\n".join(problems)


def test_every_requirement_is_exact_and_has_its_hashes() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    loose = [
        line[:100]
        for line in requirements
        if not re.fullmatch(r"[\w.-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+ *", line)
    ]
    assert requirements
    assert not loose, "\n".join(loose)


def test_every_node_package_is_exact_and_has_its_hash() -> None:
    wanted = json.loads((ROOT / "tests" / "package.json").read_text())["dependencies"]
    packages = json.loads((ROOT / "tests" / "package-lock.json").read_text())["packages"]
    assert packages.pop("")["dependencies"] == wanted
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
    loose = [
        name
        for name, package in packages.items()
        if not re.fullmatch(r"sha512-[\w+/]{86}==", package.get("integrity", ""))
        or {"resolved", "link"} & package.keys()
    ]
    assert not loose, "\n".join(loose)
