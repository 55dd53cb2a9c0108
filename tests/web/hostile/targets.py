"""Paths and queries that are wrong, strange, or would like to be somewhere else."""

from collections.abc import Iterator
from urllib.parse import quote

from tests.web.hostile.texts import BROKEN_UTF8, STRANGE_TEXTS

URL_BYTES_MAX = 65_535
"""How long an URL may be: where uvicorn's parser draws the line."""


def strange_ids() -> Iterator[tuple[str, bytes]]:
    """Yield what stands for an id in a path, each with its name; none of them names anything."""
    for name, text in STRANGE_TEXTS.items():
        if text:
            yield name, quote(text, safe="").encode()[: URL_BYTES_MAX - 1_000]
    for name, broken in BROKEN_UTF8.items():
        yield name, quote(broken).encode()
    yield "NUL", b"%00"
    yield "NUL behind a good beginning", b"PCU_%00"
    yield "line end behind", b"PCU_0%0A"
    yield "a slash in per cent", b"a%2Fb"
    yield "a backslash in per cent", b"a%5Cb"
    yield "wrong per cent", b"%zz"
    yield "half a per cent", b"%"
    yield "twice in per cent", b"%2500"
    yield "dots in per cent", b"%2e%2e"
    yield "unicode in per cent", b"%u0041"
    yield "parameters of a path", b"a;b=c"
    yield "a list", b"a,b,c"
    yield "braces", b"{id}"
    yield "a star", b"*"


def strange_queries() -> Iterator[tuple[str, bytes]]:
    """Yield queries, each with its name."""
    for name, text in STRANGE_TEXTS.items():
        yield f"count: {name}", b"count=" + quote(text, safe="").encode()[: URL_BYTES_MAX - 1_000]
    for name, broken in BROKEN_UTF8.items():
        yield f"offset: {name}", b"offset=" + quote(broken).encode()
    for number in ("-1", "+1", "1.0", "1e1", "0x1", "00", "007", " 1", "1 ", "1_0", "NaN", "१"):
        yield f"count {number}", b"count=" + quote(number).encode()
    yield "count of all", b"count=99999999999999999999"
    yield "count of 5000 digits", b"count=" + b"9" * 5_000
    yield "offset behind all", b"offset=2147483647"
    yield "offset beyond", b"offset=2147483648"
    yield "twice", b"count=1&count=2"
    yield "twice, once in per cent", b"count=1&%63ount=x"
    yield "as an array", b"count[]=1"
    yield "as an object", b"count[a]=1"
    yield "in capitals", b"COUNT=x"
    yield "semicolon", b"count=1;offset=1"
    yield "nothing", b""
    yield "question marks", b"???"
    yield "equals signs", b"==="
    yield "ampersands", b"&" * 50_000
    yield "a hundred parameters", b"&".join([b"a=1"] * 100)
    yield "a hundred and one parameters", b"&".join([b"a=1"] * 101)
    yield "ten thousand parameters", b"&".join([b"a=1"] * 10_000)
    yield "one of sixty thousand letters", b"a=" + b"a" * 60_000
    yield "a token", b"access_token=abc"
    yield "NUL", b"%00=%00"


def nowhere(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield targets near a path that lead nowhere, each with its name."""
    written = path.encode()
    yield "a slash behind", written + b"/"
    yield "two slashes behind", written + b"//"
    yield "a slash twice inside", b"/" + b"//".join(written.split(b"/")[1:])
    yield "a dot inside", b"/." + written
    yield "dots to somewhere else", written + b"/../../../../oauth/token"
    yield "dots in per cent", written + b"/%2e%2e/%2e%2e"
    yield "NUL behind", written + b"%00"
    yield "NUL and an ending", written + b"%00.json"
    yield "line end behind", written + b"%0A"
    yield "line end before the last name", b"/%0A".join(written.rsplit(b"/", 1))
    yield "carriage return behind", written + b"%0D"
    yield "blank behind", written + b"%20"
    yield "blank before", b"/%20" + written[1:]
    yield "a dot behind", written + b"."
    yield "an ending", written + b".json"
    yield "semicolon", written + b";jsessionid=1"
    yield "a tilde", written + b"~"
    yield "a colon", written + b":cancel"
    yield "backslashes", b"/" + written[1:].replace(b"/", b"%5C")
    yield "twice in per cent", written.replace(b"a", b"%2561")
    yield "broken utf-8", written + b"%ff%fe"
    yield "overlong slash", written + b"%c0%af"
    yield "long s", written.replace(b"s", b"%C5%BF")
    yield "kelvin and dotless i", written.replace(b"i", b"%C4%B1")
    yield "one letter less", written[:-1]
    yield "one letter more", written + b"s"
    yield "two below", written + b"/a/b/c"
    yield "ten thousand below", written + b"/a" * 10_000
    yield "sixty thousand letters below", written + b"/a/" + b"a" * 60_000
