r"""Anchors: how far the audit trail's chains had come, written down where they can't be changed.

One line each, which `lastschrift audit anchor` prints and a server logs now and then. Lines are
found among all others, so that a log, or a file of them, is an anchor as it is. A link stands in
groups of eight digits: longer ones are taken for secrets by the log, and masked.

>>> told = "audit anchor 00000000-0000-0000-0000-000000000001/" + str(UUID(int=2)) + "/7/"
>>> told += "-".join(["0123abcd"] * 8)
>>> (anchor,) = anchors_in([f"Nov 21 09:02:31 debit lastschrift[7]: {told}\n"])
>>> anchor.sequence, str(anchor) == told
(7, True)
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LINE = re.compile(
    rf"audit anchor (?P<contract>{_ID})/(?P<writer>{_ID})/(?P<sequence>[0-9]{{1,18}})"
    r"/(?P<link>[0-9a-f]{8}(?:-[0-9a-f]{8}){7})(?![0-9a-f-])"
)
_GROUP_BYTES = 4


class Anchor(NamedTuple):
    """The entry that a chain had come to, by its number, and its link."""

    contract: UUID
    writer: UUID
    sequence: int
    link: bytes

    def __str__(self) -> str:
        link = self.link.hex("-", _GROUP_BYTES)
        return f"audit anchor {self.contract}/{self.writer}/{self.sequence}/{link}"


def anchors_in(lines: Iterable[str]) -> Iterator[Anchor]:
    """Find the anchors in lines of any kind."""
    for line in lines:
        for found in _LINE.finditer(line):
            yield Anchor(
                UUID(found["contract"]),
                UUID(found["writer"]),
                int(found["sequence"]),
                bytes.fromhex(found["link"].replace("-", "")),
            )
