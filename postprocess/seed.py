r"""The rule set `seed`: the replaced service's rules exactly, faults included.

They look at texts in reading order only. Known faults that callers may rely on and that `layout`
mends: the value of a label may come from another column's line, `\d` counts full-width digits,
dates and amounts can pass as codes, a point with one decimal is lost (`7.1` → `71`), and a label
on the last line without a value fails (here: `RULE_ERROR`).
"""

import re

from postprocess.types import Extraction, Found, Line, Page, Reason

VERSION = "seed@1"

_SIX_DIGITS = re.compile(r"\d{6}")
_NUMBER = re.compile(r"[\d|,.]+")


class _PageEndsAtLabel(Exception):
    """The replaced service's code reads past the last line here and fails."""


def extract(page: Page) -> Extraction:
    """Apply the replaced service's rules to the lines of one page; never raises."""
    codes: list[Found] = []
    shares: list[Found] = []
    try:
        for index, line in enumerate(page.lines):
            code = _code(line.text)
            if code is not None:
                codes.append(_found(line, code))
                continue
            share = _share(page.lines, index)
            if share is not None:
                shares.append(share)
    except _PageEndsAtLabel:
        return Extraction(rules=VERSION, reason=Reason.RULE_ERROR)
    return Extraction(
        rules=VERSION,
        fund_codes=tuple(codes),
        hold_shares=tuple(shares),
        reason=_reason(page, codes, shares),
    )


def _reason(page: Page, codes: list[Found], shares: list[Found]) -> Reason | None:
    if not any(line.text for line in page.lines):
        return Reason.NO_TEXT
    if len(codes) != 1:
        return Reason.MANY_CODES if codes else Reason.NO_CODE
    if len(shares) != 1:
        return Reason.MANY_SHARES if shares else Reason.NO_SHARE
    return None


def _code(text: str) -> str | None:
    run = _SIX_DIGITS.search(text)
    if run is None:
        return None
    code, start, end = run.group(), run.start(), run.end()
    if end == len(text):
        return code
    if start == 0 and (text[end] == "." or text[end].isdigit()):
        return None
    # At the start of the line "the character before" wraps round to the last one.
    if text[start - 1] in "-+.":
        return None
    return code


def _share(lines: tuple[Line, ...], index: int) -> Found | None:
    text = lines[index].text
    if "份额" in text:
        if "可用份额" in text:
            return _value(lines, index, "可用份额")
        if "持有份额" in text and not _available_follows(lines, index):
            return _value(lines, index, "持有份额")
        return None
    return _value(lines, index, "可用") if "可用" in text else None


def _available_follows(lines: tuple[Line, ...], index: int) -> bool:
    for ahead in (1, 2):
        if index + ahead >= len(lines):
            raise _PageEndsAtLabel
        if "可用份额" in lines[index + ahead].text:
            return True
    return False


def _value(lines: tuple[Line, ...], index: int, label: str) -> Found | None:
    line = lines[index]
    run = _NUMBER.search(line.text)
    if run is not None and line.text.find(run.group()) >= line.text.find(label):
        return _found(line, _plain(run.group()), label)
    if index + 1 >= len(lines):
        raise _PageEndsAtLabel
    line = lines[index + 1]
    run = _NUMBER.search(line.text)
    return None if run is None else _found(line, _plain(run.group()), label)


def _plain(number: str) -> str:
    """Drop separators, keep a point that stands third from the end."""
    if len(number) < 3:
        return number
    if number[-3] == ".":
        return re.sub("[,.]", "", number[:-3]) + number[-3:]
    return re.sub("[,.]", "", number)


def _found(line: Line, value: str, label: str | None = None) -> Found:
    return Found(
        value=value, text=line.text, confidence=line.confidence, quad=line.quad, label=label
    )
