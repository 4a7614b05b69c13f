"""Scans a workbook's XML before a reader lays out its sheet: what is really in it, and what a
reader would skip in silence.

A sheet says in `<dimension>` how large it is, and may say anything; a reader that lays its cells
out as a table needs room for every place up to the last one.
"""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

# What may be in a list of corrections. A line of an export has 20 cells.
MOST_ROWS = 200_000
MOST_CELLS = 20 * MOST_ROWS
# All files of a workbook together, inflated (bytes): lines of an export take 1.2 KB each.
MOST_INFLATED = 400 << 20
MOST_FILES = 2_000

_PIECE = 1 << 16
# The numbers of a format that shows zeros, as `000000`, or `0.00_ ` of a Chinese Excel's menu.
_ZEROS = re.compile(r"(0+(?:\.0+)?)(?:_.)?(?:;.*)?", re.DOTALL)
_BUILT_IN = {1: "0", 2: "0.00"}
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")

Place = tuple[int, int]


class BadWorkbook(Exception):
    """One sentence without its subject, which is the file: why it cannot be read as a list."""


DAMAGED = "is damaged, or no workbook."
PROTECTED = "is protected with a password; save it without one."
TOO_LARGE = "is too large for a list of corrections: give fewer lines, or CSV."


@dataclass(slots=True, kw_only=True)
class Scan:
    """What is in a sheet. Places are row and column, from 0.

    zeros: of numbers whose format shows zeros that format, such as `000000`. odd: what stands in
    cells that a reader takes for empty.
    """

    rows: int = 0
    columns: int = 0
    zeros: dict[Place, str] = field(default_factory=dict)
    odd: dict[Place, str] = field(default_factory=dict)


def require_bounds(book: zipfile.ZipFile) -> None:
    """BadWorkbook where its files are too many, or too large together by what they tell."""
    files = book.infolist()
    if len(set(book.namelist())) < len(files):  # which of them counts is each reader's own guess
        raise BadWorkbook(DAMAGED)
    if any(file.flag_bits & 1 for file in files):
        raise BadWorkbook(PROTECTED)
    if len(files) > MOST_FILES or sum(file.file_size for file in files) > MOST_INFLATED:
        raise BadWorkbook(TOO_LARGE)


def scan_sheet(book: zipfile.ZipFile) -> Scan:
    """Its first sheet; BadWorkbook where there is none, or a table of it would be too large."""
    path = _first_sheet(book)
    _parse(book, "xl/sharedStrings.xml", None)
    sheet = _Sheet(_zero_formats(book))
    _parse(book, path, sheet.started, sheet.text, is_needed=True)
    return sheet.end()


def _first_sheet(book: zipfile.ZipFile) -> str:
    """Where it lies: the workbook names a relation, and that a file."""
    ids: list[str] = []
    targets: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            named = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            ids.append(named.get("id", ""))

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(book, "xl/workbook.xml", sheet, is_needed=True)
    _parse(book, "xl/_rels/workbook.xml.rels", relation, is_needed=True)
    sheets = [targets[id] for id in ids if id in targets]
    if not sheets:
        raise BadWorkbook("has no sheet.")
    target = sheets[0]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _zero_formats(book: zipfile.ZipFile) -> list[str | None]:
    """For each style of a cell the zeros that its numbers show."""
    codes: dict[str, str] = {str(number): code for number, code in _BUILT_IN.items()}
    styles: list[str] = []
    group = ""

    def style(name: str, attributes: dict[str, str]) -> None:
        nonlocal group
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            group = name
        elif name == "xf" and group == "cellXfs":
            styles.append(attributes.get("numFmtId", ""))

    _parse(book, "xl/styles.xml", style)
    shown = [_ZEROS.fullmatch(codes.get(number, "")) for number in styles]
    return [zeros[1] if zeros else None for zeros in shown]


class _Sheet:
    """What a sheet's elements come to, in their order."""

    def __init__(self, formats: list[str | None]) -> None:
        self._formats = formats
        self._found = Scan()
        self._row = self._column = -1
        self._attributes: dict[str, str] = {}
        self._is_formula = self._has_value = self._is_counted = False

    def started(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "c":
            self._end_cell()
            place = attributes.get("r")
            if place is None:
                self._column += 1
            else:
                self._row, self._column = _place_of(place)
            self._attributes = attributes
            self._is_formula = self._has_value = self._is_counted = False
            if attributes.get("t") == "e":
                self._odd("an error")
        elif name in ("v", "is"):
            self._count()
            self._has_value = not self._is_formula or name == "is"
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            self._end_cell()
            number = attributes.get("r", "")
            is_told = number.isascii() and number.isdecimal() and 0 < len(number) < 9
            self._row = int(number) - 1 if is_told else self._row + 1
            self._column = -1

    def text(self, characters: str) -> None:
        """Characters, which may be a formula's value."""
        if self._is_formula and self._is_counted and not characters.isspace():
            self._has_value = True

    def end(self) -> Scan:
        """The sheet has ended."""
        self._end_cell()
        return self._found

    def _count(self) -> None:
        if self._is_counted:
            return
        self._is_counted = True
        scan, row, column = self._found, self._row, self._column
        scan.rows = max(scan.rows, row + 1)
        scan.columns = max(scan.columns, column + 1)
        if scan.rows > MOST_ROWS or scan.rows * scan.columns > MOST_CELLS:
            raise BadWorkbook(
                f"has something in line {row + 1:,}, column {column + 1:,}: a list of corrections "
                f"has at most {MOST_ROWS:,} lines and {MOST_CELLS:,} cells. Delete what lies "
                "beside it, or give CSV."
            )
        if self._attributes.get("t", "n") == "n":
            style = self._attributes.get("s", "")
            if style.isascii() and style.isdecimal() and int(style) < len(self._formats):
                zeros = self._formats[int(style)]
                if zeros is not None:
                    scan.zeros[row, column] = zeros

    def _end_cell(self) -> None:
        if self._is_formula and not self._has_value:
            self._odd("a formula without its value")
        self._is_formula = False

    def _odd(self, what: str) -> None:
        self._count()
        self._found.odd[self._row, self._column] = what


def _place_of(text: str) -> Place:
    """`B3` → (2, 1)."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise BadWorkbook(DAMAGED)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _parse(
    book: zipfile.ZipFile,
    path: str,
    started: Callable[[str, dict[str, str]], None] | None,
    text: Callable[[str], None] | None = None,
    *,
    is_needed: bool = False,
) -> None:
    """Read a file of the book to its end. What may expand (a document type) is refused."""
    if path not in book.NameToInfo:
        if is_needed:
            raise BadWorkbook(DAMAGED)
        return
    parser: Any = expat.ParserCreate()
    if started is not None:
        parser.StartElementHandler = lambda name, attributes: started(
            name.rpartition(":")[2], attributes
        )
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    if text is not None:
        parser.CharacterDataHandler = text
    with book.open(path) as file:
        while piece := file.read(_PIECE):
            parser.Parse(piece, False)
    parser.Parse(b"", True)


def _refuse(*_: object) -> None:
    raise BadWorkbook(DAMAGED)
