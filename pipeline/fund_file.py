"""Reads files that list funds: a CSV, or the script in which a public list of funds comes."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from pipeline.regular_file import read_text
from postprocess.normalize import compact, normalize

_SCRIPT = re.compile(r"(?:(?:(?:var|let|const)\s+)?\w+\s*=\s*)?(?=\[)")
"""What stands before a script's array."""
_CODE = re.compile(r"[0-9]{6}")
_CJK = re.compile(r"[\u3400-\u9fff]")
_CODE_HEADS = {"code", "fundcode", "基金代码", "代码", "证券代码"}
_NAME_HEADS = {"name", "fundname", "shortname", "基金名称", "基金简称", "名称", "简称"}
_LOOKED_AT = 1000
"""Lines that tell what is in the columns."""

Row = tuple[int, Sequence[str]]
"""Number of a line (of a script: of an entry), from 1, and its cells."""


class FundFileError(Exception):
    """One sentence: why the file cannot be read as a list of funds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundFile:
    """What a file lists.

    funds: code → name, as written. again: how many lines repeat a fund word by word.
    bad: what is wrong, one sentence for each line, in the file's order.
    """

    funds: dict[str, str] = field(default_factory=dict)
    again: int = 0
    bad: tuple[str, ...] = ()


def read_fund_file(file: Path) -> FundFile:
    """Read a list of funds in UTF-8, of either form; FundFileError where it is none."""
    try:
        text = read_text(file, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise FundFileError(f"{file} cannot be read: {reason}") from None
    script = _SCRIPT.match(text.lstrip())
    try:
        if script:
            found = _funds("entry", _entries(text.strip()[script.end() :].rstrip("; \t\r\n")))
        else:
            found = _funds("line", _lines(text))
    except (csv.Error, ValueError, RecursionError) as error:
        form = "script" if script else "CSV"
        raise FundFileError(f"{file} cannot be read: its {form} is broken: {error}") from None
    if not found.funds and not found.bad:
        raise FundFileError(f"{file} names no fund")
    return found


def _entries(text: str) -> Iterator[Row]:
    """The entries of a script's array of arrays; ValueError where it is no JSON."""
    for number, entry in enumerate(json.loads(text), 1):
        cells = entry if isinstance(entry, list) else [entry]
        yield number, [cell if isinstance(cell, str) else "" for cell in cells]


def _lines(text: str) -> Iterator[Row]:
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    for cells in lines:
        if any(cell.strip() for cell in cells):
            yield lines.line_num, cells


def _funds(unit: str, all_rows: Iterator[Row]) -> FundFile:
    rows = list(all_rows)
    heading = [_head(cell) for cell in rows[0][1]] if rows else []
    if any(re.search(r"[0-9]", cell) for cell in heading):
        heading = []
    body = rows[1:] if heading else rows
    code_at, name_at = _columns(heading, body)
    funds: dict[str, str] = {}
    first: dict[str, int] = {}
    again, bad = 0, []
    for number, cells in body:
        code = normalize(cells[code_at]).strip() if code_at < len(cells) else ""
        name = " ".join(cells[name_at].split()) if name_at < len(cells) else ""
        if not _CODE.fullmatch(code) or not name:
            bad.append(f"{unit} {number} is not like 011608,name")
        elif code not in funds:
            funds[code], first[code] = name, number
        elif _same(funds[code], name):
            again += 1
        else:
            bad.append(f"{unit} {number} gives {code} another name than {unit} {first[code]}")
    return FundFile(funds=funds, again=again, bad=tuple(bad))


def _head(cell: str) -> str:
    return re.sub(r"[\s_-]", "", normalize(cell)).lower()


def _same(one: str, other: str) -> bool:
    return compact(normalize(one)) == compact(normalize(other))


def _columns(heading: Sequence[str], body: Sequence[Row]) -> tuple[int, int]:
    """Where codes and names stand: as the heading says, else by what is in the columns. Codes are
    six digits; names are the Chinese texts that repeat least (kinds of funds repeat)."""
    looked_at = [cells for _, cells in body[:_LOOKED_AT]]
    width = max(map(len, looked_at), default=0)
    columns = [
        [normalize(cells[at]).strip() for cells in looked_at if at < len(cells)]
        for at in range(width)
    ]
    code = next((at for at, head in enumerate(heading) if head in _CODE_HEADS), None)
    if code is None:
        counts = [sum(_CODE.fullmatch(cell) is not None for cell in column) for column in columns]
        code = counts.index(max(counts)) if counts else 0
    name = next((at for at, head in enumerate(heading) if head in _NAME_HEADS and at != code), None)
    if name is None:
        others = [at for at in range(width) if at != code]
        different = {at: len(set(filter(_CJK.search, columns[at]))) for at in others}
        name = max(others, key=lambda at: (different[at], -at), default=code + 1)
    return code, name
