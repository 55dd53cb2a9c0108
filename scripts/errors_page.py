"""The reference page of errors: what each wire says to each fact.

The answers are asked of the APIs' own tables, so the page can't say anything else than they do.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import lastschrift.apis
from lastschrift.domain.access import Scope
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    DebtorAccessDenied,
    DomainError,
    FieldProblem,
    Invalid,
    ScopeMissing,
)
from lastschrift.domain.iban import Iban, IbanCheckDigitsWrong
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.refusals import NumberOutOfRange, WrongKind
from lastschrift.web.errors import (
    BodyMalformed,
    BodyTooLarge,
    ErrorTable,
    MethodUnknown,
    Unexpected,
)
from lastschrift.web.http import Response

_INTRODUCTION = """\
The core raises facts; each wire has its own words for them. A fact without an entry of its own is
answered as the nearest one above it. Shown are the status, the wire's own code, and the text.
"""

_SAMPLE_ID = UUID("2a1319c3-c136-495d-b59a-47b3246d08af")
_SAMPLES: Sequence[DomainError] = (
    Invalid([FieldProblem(("iban",), IbanCheckDigitsWrong())]),
    BankAccountAlreadyRegistered(AccountId(_SAMPLE_ID), Iban.parse("DE89370400440532013000")),
    DebtorAccessDenied(DebtorId(_SAMPLE_ID)),
    ScopeMissing([Scope.PACE_READ]),
    BodyTooLarge(65_536),
    BodyMalformed("the body is no JSON"),
    MethodUnknown(["GET", "POST"]),
    Unexpected("0123456789abcdef" * 2),
)
"""One for each fact that can't be made without saying more; the others are made as they are."""

_SAMPLE_BY_CLASS = {type(sample): sample for sample in _SAMPLES}
_SAMPLE_ARGUMENTS: Mapping[str, tuple[Any, ...]] = {
    "GrantTypeUnsupported": ("foo",),
    "CustomerUnknown": ("PCU_1",),
    "QueryNotSupported": ([FieldProblem(("page[size]",), NumberOutOfRange(1, 100))],),
    "FilterRefused": ([FieldProblem(("filter[status]",), WrongKind("valid"))],),
}
"""The facts of one wire alone are made by name, so that this page need not know the wires."""


# --- the page -------------------------------------------------------------------------------------


def errors_reference() -> str:
    """Return a table of all facts that every wire can meet, and one for each wire's own."""
    tables = error_tables()
    everywhere = [fact for fact in all_facts() if wire_of(fact) is None]
    sections = [_INTRODUCTION, _table(everywhere, tables)]
    for name, table in tables.items():
        own = [fact for fact in all_facts() if wire_of(fact) == name]
        if own:
            sections += [f"## Only on the wire `{name}`\n", _table(own, {name: table})]
    return "\n".join(sections)


def _table(facts: Sequence[type[DomainError]], tables: Mapping[str, ErrorTable[Response]]) -> str:
    lines = [
        "| fact | " + " | ".join(tables) + " |",
        "|---|" + "---|" * len(tables),
    ]
    for fact in facts:
        indent = "&emsp;" * (fact.__mro__.index(DomainError) - 1)
        answers = [in_words(table.answer(sample_of(fact))) for table in tables.values()]
        lines.append(f"| {indent}`{fact.__name__}`: {meaning_of(fact)} | {' | '.join(answers)} |")
    return "\n".join(lines) + "\n"


def meaning_of(fact: type[DomainError]) -> str:
    """Return the first line of what the code says about a fact."""
    return (fact.__doc__ or "").partition("\n")[0].strip()


# --- facts ----------------------------------------------------------------------------------------


def error_tables() -> Mapping[str, ErrorTable[Response]]:
    """Return each API's table by the API's name, found by walking the package."""
    names = sorted(module.name for module in pkgutil.iter_modules(lastschrift.apis.__path__))
    modules = {name: importlib.import_module(f"lastschrift.apis.{name}.errors") for name in names}
    return {name: module.ERRORS for name, module in modules.items()}


def all_facts(parent: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Yield all facts that the domain, the edge and the wires know, each after its parent."""
    for fact in parent.__subclasses__():
        if fact.__module__.split(".")[:2] in (
            ["lastschrift", "domain"],
            ["lastschrift", "web"],
            ["lastschrift", "apis"],
        ):
            yield fact
            yield from all_facts(fact)


def wire_of(fact: type[DomainError]) -> str | None:
    """Return the wire that alone can meet a fact; None if all can."""
    _, room, *rest = fact.__module__.split(".")
    return rest[0] if room == "apis" else None


def sample_of(fact: type[DomainError]) -> DomainError:
    """Return a fact as it could have happened."""
    sample = _SAMPLE_BY_CLASS.get(fact)
    return sample or fact(*_SAMPLE_ARGUMENTS.get(fact.__name__, ()))


# --- words ----------------------------------------------------------------------------------------


def in_words(answer: Response) -> str:
    """Return an answer as status, code and text; of a redirect, where it leads."""
    if not answer.body:
        headers = dict(answer.headers)
        return f"{answer.status} to {headers[b'location'].decode()}"
    document = json.loads(answer.body)
    told = document["errors"][0] if "errors" in document else document
    code = next(told[name] for name in ("error", "code") if name in told)
    text = next(
        told[name] for name in ("error_description", "error_details", "detail") if name in told
    )
    return f"{answer.status} `{code}`: {text}".replace("|", "\\|")
