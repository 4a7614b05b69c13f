"""Parses the body of `POST /ocr_batch`, one item at a time.

`json.loads` keeps all other threads waiting until it is done: of two megabytes of small values for
half a second, in which no other caller is answered. Here they have their turn after each
item, and no item is longer than what is parsed in a moment.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from db.batches import MOST
from front.errors import BadBatch
from pipeline import parse
from pipeline.errors import ServiceError, WrongType
from pipeline.fetch.link import MAX_URL_BYTES

# As many bytes as the longest links need, each with what stands around it.
MOST_BYTES = MOST * (MAX_URL_BYTES + 128)
# Of one item, in characters.
_LONGEST_ITEM = 64 * 1024
# Of a refused item as much is kept, to show which it was.
_LONGEST = {"image_url": 2048, "url_type": 16}
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """all: link and url_type of each item. refused: by position the errors of those that are none,
    `error` and `code`."""

    all: list[tuple[str, str]]
    refused: dict[int, dict[str, Any]]


def read_items(body: bytes) -> Items:
    """BadBatch for what is no list of 1 to 1,000 items; a bad item is refused alone."""
    items = Items(all=[], refused={})
    try:
        for item in _values(body.decode(json.detect_encoding(body), "surrogatepass")):
            if len(items.all) == MOST:
                raise BadBatch
            try:
                _check(item)
            except ServiceError as error:
                items.refused[len(items.all)] = {"error": str(error), "code": error.code}
            items.all.append((_text(item, "image_url"), _text(item, "url_type")))
    except (ValueError, RecursionError):
        raise BadBatch from None
    return items


def _values(text: str) -> Iterator[object]:
    """What stands in a JSON list that is not empty; ValueError or RecursionError where it is none,
    or has an item that is too long."""
    at = _past(text, 0, "[")
    while True:
        value, length = _DECODER.raw_decode(text[at : at + _LONGEST_ITEM])
        yield value
        at = _past_spaces(text, at + length)
        if text[at : at + 1] != ",":
            break
        at = _past(text, at, ",")
    if _past(text, at, "]") != len(text):
        raise ValueError("something follows the list")


def _past(text: str, at: int, mark: str) -> int:
    """Where the text goes on after spaces, this mark, and spaces."""
    at = _past_spaces(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"no {mark} there")
    return _past_spaces(text, at + 1)


def _past_spaces(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None, "no spaces are a match too"
    return match.end()


def _check(item: object) -> None:
    if not isinstance(item, dict):
        raise WrongType("An item of a batch must be a JSON object.")
    asked = parse.recognise_fields(item, "")
    if asked.refresh or asked.dry_run:
        raise WrongType("An item of a batch can ask for neither refresh nor dry_run.")


def _text(item: object, name: str) -> str:
    """What the table can hold of a field, which may be anything in an item that is refused."""
    value = item.get(name) if isinstance(item, dict) else None
    text = value if isinstance(value, str) else ""
    return text.encode("utf-8", "replace").decode()[: _LONGEST[name]]
