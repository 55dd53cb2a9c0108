"""Write the generated pages of docs/, or check that they are fresh.

A page is made by a function that takes nothing and returns the page's Markdown below its title; a
new page is one more entry in `PAGES`. ``make docs`` writes, ``make docs-check`` (and CI) checks:

    python -m scripts.docs [--check]
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lastschrift.settings import settings_reference
from scripts.apis_page import apis_reference
from scripts.commands_page import commands_reference
from scripts.errors_page import errors_reference
from scripts.promises_page import promises_reference

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A generated page: where it lies, its title, what it is made from, and what makes it."""

    path: str
    title: str
    source: str
    make: Callable[[], str]

    def text(self) -> str:
        """Return the whole page as it should be."""
        note = f"<!-- Made from {self.source} by `make docs`: change it there. -->"
        return f"# {self.title}\n\n{note}\n\n{self.make()}"


PROMISES_PAGE = Page(
    path="docs/reference/promises.md",
    title="Promises",
    source="tests/promises.py, the tests' marks and the last `make soak`",
    make=promises_reference,
)

PAGES = (
    Page(
        path="docs/reference/apis.md",
        title="Operations",
        source="the APIs' routes and tests/apis/*/*.http",
        make=apis_reference,
    ),
    Page(
        path="docs/reference/commands.md",
        title="Commands",
        source="src/lastschrift/cli",
        make=commands_reference,
    ),
    Page(
        path="docs/reference/errors.md",
        title="Errors",
        source="src/lastschrift/apis/*/errors.py",
        make=errors_reference,
    ),
    PROMISES_PAGE,
    Page(
        path="docs/reference/settings.md",
        title="Settings",
        source="src/lastschrift/settings",
        make=settings_reference,
    ),
)


def write(page: Page) -> None:
    """Write a page, and its folder where that is missing."""
    file = ROOT / page.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page.text(), encoding="utf-8")


def is_fresh(page: Page) -> bool:
    """Tell whether a page reads as it would if it were written now."""
    file = ROOT / page.path
    return file.exists() and file.read_text(encoding="utf-8") == page.text()


def main(arguments: Sequence[str]) -> int:
    """Write all pages, or with ``--check`` name the stale ones and return 1 if there are any."""
    if "--check" not in arguments:
        for page in PAGES:
            write(page)
        return 0
    stale = [page.path for page in PAGES if not is_fresh(page)]
    for path in stale:
        print(f"{path} is stale: make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
