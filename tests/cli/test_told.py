"""The line that tells why a command could not do its work."""

from pathlib import Path

import pytest

from lastschrift.admin.lock import DirectoryInUse, Holder
from lastschrift.admin.socket import HolderWentAway
from lastschrift.admin.verbs import VerbFailed
from lastschrift.cli.told import words_for


@pytest.mark.parametrize(
    "fact",
    [
        "ContractUnknown",
        "ClientUnknown",
        "QueueFull",
        "ShuttingDown",
        "StoreFailed",
        "RequestNotUnderstood",
        "Unexpected",
    ],
)
def test_every_fact_that_stops_a_verb_has_words(fact: str) -> None:
    words = words_for(VerbFailed(fact))
    assert words is not None
    assert fact not in words


def test_a_fact_without_words_is_told_by_its_name() -> None:
    assert words_for(VerbFailed("MoonInShadow")) == "it could not be done: MoonInShadow"


def test_an_answer_that_did_not_come_leaves_open_what_was_done() -> None:
    words = words_for(HolderWentAway())
    assert words is not None
    assert "look whether it was done" in words


def test_facts_that_say_it_all_are_told_as_they_are() -> None:
    in_use = DirectoryInUse(Path("a"), Holder.SERVER, 4711)
    assert words_for(in_use) == str(in_use)


def test_a_file_that_cannot_be_used_is_named() -> None:
    assert words_for(PermissionError(13, "Permission denied", "a/b")) == "a/b: Permission denied"


@pytest.mark.parametrize("error", [ZeroDivisionError(), OSError(5, "Input/output error")])
def test_what_nobody_expects_is_not_told_as_if_it_were_known(error: Exception) -> None:
    assert words_for(error) is None
