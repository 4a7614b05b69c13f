"""What a body is by its first bytes."""

import json

import pytest

from pipeline.beginning import is_object, is_picture
from pipeline.settings import PROJECT

SAMPLES = sorted(p for p in (PROJECT / "samples").iterdir() if p.suffix in (".png", ".jpg"))
FOREIGN = [b"GIF89a", b"%PDF-1.7", b"\0\0\0\x18ftypheic", b"\0\0\0 ftypavif", b"II*\0", b"MM\0*"]
OWN = [b"RIFF\x24\0\0\0WEBPVP8 ", b"BM6\0\0\0"]
OBJECTS = [{}, {"image_url": "https://a.example.com/a.png"}, {"ftyp": 1, "BM": "RIFF"}]


def test_samples_and_other_files_are_pictures() -> None:
    for content in (*(path.read_bytes() for path in SAMPLES), *FOREIGN, *OWN):
        assert is_picture(content)
        assert not is_object(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_is_no_picture_in_any_encoding_that_json_knows(encoding: str) -> None:
    for value in OBJECTS:
        for text in (
            json.dumps(value),
            json.dumps(value, indent=2),
            f"{{  {json.dumps(value)[1:]}",
        ):
            content = text.encode(encoding)
            assert is_object(content), content
            assert not is_picture(content)


def test_what_is_neither() -> None:
    for content in (b"", b"[1]", b"null", b"no picture", b"\0" * 20):
        assert not is_picture(content)
        assert not is_object(content)
