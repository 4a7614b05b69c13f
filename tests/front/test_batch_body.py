"""The list of a batch, taken apart item by item: what `json.loads` would say, within bounds."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from front.batch_body import MOST_BYTES, _values, read_items
from front.errors import BadBatch
from pipeline.fetch.link import MAX_URL_BYTES

GOOD = {"image_url": "https://pictures.example.com/a.png", "url_type": "oss"}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=30)
@given(st.lists(ANY, min_size=1), st.sampled_from((None, 1, "\t \r\n")), st.booleans())
def test_a_list_is_what_json_says(values: list[Any], indent: Any, escaped: bool) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=escaped)
    assert [*_values(f" {text}\n")] == values


@settings(max_examples=60)
@given(st.text(alphabet='[]{},:"\\1 x', max_size=12))
def test_what_json_refuses_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    if not isinstance(expected, list) or not expected:
        with pytest.raises(ValueError):
            list(_values(text))
    else:
        assert [*_values(text)] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_every_encoding_of_json_is_read(encoding: str) -> None:
    items = read_items(json.dumps([GOOD, None], ensure_ascii=False).encode(encoding))
    assert items.all == [(GOOD["image_url"], "oss"), ("", "")]
    assert [*items.refused] == [1]


def test_a_thousand_of_the_longest_links_have_room() -> None:
    link = "https://pictures.example.com/" + "a" * (MAX_URL_BYTES - 29)
    body = json.dumps([{"image_url": link, "url_type": "7min_local"}] * 1000, indent=4).encode()
    assert len(body) < MOST_BYTES
    items = read_items(body)
    assert (len(items.all), items.refused) == (1000, {})


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * 1000 + b"1]",
        b'[{"a": [' + b"1," * 40_000 + b"1]}]",
        b'["' + b"a" * 70_000 + b'"]',
        b"[" + b"[" * 5000 + b"]" * 5000 + b"]",
        b"[1" + b"0" * 70_000 + b"]",
        b"[1" + b"0" * 5000 + b"]",
        b"[1]]",
        b"[1,]",
        b"[1 2]",
        b"[\xff]",
    ],
    ids=range(10),
)
def test_what_is_no_list_of_short_items_is_no_batch(body: bytes) -> None:
    with pytest.raises(BadBatch):
        read_items(body)


def test_of_too_many_items_the_rest_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("front.batch_body._check", seen.append)
    with pytest.raises(BadBatch):
        read_items(b"[" + b"1," * 1_000_000 + b"1]")
    assert len(seen) == 1000
