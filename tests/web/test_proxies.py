"""Where a request came from: nobody can say it but the proxies that are trusted."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.web.proxies import TrustedProxies

PROXIES = TrustedProxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
CLIENT = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [b"203.0.113.7"], CLIENT),
        ("::ffff:10.0.0.1", [b"203.0.113.7"], CLIENT),
        ("fd00::1", [b"203.0.113.7"], CLIENT),
        ("10.0.0.1", [b"198.51.100.1, 203.0.113.7"], CLIENT),
        ("10.0.0.1", [b"198.51.100.1", b"203.0.113.7, 10.1.1.1"], CLIENT),
        ("10.0.0.1", [b"203.0.113.7,10.1.1.1 , 10.2.2.2"], CLIENT),
        ("10.0.0.1", [b"10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", [b"unknown"], "10.0.0.1"),
        ("10.0.0.1", [b"203.0.113.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", [b""], "10.0.0.1"),
        ("10.0.0.1", [b"2001:DB8::1"], "2001:db8::1"),
        (CLIENT, [b"198.51.100.1"], CLIENT),
        ("", [b"198.51.100.1"], ""),
    ],
)
def test_the_last_who_is_not_trusted_is_the_source(
    peer: str, forwarded: list[bytes], source: str
) -> None:
    assert PROXIES.source_of(peer, forwarded) == source


@given(said=st.lists(st.binary(max_size=40), max_size=5))
def test_what_a_client_says_of_itself_changes_nothing(said: list[bytes]) -> None:
    assert PROXIES.source_of(CLIENT, said) == CLIENT
    assert PROXIES.source_of("10.0.0.1", [*said, CLIENT.encode()]) == CLIENT


@given(peer=st.text(max_size=20), said=st.lists(st.binary(max_size=40), max_size=5))
def test_without_trusted_proxies_it_is_the_peer(peer: str, said: list[bytes]) -> None:
    assert TrustedProxies().source_of(peer, said) == peer
