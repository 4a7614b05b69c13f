"""One line's text cut into what it says: labels, numbers, and whatever else.

`持有份额 6.56  基金净值 2.9506 (08-14)` → label, number, label, number; days and clock times are
taken out first, because they belong to no label.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from postprocess.labels import Role, is_label, known_labels, role_of
from postprocess.normalize import normalize
from postprocess.numbers import Number, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a line's normalised text.

    start, end: where it lies along the line, 0–1. number: None for words. noise: an icon, a lone
        unit, an arrow; geometry looks through it. bound: a number that stands right behind words
        of its line (it is theirs), or is part of a word such as 沪深300.
    """

    text: str
    start: float
    end: float
    role: Role = Role.TEXT
    number: Number | None = None
    noise: bool = False
    bound: bool = False


_DAY_OR_TIME = re.compile(
    r"(?<![0-9.,])(?:"
    r"(?:19|20)[0-9]{2}(?P<d>[-./])[0-9]{1,2}(?P=d)(?:3[01]|[0-2]?[0-9])"
    r"|(?:19|20)[0-9]{2}年[0-9]{1,2}月(?:[0-9]{1,2}日)?|[0-9]{1,2}月[0-9]{1,2}日"
    r"|(?:19|20)[0-9]{2}-[01][0-9]|[01]?[0-9]-[0-3]?[0-9])"
    r"(?:\s*[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?)?(?![0-9.,%:-])"
    r"|(?<![0-9.,:])[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9.,:])"
    r"|(?<![A-Za-z])T\s?\+\s?[0-9]{1,2}(?:日)?(?![0-9.,])"
)
_BEFORE_CODE = re.compile(
    r"(?:(?<![A-Za-z])N[oO]\.?\s?|(?<=[\u3400-\u9fffA-Z)\]])\s?[-–—]\s?|#)(?=[0-9]{6}(?![0-9.,]))"
)
"""Marks between a fund's name and its code: 名称-005827, No.005827, 名称#005827."""
_DIGITS_AND_SEPARATORS = (
    r"(?:[0-9]"
    r"|[.,]+(?=[0-9*]|$)"
    r"|\. (?=[0-9])|, (?=[0-9]{3}(?![0-9]))| (?=[.,]+[0-9])"  # a space beside a separator
    r"|[OoQIl|SBZ。·、'’`:/](?=[0-9.,*])"  # what a digit or a separator may be misread as
    r"|(?<=[0-9.,])\*+)*"  # partly hidden
)
_UNIT = (
    r"\s?(?:份(?![额数])|[元%‰万亿])|股(?!票)"
    r"|人(?!民币)|[次名位只条笔个天年月日号时分秒点手度家户岁折倍期起张克项种款]|积分"
)
_RUN = re.compile(
    r"(?P<hidden>[*•●×＊]{2,}|-{2,}|[—_]+|^\s*-\s*$|暂无(?:数据)?)"
    r"|(?P<sign>(?:[¥$€]\s?[+-]?|[+-]\s?[¥$€]?)\s?)?"
    r"(?!(?<=R)[1-5](?![0-9.]))"  # a fund's risk class, R3
    r"(?P<body>(?:(?<![A-Za-z])[OoQIl|])?[.,]?[0-9]" + _DIGITS_AND_SEPARATORS + r")"
    r"(?P<unit>" + _UNIT + r")?"
)
_NO_NUMBER = re.compile(r"[:/*]")
_CUT_BEFORE = re.compile(r"(?:[0-9][:/-]|[.,*+]|[0-9][.,]?[?□])$")
_CUT_AFTER = re.compile(
    r"[:/-][0-9]|[?□][.,]?[0-9?□]|\s?[.,]+(?!OF|SH|SZ)[OoQDIl|SBZ]|[*%]|\.(?![A-Za-z])|,(?!\s*(?:[\u3400-\u9fff]|$))"
)
_RULE_BEFORE_CODE = re.compile(r"(?<=[型险类])[|丨](?=[0-9]{6}(?![0-9.,|]))")
"""混合型|163702: with a 1 in its place these would be seven digits, which follow no kind."""
_LETTER_BEFORE = re.compile(r"[A-Za-z]$")
_LETTER_AFTER = re.compile(r"[A-Za-z|]|\.[A-Za-z]")
_LIKE_DIGIT = "OoQDIl|SBZ"
_LONGEST_LINE = 400
"""Characters beyond which a text is no line of a screen."""
_LONGEST_MARK = 8
"""Characters before a number that may say what it is."""
_CODE_AFTER = re.compile(r"(?:^|[^A-Za-z])(?:(?:ETF|LOF|QDII|FOF|REITS?)?[A-FHIORY]?|SH|SZ|OF)$")
_CODE_BEFORE = re.compile(r"(?:\.?(?:OF|SH|SZ)|[A-FHIORY])?(?![A-Za-z0-9])")
_KNOWN_RUN: re.Pattern[str] = re.compile(
    "(?:" + "|".join(map(re.escape, known_labels())) + r")(?:\s?[(\[]\s?(?:份|元)?\s*[)\]])?"
)
_PIECE = re.compile(r"[^\s,;。|·、)\]]+[)\]]*|[)\]]+")
_PUNCTUATION = " ::;,.。、|()[]<>"
_ENGLISH = re.compile("[A-Za-z]{2}")
_OF_SHARES = (Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.HELD, Role.HELD_IF_SHARES)
_UNSURE = (Role.TEXT, Role.DOUBTFUL)
_CJK = re.compile(r"[\u3400-\u9fff□]")
_LONE_UNIT = re.compile(r"[\s()\[\]]*(?:份|单位:份)?[\s()\[\]]*")


@lru_cache(maxsize=8192)
def segments(text: str) -> tuple[Part, ...]:
    """The parts of one line's text in order; empty for a line that says nothing."""
    return tuple(_cut_by_space(_cut(normalize(text))))


def _cut(text: str) -> list[Part]:
    """A normalised text cut at its numbers and labels."""
    if not text.strip():
        return []
    if len(text) > _LONGEST_LINE:
        return [Part(text=text, start=0.0, end=1.0)]
    place = _places(text)
    days = [found.span() for found in _DAY_OR_TIME.finditer(text)]
    clean = _DAY_OR_TIME.sub(lambda found: " " * len(found.group()), text) if days else text
    clean = _BEFORE_CODE.sub(lambda found: " " * len(found.group()), clean)
    clean = _RULE_BEFORE_CODE.sub(" ", clean)
    parts: list[Part] = []
    at = 0
    for run in _RUN.finditer(clean):
        parts += _words(clean, at, run.start(), place)
        after = clean[run.end() : run.end() + 1]
        behind_words = bool(parts) and parts[-1].number is None and not parts[-1].noise
        bound = behind_words or (after.isalpha() and after not in _LIKE_DIGIT)
        parts.append(
            Part(
                text=run.group().strip(),
                start=place[run.start()],
                end=place[run.end()],
                number=_number(clean, run),
                bound=bound,
            )
        )
        at = run.end()
    parts += _words(clean, at, len(clean), place)
    if not days:
        return parts
    parts += [
        Part(text=text[a:b], start=place[a], end=place[b], role=Role.DAY, noise=True)
        for a, b in days
    ]
    return sorted(parts, key=lambda part: part.start)


def _places(text: str) -> list[float]:
    """Where each character begins, as a share of the line's length; CJK is twice as wide."""
    places, at = [0.0], 0.0
    for character in text:
        at += 1.0 if character < "\u2e80" else 2.0
        places.append(at)
    return [place / at for place in places]


def _number(text: str, run: re.Match[str]) -> Number:
    body, raw = run["body"], run.group().strip()
    if body is None:
        return Number(raw=raw, kind="other")
    sign, unit = run["sign"] or "", (run["unit"] or "").strip()
    start, end = run.span()
    near = max(0, start - _LONGEST_MARK), start
    after = text[end : end + 1]
    money = unit == "元" or any(mark in sign for mark in "¥$€")
    whole = not _CUT_BEFORE.search(text, *near) and not _CUT_AFTER.match(text, end)
    digits = (
        whole
        and len(body) == 6
        and body.isdigit()
        and not sign
        and not unit
        and _CODE_AFTER.search(text, *near) is not None
        and _CODE_BEFORE.match(text, end) is not None
    )
    if "+" in sign or "-" in sign or unit not in ("", "份", "元", "股") or _NO_NUMBER.search(body):
        return Number(raw=raw, kind="other", unit=unit, money=money)
    read = body.replace(" ", "")
    if after and after in _LIKE_DIGIT:
        read += after
    value, candidates = parse(read)
    touched = bool(_LETTER_BEFORE.search(text, *near) or _LETTER_AFTER.match(text, end))
    if not value or not whole or touched:
        candidates = candidates or ((value,) if value else ())
        value = ""
    return Number(
        raw=raw,
        kind="sure" if value else "ambiguous",
        value=value,
        candidates=() if value else candidates,
        unit=unit,
        money=money,
        digits=digits,
        touched=touched,
    )


def _cut_by_space(parts: list[Part]) -> Iterator[Part]:
    """`1 234.56` may be one number or two: nobody can be sure."""
    index = 0
    while index < len(parts):
        part = parts[index]
        index += 1
        while index < len(parts) and _continues(part.number, other := parts[index].number):
            assert part.number is not None and other is not None
            number = _joined(part.number, other)
            part = replace(part, text=number.raw, end=parts[index].end, number=number)
            index += 1
        yield part


def _continues(one: Number | None, other: Number | None) -> bool:
    """True where the digits of `other` may be the rest of `one`: it has no end of its own."""
    if one is None or other is None or one.kind == "other" or other.kind == "other":
        return False
    ended = one.digits or one.places or one.unit or one.touched
    return not ended and not other.digits and other.raw[:1].isdigit()


def _joined(one: Number, other: Number) -> Number:
    raw = f"{one.raw} {other.raw}"
    value, candidates = parse(raw.removesuffix(other.unit).replace(" ", ""))
    meanings = dict.fromkeys((*filter(None, (value,)), *candidates, *filter(None, (one.value,))))
    return replace(
        other, raw=raw, kind="ambiguous", value="", candidates=tuple(meanings), digits=False
    )


def _words(text: str, start: int, end: int, place: list[float]) -> Iterator[Part]:
    words = text[start:end]
    if not words.strip(_PUNCTUATION):
        return
    whole = _word(text, start, end, place)
    if not is_label(whole.text):
        pieces = _labels_in(words) or [found.span() for found in _PIECE.finditer(words)]
        if len(pieces) > 1:
            parts = [_word(text, start + first, start + last, place) for first, last in pieces]
            if whole.role is Role.TEXT or any(part.role not in _UNSURE for part in parts):
                yield from _unsure_in_english(parts)
                return
    yield whole


def _unsure_in_english(parts: list[Part]) -> list[Part]:
    """A word of shares among other English words may say anything: Min. holding."""
    if not any(part.role is Role.TEXT and _ENGLISH.search(part.text) for part in parts):
        return parts
    return [
        replace(part, role=Role.DOUBTFUL)
        if part.text.isascii() and part.role in _OF_SHARES
        else part
        for part in parts
    ]


def _labels_in(words: str) -> list[tuple[int, int]]:
    """Where known labels stand that OCR pushed into one run of words; empty if other words do."""
    found = list(_KNOWN_RUN.finditer(words))
    if len(found) < 2 or _KNOWN_RUN.sub("", words).strip(_PUNCTUATION):
        return []
    return [label.span() for label in found]


def _word(text: str, start: int, end: int, place: list[float]) -> Part:
    words = text[start:end]
    stripped = words.strip()
    first = start + len(words) - len(words.lstrip())
    short = len(stripped) <= 1 or (len(stripped) == 2 and not _CJK.search(stripped))
    return Part(
        text=stripped,
        start=place[first],
        end=place[first + len(stripped)],
        role=role_of(stripped),
        noise=short or _LONE_UNIT.fullmatch(stripped) is not None,
    )
