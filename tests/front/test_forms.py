"""Forms with a picture, taken apart: what is let through, and what is none."""

import pytest

from front.errors import BadForm
from front.forms import picture_form

TYPE = "multipart/form-data; boundary=b"
HEAD = 'Content-Disposition: form-data; name="{}"; filename="截图.png"'


def part(name: str, *more: str, content: bytes = b"\r\n--c\r\n", charset: str = "utf-8") -> bytes:
    head = "\r\n".join((HEAD.format(name), *more)).encode(charset)
    return b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_a_file_may_be_called_anything(charset: str) -> None:
    form = picture_form(part("image", charset=charset) + b"--b--", TYPE)
    assert form.image == b"\r\n--c\r\n"


def test_what_stands_before_and_after_the_parts_is_passed_over() -> None:
    body = b"before\r\n" + part("image") + b"--b--\r\nafter\r\n--b--"
    assert picture_form(body, TYPE).image == b"\r\n--c\r\n"


def test_fifteen_parts_are_taken_and_sixteen_are_not() -> None:
    others = b"".join(part(f"field{n}") for n in range(14))
    assert picture_form(others + part("image") + b"--b--", TYPE).image
    with pytest.raises(BadForm):
        picture_form(others + part("more") + part("image") + b"--b--", TYPE)


@pytest.mark.parametrize(
    "wrong",
    [
        part("image", "Content-Length: 8"),
        part("image", "no colon in it"),
        part("image", "X-Long: " + "x" * 4096),
        part("image", *(f"X-{n}: y" for n in range(9))),
        part("image").replace(b"\r\n\r\n", b"\n\n"),
        part("").replace(b"name=", b"title="),
    ],
    ids=["length", "header", "long", "many", "line ends", "name"],
)
def test_a_part_that_is_wrong_spoils_the_form(wrong: bytes) -> None:
    with pytest.raises(BadForm):
        picture_form(wrong + part("data") + b"--b--", TYPE)
