"""Bodies that are no JSON object: callers know the sentence, the cause says what was sent."""

import pytest

from pipeline.errors import NotJson
from pipeline.parse import parse_json


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"image_url=https%3A%2F%2Fa.example.com%2Fa.png&url_type=oss", "form"),
        (b"update_fund_code=", "form"),
        (b'--x\r\nContent-Disposition: form-data; name="image_url"\r\n\r\nhttp\r\n--x--', "form"),
        (b"[]", "no object"),
        (b'"image_url"', "no object"),
        (b"{'image_url': 1}", "syntax"),
        (b"{image_url=1}", "syntax"),
        (b"--", "syntax"),
        (b"\xff\xfe", "syntax"),
        (b"[" * 100_000, "syntax"),
    ],
)
def test_a_body_that_is_no_json_says_what_it_is(body: bytes, cause: str) -> None:
    with pytest.raises(NotJson) as caught:
        parse_json(body)
    assert str(caught.value) == "没有获取到您传入的数据，请仔细检查您的输入。"
    assert caught.value.detail == {"detail": {"cause": cause}}
