"""What an answer to a registration says, whichever wire it came by."""

from collections.abc import Mapping
from enum import Enum
from uuid import UUID

from lastschrift.apis.secuconnect.ids import parse_container_id, parse_customer_id
from tests.both_wires import Answered


class Outcome(Enum):
    """What a registration has come to."""

    DONE = "done"
    REPLAYED = "done before, under this key"
    EXISTS = "exists already"
    ID_TAKEN = "another account has this id"
    KEY_TAKEN = "this key was used for something else"


class AnotherAnswer(AssertionError):
    """An answer that tells none of these: a failure of the server, for one."""


def outcome_of(answer: Answered) -> Outcome:
    """Return what an answer says.

    Raises: AnotherAnswer.
    """
    is_replayed = answer.headers.get("idempotency-replayed") == "true"
    match answer.status:
        case 200 if is_replayed:
            return Outcome.REPLAYED
        case 200 | 201:
            return Outcome.DONE
        case 303:
            return Outcome.EXISTS
        case _:
            return _refusal(answer)


def _refusal(answer: Answered) -> Outcome:
    for (status, words), outcome in _REFUSALS.items():
        if answer.status == status and words in answer.body:
            return outcome
    raise AnotherAnswer(answer)


_REFUSALS: Mapping[tuple[int, bytes], Outcome] = {
    (409, b"ProductDuplicateException"): Outcome.EXISTS,
    (409, b"/data/id"): Outcome.ID_TAKEN,
    (422, b"This idempotency key was used for another request"): Outcome.KEY_TAKEN,
}


def id_of(answer: Answered) -> UUID | None:
    """Return which object an answer names; None if it names none."""
    if answer.status == 303:
        return UUID(answer.headers["location"].rpartition("/")[2])
    if answer.status == 201:
        return UUID(answer.json()["data"]["id"])
    if answer.status == 200:
        shown = answer.json()["id"]
        return parse_container_id(shown) or parse_customer_id(shown)
    return None
