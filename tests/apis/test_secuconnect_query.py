"""secuconnect's query language: what is written is what is understood, and mistakes have places."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.apis.secuconnect.ids import customer_id
from lastschrift.apis.secuconnect.query import (
    CONTAINER_PROPERTIES,
    CUSTOMER_PROPERTIES,
    Mistake,
    QueryMistake,
    condition_of,
    parse_query,
)
from lastschrift.apis.secuconnect.query.parser import CHARACTERS_MAX, CONDITIONS_MAX, DEPTH_MAX
from lastschrift.apis.secuconnect.query.syntax import And, Negation, Node, Or, Range, Term, Value
from lastschrift.domain.identity import DebtorId
from lastschrift.domain.text import clean_text
from lastschrift.operations.ports import (
    ANY_CHARACTERS,
    ONE_CHARACTER,
    Condition,
    Everything,
    Field,
    HasIban,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Not,
    Nothing,
    TextBetween,
    Wildcard,
)
from tests.storage.filling import IDS, SEED_IBAN

# --- what is written, and read again --------------------------------------------------------------

NAMES = st.sampled_from(["contact.surname", "created", "a", "A.b_c.D9"])
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8)
CLEAN = TEXTS.map(lambda text: clean_text(text, characters_max=1_000))
WILDCARDS = st.sampled_from([ANY_CHARACTERS, ONE_CHARACTER])


def settled(pieces: list[str | Wildcard]) -> Value:
    """Return a value as the parser has it: no two texts in a row, and no two that stand for any."""
    pattern: list[str | Wildcard] = []
    for piece in pieces:
        before = pattern[-1] if pattern else None
        if isinstance(piece, str) and isinstance(before, str):
            pattern[-1] = clean_text(before + piece, characters_max=1_000)
        elif piece != before or piece != ANY_CHARACTERS:
            pattern.append(piece)
    return Value(tuple(pattern))


VALUES = st.lists(CLEAN | WILDCARDS, min_size=1, max_size=4).map(settled)
WHOLE = CLEAN.map(lambda text: Value((text,)))
TERMS = st.builds(Term, NAMES, VALUES)
RANGES = st.builds(Range, NAMES, st.none() | WHOLE, st.none() | WHOLE)
NODES: st.SearchStrategy[Node] = st.recursive(
    TERMS | RANGES,
    lambda parts: st.one_of(
        st.builds(Negation, parts),
        st.lists(parts, min_size=2, max_size=3).map(lambda nodes: And(tuple(nodes))),
        st.lists(parts, min_size=2, max_size=3).map(lambda nodes: Or(tuple(nodes))),
    ),
    max_leaves=8,
)


def written(node: Node, quote: bool) -> str:
    """Return a query that says this."""
    match node:
        case Term(name, value):
            return f"{name}:{written_value(value, quote)}"
        case Range(name, first, last):
            limits = [
                "*" if limit is None else written_value(limit, quote) for limit in (first, last)
            ]
            return f"{name}:[{limits[0]} TO {limits[1]}]"
        case Negation(part):
            return f"NOT ({written(part, quote)})"
        case And(parts):
            return " AND ".join(f"({written(part, quote)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({written(part, quote)})" for part in parts)


def written_value(value: Value, quote: bool) -> str:
    text = value.text
    if quote and text is not None:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return "".join(
        quote_plus(piece) if isinstance(piece, str) else piece.sign for piece in value.pattern
    )


@given(NODES, st.booleans())
def test_what_is_written_is_read_again(node: Node, quote: bool) -> None:
    text = written(node, quote)
    if len(text) <= CHARACTERS_MAX:
        assert parse_query(text) == node


def test_a_limit_may_be_called_to() -> None:
    first, last = Value(("TO",)), Value(("to",))
    assert parse_query("a:[TO TO to]") == Range("a", first, last)


@given(st.text(max_size=30) | st.text(st.sampled_from('ab.:*?"\\()[] ANDORT%+1'), max_size=30))
def test_any_text_is_understood_or_a_mistake_in_it(text: str) -> None:
    assert 1 <= column_of_mistake(text) <= len(text) + 1


def column_of_mistake(text: str) -> int:
    """Return where the first mistake is; 1 if there is none."""
    try:
        meaning(text)
    except QueryMistake as mistake:
        return mistake.column
    return 1


# --- what it means --------------------------------------------------------------------------------

DEBTOR = DebtorId(IDS.new_id())
DOE = HasText(Field.FAMILY_NAME, "doe")


def meaning(text: str) -> Condition:
    return condition_of(parse_query(text), CUSTOMER_PROPERTIES)


def of_containers(text: str) -> Condition:
    return condition_of(parse_query(text), CONTAINER_PROPERTIES)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("contact.surname:DOE", DOE),
        ("Contact.Surname : doe", DOE),
        ('contact.surname:"Doe"', DOE),
        ("NOT contact.surname:Doe", Not(DOE)),
        ("not contact.surname:Doe", Not(DOE)),
        ("contact.surname:D%C3%B6+x", HasText(Field.FAMILY_NAME, "dö x")),
        (r"contact.surname:a\*\+", HasText(Field.FAMILY_NAME, "a*+")),
        ("contact.surname:a%2A", HasText(Field.FAMILY_NAME, "a*")),
        ("contact.surname:100%", HasText(Field.FAMILY_NAME, "100%")),
        ('contact.surname:"100%25 +"', HasText(Field.FAMILY_NAME, "100%25 +")),
        (
            "contact.forename:J??n",
            Matches(Field.GIVEN_NAME, ("j", ONE_CHARACTER, ONE_CHARACTER, "n")),
        ),
        ("contact.forename:J**n", Matches(Field.GIVEN_NAME, ("j", ANY_CHARACTERS, "n"))),
        ("contact.email:*", Not(HasText(Field.EMAIL, ""))),
        ("contact.email:[* TO *]", Not(HasText(Field.EMAIL, ""))),
        ('contact.email:""', HasText(Field.EMAIL, "")),
        ("contact.surname:[A TO m]", TextBetween(Field.FAMILY_NAME, "a", "m")),
        ("contact.dob:1901-02-03", HasText(Field.BIRTH_DATE, "1901-02-03")),
        ("contact.dob:1901-02-03T00:00:00+01:00", HasText(Field.BIRTH_DATE, "1901-02-03")),
        ("contact.dob:1901-*", Matches(Field.BIRTH_DATE, ("1901-", ANY_CHARACTERS))),
        ("contact.dob:[* TO 1901-02-03]", TextBetween(Field.BIRTH_DATE, None, "1901-02-03")),
        ("updated:*", InstantBetween(Field.UPDATED, None, None)),
        (f"id:{customer_id(DEBTOR)}", HasId(Field.ID, DEBTOR)),
        ("id:PCU_1", Nothing()),
        ("id:*", Everything()),
        ("object:Payment.*", Everything()),
    ],
)
def test_a_condition_on_customers_is_understood(text: str, condition: Condition) -> None:
    if condition == HasText(Field.BIRTH_DATE, "1901-02-03") and "+" in text:
        text = text.replace("+", "%2B")
    assert meaning(text) == condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("private.iban:DE89370400440532013000", HasIban(SEED_IBAN)),
        ("public.iban:de89+3704+0044+0532+0130+00", HasIban(SEED_IBAN)),
        ("iban:DE89370400440532013000", HasIban(SEED_IBAN)),
        (f"customer:{customer_id(DEBTOR)}", HasId(Field.CUSTOMER, DEBTOR)),
        (f"customer.id:{customer_id(DEBTOR)}", HasId(Field.CUSTOMER, DEBTOR)),
        ("private.owner:John*", Matches(Field.OWNER, ("john", ANY_CHARACTERS))),
        ("type:bank_account", Everything()),
        ("type:credit_card", Nothing()),
    ],
)
def test_a_condition_on_containers_is_understood(text: str, condition: Condition) -> None:
    assert of_containers(text) == condition


def test_a_day_is_berlins_from_midnight_to_midnight() -> None:
    found = meaning("created:[2017-11-09 TO 2017-11-10]")
    assert isinstance(found, InstantBetween)
    assert str(found.since) == "2017-11-08 23:00:00+00:00"
    assert str(found.until) == "2017-11-10 23:00:00+00:00"
    assert meaning("created:2017-11-09T20:16:13+01:00") == meaning('created:"2017-11-09T19:16:13Z"')


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "mistake"),
    [
        ("", 1, Mistake.NOTHING_ASKED),
        ("AND contact.surname:a", 1, Mistake.NOTHING_ASKED),
        ("contact.surname:a AND", 22, Mistake.NOTHING_ASKED),
        ("contact.surname:a OR OR", 22, Mistake.NOTHING_ASKED),
        ("Doe", 4, Mistake.NO_COLON),
        (":a", 1, Mistake.NOTHING_ASKED),
        ("contact.surname:", 17, Mistake.NO_VALUE),
        ("contact.surname:(a)", 17, Mistake.NO_VALUE),
        ("contact.surname:a contact.surname:b", 19, Mistake.NO_OPERATOR),
        ("contact.surname:van der Berg", 24, Mistake.NO_COLON),
        ("nobody:a", 1, Mistake.PROPERTY_UNKNOWN),
        ("id:PCU_1 OR contact:a", 13, Mistake.PROPERTY_UNKNOWN),
        ("(contact.surname:a", 1, Mistake.NOT_CLOSED),
        ("contact.surname:a)", 18, Mistake.NOT_OPENED),
        ('contact.surname:"a', 17, Mistake.QUOTE_NOT_CLOSED),
        ("contact.surname:[a TO b", 17, Mistake.RANGE_NOT_CLOSED),
        ("contact.surname:[a b]", 20, Mistake.RANGE_MALFORMED),
        ("contact.surname:[a TO]", 22, Mistake.RANGE_MALFORMED),
        ("contact.surname:[a* TO b]", 18, Mistake.NO_PATTERN),
        ("contact.surname:a\\", 18, Mistake.NOTHING_ESCAPED),
        ("contact.surname:x%FF", 18, Mistake.NO_UTF8),
        ("contact.surname:a%00", 17, Mistake.CONTROL_CHARACTER),
        ("created:yesterday", 9, Mistake.NO_INSTANT),
        ("created:2017-02-30", 9, Mistake.NO_INSTANT),
        ("created:2017-*", 9, Mistake.NO_PATTERN),
        ("contact.dob:3.2.1901", 13, Mistake.NO_DATE),
        ("id:PCU_*", 4, Mistake.NO_PATTERN),
        ("id:[a TO b]", 5, Mistake.NO_RANGE),
        ("a" * (CHARACTERS_MAX + 1), CHARACTERS_MAX + 1, Mistake.TOO_LONG),
        ("(" * (DEPTH_MAX + 2), DEPTH_MAX + 2, Mistake.TOO_DEEP),
        ("NOT " * (DEPTH_MAX + 2), 4 * (DEPTH_MAX + 1) + 1, Mistake.TOO_DEEP),
        ("a:b OR " * (CONDITIONS_MAX + 1), 7 * CONDITIONS_MAX + 1, Mistake.TOO_MANY_CONDITIONS),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, column: int, mistake: Mistake) -> None:
    with pytest.raises(QueryMistake) as raised:
        meaning(text)
    assert (raised.value.column, raised.value.mistake) == (column, mistake)


@pytest.mark.parametrize(
    "text", ["iban:DE89*", "iban:DE89", "iban:DE89370400440532013001", "private.iban:*"]
)
def test_an_iban_is_found_only_if_all_of_it_is_known(text: str) -> None:
    with pytest.raises(QueryMistake):
        of_containers(text)
