"""`fundocr extract`: the rules alone, a page a line."""

import sys
from time import perf_counter
from typing import BinaryIO

from cli.page import BadPage, parse_page
from pipeline.response import Body, extraction_body, to_json
from postprocess.extract import Rules
from serving.failure import rules_or_failure, settings_or_failure

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
