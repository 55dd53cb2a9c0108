"""Texts are folded when they are kept: all of a debtor's, each where it is searched."""

from datetime import date

from lastschrift.domain.party import Address, Party
from lastschrift.storage.folding import FoldedColumns, folded_columns


def test_texts_of_their_own_columns_are_never_missing() -> None:
    assert folded_columns(Party())[:4] == ("", "", "", "")


def test_every_text_is_folded_once() -> None:
    contact = Party(
        given_name="JÜRGEN",
        family_name="Groß",
        company="ACME",
        email="A@B.de",
        phone="0351-X",
        birth_date=date(1901, 2, 3),
        address=Address(town="KÖLN"),
    )
    assert folded_columns(contact) == FoldedColumns(
        given_name="jürgen",
        family_name="gross",
        company="acme",
        email="a@b.de",
        contact=Party(
            full_name="jürgen gross",
            phone="0351-x",
            birth_date=date(1901, 2, 3),
            address=Address(town="köln"),
        ),
    )


def test_the_name_is_what_was_sent_where_there_are_no_others() -> None:
    assert folded_columns(Party(full_name="John DOE")).contact.full_name == "john doe"
