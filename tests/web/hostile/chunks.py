"""A body whose length nobody is told before."""

from collections.abc import AsyncIterator

CHUNK_BYTES = 16_384


class InChunks:
    """A body in pieces; it can be sent again."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), CHUNK_BYTES):
            yield self._body[start : start + CHUNK_BYTES]
