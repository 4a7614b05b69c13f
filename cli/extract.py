"""`fundocr extract`: the rules alone, a page a line."""

import json
import sys
from time import perf_counter
from typing import Any, BinaryIO, NoReturn

from pipeline.errors import ServiceError
from pipeline.response import Body, extraction_body, to_json
from postprocess.extract import Rules
from postprocess.types import Line, Page, Point, Quad
from serving.failure import rules_or_failure, settings_or_failure

# A page of text lines as one line of JSON, from hands that may get it wrong.

# Plain texts have no place on a page; they get lines of this height, one below the other.
_LINE_HEIGHT = 1.0
_CHARACTER_WIDTH = 0.5
_LARGEST = 1e9


class BadPage(ServiceError):
    """The message names the part that is wrong."""

    status, code = 400, "BAD_PAGE"
    message = "The line is no page."


def parse_page(line: bytes) -> Page:
    """The page that one line of UTF-8 JSON describes; unknown keys are ignored.

    `{"lines": ["text", …]}` or `{"width", "height", "lines": [{"text", "confidence", "quad"}]}`
    in pixels. BadPage says what is wrong.
    """
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadPage("The line is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise BadPage("The line is not JSON.") from None
    if not isinstance(value, dict):
        raise BadPage('A page is an object such as {"lines": ["基金代码 011608"]}.')
    lines = value.get("lines")
    if not isinstance(lines, list):
        raise BadPage("'lines' is missing or is not a list.")
    if all(isinstance(text, str) for text in lines):
        return stacked(lines)
    return Page(
        lines=tuple(_line(item, f"lines[{index}]") for index, item in enumerate(lines)),
        width=round(_number(value, "width", "", 1, _LARGEST)),
        height=round(_number(value, "height", "", 1, _LARGEST)),
    )


_MARGIN = 10
"""Right of the longest text: a number at the side of a picture may be cut off."""


def stacked(texts: list[str]) -> Page:
    """Plain texts as lines of one column, in order, each as wide as it has characters."""
    lines = tuple(
        Line(text=text, confidence=1.0, quad=_row(index, len(text) * _CHARACTER_WIDTH))
        for index, text in enumerate(texts)
    )
    width = max((line.quad[1][0] for line in lines), default=0.0)
    return Page(lines=lines, width=int(width) + _MARGIN, height=max(len(lines), 1))


def _row(index: int, width: float) -> Quad:
    top, bottom = index * _LINE_HEIGHT, (index + 1) * _LINE_HEIGHT
    return ((0.0, top), (width, top), (width, bottom), (0.0, bottom))


def _line(item: object, name: str) -> Line:
    if not isinstance(item, dict):
        raise BadPage(f"'{name}' must be an object, or all lines plain texts.")
    text = item.get("text")
    if not isinstance(text, str):
        raise BadPage(f"'{name}.text' is missing or is not a text.")
    return Line(
        text=text,
        confidence=_number(item, "confidence", f"{name}.", 0, 1),
        quad=_quad(item.get("quad"), f"{name}.quad"),
        characters=_characters(item.get("characters"), f"{name}.characters"),
        second=_second(item.get("second"), f"{name}.second"),
    )


def _characters(value: object, name: str) -> tuple[float, ...]:
    """Probabilities of the text's characters, as stored evidence has them; none where missing."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadPage(f"'{name}' must be a list of numbers.")
    return tuple(_number({name: one}, name, "", 0, 1) for one in value)


def _second(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadPage(f"'{name}' is not a text.")
    return value


def _quad(value: object, name: str) -> Quad:
    if not isinstance(value, list) or len(value) != 4:
        raise BadPage(f"'{name}' must be four corners [x, y].")
    first, second, third, fourth = (_point(corner, name) for corner in value)
    return (first, second, third, fourth)


def _point(value: object, name: str) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise BadPage(f"'{name}' must be four corners [x, y].")
    corner = dict(zip("xy", value, strict=True))
    return (
        _number(corner, "x", f"{name}.", -_LARGEST, _LARGEST),
        _number(corner, "y", f"{name}.", -_LARGEST, _LARGEST),
    )


def _number(values: dict[str, Any], key: str, prefix: str, low: float, high: float) -> float:
    value = values.get(key)
    # Compared before it is converted: an integer may be too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadPage(f"'{prefix}{key}' must be a number from {low:g} to {high:g}.")
    return float(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


# Bytes of a page. The longest screens have a few hundred kilobytes.
_LONGEST = 8 << 20


def extract(rules: str | None) -> int:
    """Answer each line of stdin with one line on stdout, as soon as it is there."""
    apply_rules = rules_or_failure(settings_or_failure(rules))
    answer_lines(sys.stdin.buffer, sys.stdout.buffer, apply_rules)
    return 0


def answer_lines(pages: BinaryIO, answers: BinaryIO, rules: Rules) -> None:
    """One `{"flag", "data", "detail"}` or `{"error", "code"}` for each line in, in order."""
    while line := pages.readline(_LONGEST + 1):
        if len(line) > _LONGEST:
            _pass_over(line, pages)
            answer: Body = {"error": f"A line may have {_LONGEST} bytes.", "code": BadPage.code}
        else:
            answer = _answer(line, rules)
        answers.write(to_json(answer).encode() + b"\n")
        answers.flush()


def _pass_over(line: bytes, pages: BinaryIO) -> None:
    """The rest of a line of which nothing more is kept."""
    while line and not line.endswith(b"\n"):
        line = pages.readline(_LONGEST)


def _answer(line: bytes, rules: Rules) -> Body:
    started = perf_counter()
    try:
        page = parse_page(line)
    except BadPage as error:
        return {"error": str(error), "code": error.code}
    extraction = rules(page)
    elapsed_ms = round((perf_counter() - started) * 1000)
    return extraction_body(extraction, page, source="ocr", elapsed_ms=elapsed_ms)
