"""A request that was turned away: one like it, on the same connection, needs no second look.

Who is turned away and asks again at once sends the same head. So what the first look told (whose
request it is, what it is told) is kept with the connection, for as long as the head stays the same;
whose it is, and the answer, are found anew each second. Of five times the load that can be served,
four fifths are such requests. Connections that send the same head have it in common, so that it is
at hand whichever of them asks.
"""

from collections.abc import Callable, Hashable, Sequence

from lastschrift.web.connection.known_head import KnownHead
from lastschrift.web.door.refusal import Refusal
from lastschrift.web.http import AsgiScope, Header


class TurnedAway:
    """What is known of a request that was turned away. For use on one thread.

    ``party_of`` tells whose a request is, and ``admits`` whether one of theirs may come in now.
    ``count`` is told of each that is turned away, ``retry_after_s`` tells when it should come back.
    """

    __slots__ = (
        "__weakref__",
        "_admits",
        "_answer",
        "_count",
        "_date",
        "_party",
        "_party_of",
        "_refusal",
        "_retry_after_s",
        "_scope",
        "is_sent_again",
    )

    def __init__(
        self,
        head: KnownHead,
        scope: AsgiScope,
        refusal: Refusal,
        *,
        party_of: Callable[[AsgiScope], Hashable],
        admits: Callable[[Hashable], bool],
        count: Callable[[], None],
        retry_after_s: Callable[[], int],
    ) -> None:
        self.is_sent_again = head.is_of
        self._scope = scope
        self._refusal = refusal
        self._party_of = party_of
        self._admits = admits
        self._count = count
        self._retry_after_s = retry_after_s
        self._date: Sequence[Header] | None = None
        self._party: Hashable = None
        self._answer = b""

    def answer(self, date: Sequence[Header]) -> bytes | None:
        """Return what is answered to one more such request, or nothing if it may come in now.

        ``date`` are the headers that uvicorn makes anew each second.
        """
        if date is not self._date:
            self._date, self._party, self._answer = date, self._party_of(self._scope), b""
        if self._admits(self._party):
            return None
        self._count()
        if not self._answer or self._refusal.is_each_its_own:
            retry_after_s = self._retry_after_s()
            self._answer = self._refusal.answer(self._scope, date, retry_after_s, keep_alive=True)
        return self._answer
