"""PostgreSQL's addresses: one host or several, and what may be shown of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.postgres_address import PostgresAddress


@pytest.mark.parametrize(
    ("url", "urls"),
    [
        ("postgresql://a/x", ["postgresql://a/x"]),
        ("postgresql:///x?host=/tmp", ["postgresql:///x?host=/tmp"]),
        ("postgresql://me:p,w%40@a/x", ["postgresql://me:p,w%40@a/x"]),
        ("postgres://a,b:1/x", ["postgres://a/x", "postgres://b:1/x"]),
        (
            "postgresql://me:pw@a:1,[::1]:2,c/x?sslmode=require",
            [
                "postgresql://me:pw@a:1/x?sslmode=require",
                "postgresql://me:pw@[::1]:2/x?sslmode=require",
                "postgresql://me:pw@c/x?sslmode=require",
            ],
        ),
    ],
)
def test_each_host_gets_an_address_of_its_own(url: str, urls: list[str]) -> None:
    assert [str(one) for one in PostgresAddress.parse(url).one_each()] == urls


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:pw@a,[::1]:2/x?password=pw", "postgresql://me@a,[::1]:2/x"),
        ("postgresql://a/x#pw", "postgresql://a/x"),
        ("postgresql://:p@w@a/x", "postgresql://@a/x"),
    ],
)
def test_secrets_are_left_out(url: str, shown: str) -> None:
    assert str(PostgresAddress.parse(url).without_secrets()) == shown


@pytest.mark.parametrize("text", ["", "x", "postgresql:/a/x", "sqlite:///a", "mysql://a/x"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="PostgreSQL"):
        PostgresAddress.parse(text)


@given(rest=st.text(alphabet="a1:@,/?#[]%\n\x00 ", max_size=30))
def test_what_is_put_together_again_is_the_same(rest: str) -> None:
    url = f"postgresql://{rest}"
    assert str(PostgresAddress.parse(url)) == url
