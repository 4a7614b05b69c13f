"""Bodies that must be refused, each with its own code."""

import json
from io import BytesIO
from typing import Any

from PIL import Image as Pillow

from tests.soak.asks import JSON, Ask
from tests.soak.files import File, encoded


def broken(source: File) -> list[Ask]:
    """Damaged pictures, what is none, pictures beyond the limits, requests that make no sense."""
    picture = Pillow.open(BytesIO(source.content)).convert("RGB")
    bomb = Pillow.new("1", (8000, 8000))  # 64 megapixels in a few kB
    requests: dict[str, dict[str, Any]] = {
        "MISSING_FIELD": {"image_url": "http://a.test/a.png"},
        "BAD_URL": {"image_url": "ftp://a.test/a.png", "url_type": "oss"},
        "HOST_NOT_ALLOWED": {"image_url": "http://a.test/a.png", "url_type": "7min_local"},
    }
    return [
        *(_picture("BAD_PICTURE", _half(picture, kind)) for kind in ("PNG", "JPEG", "WEBP")),
        _picture("NOT_A_PICTURE", b"<html>no picture</html>"),
        _picture("NOT_A_PICTURE", _saved(picture, "GIF")),
        _picture("PICTURE_TOO_SMALL", _saved(picture.crop((0, 0, 9, 9)), "PNG")),
        _picture("TOO_MANY_PIXELS", _saved(bomb, "PNG")),
        _picture("TOO_MANY_BYTES", b"\x89PNG\r\n\x1a\n" + bytes(11_000_000)),
        _request("NOT_JSON", b"{"),
        *(_request(code, json.dumps(fields).encode()) for code, fields in requests.items()),
    ]


def _half(picture: Pillow.Image, kind: str) -> bytes:
    whole = encoded(picture, kind).content
    return whole[: len(whole) // 2]


def _saved(picture: Pillow.Image, kind: str) -> bytes:
    data = BytesIO()
    picture.save(data, kind)
    return data.getvalue()


def _picture(code: str, content: bytes) -> Ask:
    return Ask(body=content, content_type="image/png", codes=frozenset({code}))


def _request(code: str, body: bytes) -> Ask:
    return Ask(body=body, content_type=JSON, codes=frozenset({code}), is_picture=False)
