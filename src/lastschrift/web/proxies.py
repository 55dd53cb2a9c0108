"""Where a request came from, behind proxies: what those say is believed that are trusted.

A proxy adds who it was asked by to the end of ``X-Forwarded-For``; all before that, anybody may
have written. So the list is gone through from its end, for as long as who speaks is trusted.

>>> from ipaddress import ip_network
>>> proxies = TrustedProxies([ip_network("10.0.0.0/8")])
>>> proxies.source_of("10.0.0.1", [b"203.0.113.7, 198.51.100.2, 10.0.0.9"])
'198.51.100.2'
>>> proxies.source_of("198.51.100.3", [b"203.0.113.7"])
'198.51.100.3'
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network

HEADER: Final = b"x-forwarded-for"

_HOPS_MAX = 32
"""More proxies than anybody has, one behind the other."""

_REMEMBERED_BYTES_MAX = 256
"""What is longer is read anew each time, so that nobody fills the memory with it."""


class TrustedProxies:
    """The proxies whose word is taken; without any, a request comes from its own peer.

    ``are_any``: whether there are any.
    """

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)
        self.are_any = bool(self._networks)
        self._remembered = lru_cache(maxsize=1024)(self._found)

    def source_of(self, peer: str, forwarded: Sequence[bytes]) -> str:
        """Return who asked first, as far as it is known; ``forwarded``: the headers' values.

        Every request asks, for the audit trail, and most of them the same.
        """
        said = b",".join(forwarded)
        if len(said) > _REMEMBERED_BYTES_MAX:
            return self._found(peer, said)
        return self._remembered(peer, said)

    def _found(self, peer: str, said_by_all: bytes) -> str:
        hops = said_by_all.split(b",")[-_HOPS_MAX:] if said_by_all else []
        speaker = peer
        for hop in reversed(hops):
            if not self._is_trusted(speaker):
                break
            said = _address(hop.decode("latin-1").strip())
            if said is None:
                break
            speaker = str(said)
        return speaker

    def _is_trusted(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address; one of IPv4 that is written as one of IPv6 is itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
