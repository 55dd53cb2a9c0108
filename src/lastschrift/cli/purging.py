"""Purging files from outside, part by part, so that no part takes long."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from lastschrift.admin.erasure_verbs import RETENTION_PURGE, PurgeFrom
from lastschrift.admin.verb import Verb
from lastschrift.cli.progress import Tell
from lastschrift.operations.purge import Purged

_PAUSE_S = 0.2
_PATIENCE_S = 60.0
"""How long is waited for somebody who reads: a backup may be under way."""


class Ask(Protocol):
    """Has a verb done (`admin.desk.Desk.ask`)."""

    def __call__(self, verb: Verb[Any, Any], arguments: Any) -> Any:  # noqa: ANN401  # as the verb says
        """Return what the verb gives."""
        ...


def purge_all(ask: Ask, progress: Tell, wait: Callable[[float], None] = time.sleep) -> bool:
    """Purge all files of what was erased; return False if somebody read for too long."""
    waited_s = 0.0
    purged: Purged = ask(RETENTION_PURGE, PurgeFrom())
    while purged.place is not None:
        if purged.is_blocked:
            if waited_s >= _PATIENCE_S:
                return False
            wait(_PAUSE_S)
            waited_s += _PAUSE_S
        else:
            waited_s = 0.0
            progress("purging", "files", purged.done, purged.total)
        purged = ask(RETENTION_PURGE, PurgeFrom(place=purged.place))
    return True
