"""Forms that must be refused, made of a good one; and forms that are only strange."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

from tests.web.hostile.texts import BROKEN_UTF8, STRANGE_TEXTS

FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 50

NO_FORM = {
    "nothing": b"",
    "a blank": b" ",
    "a NUL": b"\x00",
    "an equals sign": b"=",
    "ampersands": b"&" * 60_000,
    "equals signs": b"=" * 60_000,
    "per cent signs": b"%" * 60_000,
    "plus signs": b"+" * 60_000,
    "one long name": b"a" * 60_000,
    "JSON": b'{"grant_type": "client_credentials"}',
    "xml": b"<grant_type>client_credentials</grant_type>",
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    "all bytes": bytes(range(256)),
}


def refused_forms(good: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield forms that the token endpoint may not take, each with its name."""
    form = urlencode(good).encode()
    yield from NO_FORM.items()
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
        yield encoding, form.decode().encode(encoding)
    for name in good:
        yield f"twice: {name}", form + f"&{name}=x".encode()
        yield f"twice, once escaped: {name}", form + f"&%{ord(name[0]):02x}{name[1:]}=x".encode()
        yield f"twice the same: {name}", form + f"&{name}={quote(good[name])}".encode()
        yield f"NUL in {name}", urlencode({**good, name: good[name] + "\0"}).encode()
        yield f"left out: {name}", urlencode({**good, name: ""}).encode()
    for name, broken in BROKEN_UTF8.items():
        yield f"{name}, as it is", form + b"&unknown=" + broken
        yield f"{name}, in per cent", form + b"&unknown=" + quote(broken).encode()
        yield f"{name}, in a name", form + b"&" + quote(broken).encode() + b"=1"
    yield "too many fields", form + b"&a=1" * FIELDS_MAX
    yield "ten thousand fields", form + b"&a=1" * 10_000
    yield "semicolons between", form.replace(b"&", b";")
    yield "brackets behind the names", form.replace(b"=", b"[]=")


def strange_forms(good: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield forms that do no harm, or are refused for what they ask, each with its name."""
    form = urlencode(good).encode()
    yield "ampersands before, between and behind", b"&&" + form.replace(b"&", b"&&") + b"&"
    yield "a field without a name", form + b"&=1"
    yield "a field without a value", form + b"&unknown"
    yield "wrong per cent escapes", form + b"&unknown=%zz%1&%=%"
    yield "NUL in an unknown field", form + b"&unknown=%00"
    yield (
        "all in per cent",
        "&".join(
            f"{_in_percent(name)}={_in_percent(value)}" for name, value in good.items()
        ).encode(),
    )
    for name in [*good, "scope"]:
        for what, text in STRANGE_TEXTS.items():
            yield f"{name}: {what}", urlencode({**good, name: text}).encode()


def _in_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
