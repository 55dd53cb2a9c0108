"""HTTP that is none, or that two servers would read in two ways (RFC 9112 §11.2)."""

from collections.abc import Mapping

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /healthz HTTP/1.1\r\n" + HOST
POST = b"POST /oauth/token HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
FORM = b"grant_type=client_credentials"
LENGTH = b"Content-Length: %d\r\n" % len(FORM)

NO_HTTP: Mapping[str, bytes] = {
    "a line of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "smtp": b"EHLO example.com\r\n",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "postgres": b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "NULs": bytes(1_000),
    "all bytes": bytes(range(256)),
    "a word": b"hello\r\n\r\n",
    "a method alone": b"GET\r\n\r\n",
    "no path": b"GET  HTTP/1.1\r\n\r\n",
    "a path without its slash": b"GET healthz HTTP/1.1\r\n\r\n",
    "a blank in the path": b"GET /health z HTTP/1.1\r\n" + HOST + b"\r\n",
    "byte FF in the path": b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "utf-8 in the path": "GET /ä HTTP/1.1\r\n".encode() + HOST + b"\r\n",
    "NUL in the path": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path of 70000 letters": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method in lower case": b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method of our own": b"REGISTER /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in the method": b"G\x00T /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method of 70000 letters": b"G" * 70_000,
    "another protocol": b"GET /healthz FTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown version": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "a version of three digits": b"GET /healthz HTTP/1.10\r\n" + HOST + b"\r\n",
    "line ends without carriage returns": b"GET /healthz HTTP/1.1\nHost: a\n\n",
    "a header without a name": GET + b": a\r\n\r\n",
    "a header without a colon": GET + b"Accept\r\n\r\n",
    "a blank before the colon": GET + b"Accept : a\r\n\r\n",
    "a blank in a name": GET + b"Acc ept: a\r\n\r\n",
    "NUL in a name": GET + b"Acc\x00ept: a\r\n\r\n",
    "byte FF in a name": GET + b"Acc\xffept: a\r\n\r\n",
    "NUL in a value": GET + b"Accept: a\x00b\r\n\r\n",
    "a control in a value": GET + b"Accept: a\x01b\r\n\r\n",
    "a folded header": GET + b"Accept: a\r\n b\r\n\r\n",
    "a tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel to a path": b"CONNECT /oauth/token HTTP/1.1\r\n" + HOST + b"\r\n",
}

TWO_READINGS: Mapping[str, bytes] = {
    "two lengths": POST + LENGTH + b"Content-Length: 5\r\n\r\n" + FORM,
    "the same length twice": POST + LENGTH + LENGTH + b"\r\n" + FORM,
    "a list of lengths": POST + b"Content-Length: 29, 29\r\n\r\n" + FORM,
    "length and chunks": POST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n",
    "an encoding that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked, then something": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n" + FORM,
    "length with a plus sign": POST + b"Content-Length: +29\r\n\r\n" + FORM,
    "length in hexadecimal": POST + b"Content-Length: 0x1d\r\n\r\n" + FORM,
    "length with a fraction": POST + b"Content-Length: 29.0\r\n\r\n" + FORM,
    "length in words": POST + b"Content-Length: all\r\n\r\n" + FORM,
    "empty length": POST + b"Content-Length:\r\n\r\n" + FORM,
    "length past 64 bits": POST + b"Content-Length: 18446744073709551645\r\n\r\n" + FORM,
    "length of 5000 digits": POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n" + FORM,
    "a chunk's length that is none": CHUNKED + b"zz\r\n" + FORM,
    "a chunk's length with a sign": CHUNKED + b"-1\r\n" + FORM,
    "a chunk's length with a prefix": CHUNKED + b"0x1d\r\n" + FORM,
    "a chunk's length past 64 bits": CHUNKED + b"fffffffffffffffff\r\n" + FORM,
    "a chunk longer than told": CHUNKED + b"5\r\n" + FORM + b"\r\n0\r\n\r\n",
    "a chunk without its line end": CHUNKED + b"1d\r\n" + FORM + b"0\r\n\r\n",
    "chunks ended by line feeds": CHUNKED + b"1d\n" + FORM + b"\n0\n\n",
    "NUL in a chunk's length": CHUNKED + b"1d\x00\r\n" + FORM,
}
"""If a proxy before us and we took them differently, one request could hide in another."""
