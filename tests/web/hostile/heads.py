"""Headers that are wrong, strange, or would like to be more than they are."""

from collections.abc import Iterator, Mapping

Header = tuple[bytes, bytes]
Headers = list[Header]

BAD_AUTHORIZATION: Mapping[str, bytes] = {
    "empty": b"",
    "blanks": b"   ",
    "scheme alone": b"Bearer",
    "scheme and a blank": b"Bearer ",
    "scheme and many blanks": b"Bearer" + b" " * 30_000,
    "token alone": b"@",
    "another scheme": b"Token @",
    "basic with the token": b"Basic @",
    "basic with credentials": b"Basic dXNlcjpwYXNzd29yZA==",
    "basic with broken base64": b"Basic !!!!",
    "digest": b'Digest username="a", realm="b"',
    "negotiate": b"Negotiate YII=",
    "bearer of basic": b"Bearer Basic dXNlcjpwYXNzd29yZA==",
    "a tab between": b"Bearer\t@",
    "a comma behind": b"Bearer @,",
    "two in one": b"Bearer @, Bearer @",
    "text behind": b"Bearer @ text",
    "quotes": b'Bearer "@"',
    "equals sign": b"Bearer=@",
    "a colon": b"Bearer: @",
    "a letter more": b"Bearer @a",
    "in capitals": b"Bearer ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "NUL behind": b"Bearer @\x00",
    "byte FF behind": b"Bearer @\xff",
    "latin-1": b"Bearer \xe4\xf6\xfc",
    "utf-8": "Bearer tökén".encode(),
    "full-width": "Ｂｅａｒｅｒ @".encode(),
    "broken utf-8": b"Bearer \xc3\x28\xed\xa0\x80",
    "a JWT": b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    "fifty thousand letters": b"Bearer " + b"a" * 50_000,
    "fifty thousand equals signs": b"Bearer a" + b"=" * 50_000,
    "fifty thousand dots": b"Bearer " + b"." * 50_000,
    "sql": b"Bearer ' OR '1'='1",
}
"""``@`` stands for a good token; none of them is to be let in."""

GOOD_AUTHORIZATION: Mapping[str, bytes] = {
    "in lower case": b"bearer @",
    "in capitals": b"BEARER @",
    "two blanks": b"Bearer  @",
    "many blanks": b"Bearer" + b" " * 30_000 + b"@",
    "blanks behind": b"Bearer @   ",
}

STRANGE_MEDIA_TYPES: Mapping[str, bytes] = {
    "empty": b"",
    "a blank": b" ",
    "a slash": b"/",
    "a star": b"*/*",
    "text": b"text/plain",
    "form": b"application/x-www-form-urlencoded",
    "multipart": b"multipart/form-data; boundary=x",
    "multipart without boundary": b"multipart/form-data",
    "xml": b"application/xml",
    "json": b"application/json",
    "json in capitals": b"APPLICATION/JSON",
    "json with a charset": b"application/json; charset=utf-8",
    "json with another charset": b"application/json; charset=utf-16",
    "json with an unknown charset": b"application/json; charset=none-such",
    "json, ending early": b"application/json;",
    "json:api with a charset": b"application/vnd.api+json; charset=utf-8",
    "json:api in capitals": b"Application/Vnd.Api+Json",
    "two in one": b"application/json, application/vnd.api+json",
    "quotes never closed": b'application/json; charset="utf-8',
    "NUL": b"application/json\x00",
    "byte FF": b"application/\xff",
    "a line end, folded": b"application/json;\r\n charset=utf-8",
    "fifty thousand letters": b"application/" + b"a" * 50_000,
    "fifty thousand semicolons": b"application/json" + b";" * 50_000,
    "ten thousand parameters": b"application/json" + b";a=b" * 10_000,
}

STRANGE_ACCEPT: Mapping[str, bytes] = {
    **STRANGE_MEDIA_TYPES,
    "anything": b"*/*",
    "nothing": b"*/*;q=0",
    "quality that is none": b"application/vnd.api+json;q=x",
    "quality above all": b"application/vnd.api+json;q=1e999",
    "negative quality": b"application/vnd.api+json;q=-1",
    "ten thousand ranges": b",".join([b"text/plain;q=0.1"] * 3_000),
    "commas": b"," * 50_000,
    "ours, refused": b"application/vnd.api+json;q=0, application/json;q=0",
}

STRANGE_HEADERS: Mapping[str, tuple[bytes, bytes]] = {
    "another method": (b"x-http-method-override", b"DELETE"),
    "another path": (b"x-original-url", b"/admin"),
    "another host": (b"x-forwarded-host", b"evil.example"),
    "another client": (b"x-forwarded-for", b"127.0.0.1"),
    "another scheme": (b"x-forwarded-proto", b"gopher"),
    "strange host": (b"host", b'a b"<>'),
    "host of NULs": (b"host", b"\x00\x00"),
    "long host": (b"host", b"a" * 50_000),
    "request id with a line end": (b"request-id", b"aaaaaaaaaaaaaaaaaaa\n"),
    "long request id": (b"request-id", b"a" * 50_000),
    "cookies": (b"cookie", b"a=b; " * 5_000),
    "range": (b"range", b"bytes=0-0,1-1,2-2"),
    "condition": (b"if-match", b"*"),
    "date that is none": (b"if-modified-since", b"yesterday"),
    "origin": (b"origin", b"null"),
    "long origin": (b"origin", b"https://" + b"a" * 50_000),
    "encoding of the body": (b"content-encoding", b"gzip"),
    "unknown encoding of the body": (b"content-encoding", b"none-such"),
    "languages": (b"accept-language", b"xx-YY;q=9," * 3_000),
    "charset": (b"accept-charset", b"utf-7"),
    "action": (b"x-action", b"\xff\xfe"),
    "trailer": (b"trailer", b"Authorization"),
    "expectation": (b"expect", b"200-ok"),
    "a name of a thousand letters": (b"x" * 1_000, b"1"),
}


def token_put(template: bytes, token: str) -> bytes:
    """Return a header's value with a token where the ``@`` is."""
    return template.replace(b"@", token.encode())


def refused_heads(token: str) -> Iterator[tuple[str, Headers]]:
    """Yield headers that let nobody in, each with its name."""
    yield "no authorization", []
    for name, value in BAD_AUTHORIZATION.items():
        yield f"authorization: {name}", [(b"authorization", token_put(value, token))]
    yield (
        "a good one after a bad one",
        [
            (b"authorization", b"Bearer x"),
            (b"authorization", f"Bearer {token}".encode()),
        ],
    )
    for header in (b"x-authorization", b"proxy-authorization", b"authorisation", b"cookie"):
        yield f"as {header.decode()}", [(header, f"Bearer {token}".encode())]


def strange_heads(token: str, content_type: Header) -> Iterator[tuple[str, Headers]]:
    """Yield headers that do no harm, or are refused for what they ask, each with its name."""
    good = (b"authorization", f"Bearer {token}".encode())
    for name, value in GOOD_AUTHORIZATION.items():
        yield f"authorization: {name}", [(b"authorization", token_put(value, token)), content_type]
    for name, value in STRANGE_MEDIA_TYPES.items():
        yield f"content-type: {name}", [good, (b"content-type", value)]
        yield (
            f"content-type, then a good one: {name}",
            [
                good,
                (b"content-type", value),
                content_type,
            ],
        )
    for name, value in STRANGE_ACCEPT.items():
        yield f"accept: {name}", [good, content_type, (b"accept", value)]
    for what, header in STRANGE_HEADERS.items():
        yield what, [good, content_type, header]
    yield "five thousand headers", [good, content_type, *[(b"x", b"y")] * 5_000]
