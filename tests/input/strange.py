"""Bodies that no caller should send: JSON written by hand, so that it can be what no JSON writer
makes."""

import gzip
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from hypothesis import strategies as st

Text: TypeAlias = st.SearchStrategy[str]
Bytes: TypeAlias = st.SearchStrategy[bytes]

# Every character of every plane, the surrogates that stand alone too.
CHARACTERS = st.characters(exclude_categories=())
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=40),
    st.sampled_from(
        [
            *["", " ", "\x00", "\ufeff", "\u202eab", "\ud800", "\udfff", "\U0010ffff", "null", "0"],
            *["'; DROP TABLE ocr_result; --", "{{7*7}}", "../../etc/passwd", "%s%n", "\r\nX-Y: z"],
            *["x" * 5000, "名" * 3000, "011608", "０１１６０８", "1,234.56", "-1", "1e5", "NaN"],
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        [
            *["0", "1", "-0", "-1", "1e999", "-1E400", "1e-9999", "NaN", "Infinity", "-Infinity"],
            *[
                "9" * 4300,
                "9" * 4301,
                "-" + "9" * 10_000,
                str(2**63),
                str(2**64),
                "0." + "3" * 9000,
            ],
            *["01", "+1", "1.", ".5", "0x1F", "1_000", "١"],
        ]
    ),
)


def quoted(text: str, escaped: bool) -> str:
    """A JSON string; not escaped, it is written as it is, surrogates that stand alone too."""
    return json.dumps(text, ensure_ascii=escaped)


STRINGS = st.builds(quoted, TEXTS, st.booleans())


def objects(names: Text, values: Text) -> Text:
    """Objects of written pairs: a name may come twice."""
    pairs = st.lists(st.builds("{}:{}".format, names, values), max_size=6)
    return pairs.map(lambda inside: "{" + ",".join(inside) + "}")


def _larger(inner: Text) -> Text:
    lists = st.lists(inner, max_size=5).map(lambda inside: "[" + ",".join(inside) + "]")
    return lists | objects(STRINGS, inner)


VALUES = st.recursive(
    st.sampled_from(["null", "true", "false"]) | NUMBERS | STRINGS, _larger, max_leaves=8
)
"""Any JSON value, and some that are nearly JSON."""


def bodies(good: dict[str, list[Any]]) -> Bytes:
    """Bodies for who expects an object of these fields; good: values that each may have."""
    names = st.sampled_from(sorted(good)).map(json.dumps) | STRINGS
    rightly = st.fixed_dictionaries(
        {name: st.sampled_from(values) for name, values in good.items()}
    ).map(json.dumps)
    nearly = st.fixed_dictionaries(
        {name: st.sampled_from(values).map(json.dumps) | VALUES for name, values in good.items()}
    ).map(lambda fields: "{" + ",".join(f'"{name}":{v}' for name, v in fields.items()) + "}")
    texts = nearly | objects(names, VALUES) | VALUES | rightly
    return st.builds(lambda text, encode: encode(text), texts, st.sampled_from(ENCODERS))


def _as(encoding: str) -> Callable[[str], bytes]:
    return lambda text: text.encode(encoding, "surrogatepass")


ENCODERS: list[Callable[[str], bytes]] = [
    *[_as("utf-8")] * 6,
    *(_as(name) for name in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-le", "utf-7")),
    lambda text: text.encode("latin-1", "replace"),
    lambda text: gzip.compress(_as("utf-8")(text)),
    lambda text: _as("utf-8")(text)[:-1],
    lambda text: b"\xff" + _as("utf-8")(text),
    lambda text: _as("utf-8")(text) + b"\x00",
    lambda text: _as("utf-8")(text) * 2,
]

DEEP = 100_000
NASTY: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "a byte order mark": b"\xef\xbb\xbf",
    "a mark of UTF-16": b"\xff\xfe",
    "a mark of UTF-32": b"\xff\xfe\x00\x00",
    "zeros": bytes(1000),
    "ones": b"\xff" * 1000,
    "overlong UTF-8": b'{"image_url":"\xc0\xaf"}',
    "gzip": gzip.compress(b"{}"),
    "brackets": b"[" * DEEP,
    "brackets, closed": b"[" * DEEP + b"]" * DEEP,
    "braces": b'{"image_url":' * DEEP,
    "brackets in a field": b'{"image_url":' + b"[" * DEEP + b"]" * DEEP + b',"url_type":"oss"}',
    "backslashes": b'{"image_url":"' + b"\\" * 100_001,
    "a number of 10,000 digits": b'{"image_url":"x","row_version":' + b"9" * 10_000 + b"}",
    "a number of 4,300 digits": (
        b'{"image_url":"x","update_fund_code":"000001","update_hold_share":"1","row_version":'
        + b"9" * 4300
        + b"}"
    ),
    "very many names": b"{" + b",".join(b'"%d":0' % n for n in range(500_000)) + b"}",
    "one name very often": b"{" + b",".join([b'"image_url":null'] * 100_000) + b"}",
    "a long text": b'{"image_url":"' + b"a" * 5_000_000 + b'","url_type":"oss"}',
    "a long name": b'{"' + b"a" * 5_000_000 + b'":1}',
    "a long list": b"[" + b"0," * 1_000_000 + b"0]",
    "two documents": b"{}{}",
    "a comment": b"/* */{}",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
"""Bodies that once stopped one parser or another."""

CONTENT_TYPES: list[bytes] = [
    b"",
    b"application/json",
    b"application/json; charset=utf-16",
    b"application/problem+json",
    b"text/plain",
    b"text/html",
    b"application/octet-stream",
    b"application/x-www-form-urlencoded",
    b"application/x-www-form-urlencoded; charset=nonsense",
    b"multipart/form-data",
    b"multipart/form-data; boundary=",
    b"multipart/form-data; boundary=b",
    b'multipart/form-data; boundary="b"; charset=nonsense',
    b"multipart/mixed; boundary=b",
    b"image/png",
    b"image/" + b"x" * 3000,
    b"IMAGE/PNG; q=\x7f",
    b"image/\xff\xfe",
    b";;;=",
    b"x" * 500,
]


def forms() -> Bytes:
    """Multipart bodies with the boundary `b`, whole and not."""
    names = st.sampled_from(["image", "refresh", "dry_run", "body", "data", "x", ""]) | TEXTS
    heads = st.sampled_from(
        [
            *[
                'form-data; name="{}"',
                'form-data; name="{}"; filename="a.png"',
                "form-data; name={}",
            ],
            *[
                'attachment; name="{}"',
                "form-data",
                "form-data; name=\"{}\"; filename*=utf-8''%ff%00",
            ],
        ]
    )
    types = st.sampled_from(["", "Content-Type: image/png\r\n", "Content-Type: \xff/;\r\n"])
    transfer = st.sampled_from(["", "Content-Transfer-Encoding: base64\r\n"])
    parts = st.builds(
        lambda head, name, kind, how, content: (
            (
                "--b\r\nContent-Disposition: "
                + head.replace("{}", name.replace("\r", " ").replace("\n", " "))
                + f"\r\n{kind}{how}\r\n"
            ).encode("utf-8", "surrogatepass")
            + content
            + b"\r\n"
        ),
        heads,
        names,
        types,
        transfer,
        st.binary(max_size=60),
    )
    ends = st.sampled_from([b"--b--\r\n", b"--b--", b"", b"--b\r\n", b"\r\n--c--"])
    return st.builds(lambda inside, end: b"".join(inside) + end, st.lists(parts, max_size=4), ends)


def urlencoded() -> Bytes:
    """Bodies of `application/x-www-form-urlencoded`, broken escapes too."""
    pieces = st.sampled_from([b"image_url", b"url_type", b"oss", b"=", b"&", b"%", b"%ff", b"%00"])
    return st.lists(pieces | st.binary(max_size=4), max_size=12).map(b"".join)
