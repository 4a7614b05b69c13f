"""Workbooks that somebody gives `fundocr import-corrections`: wrong, broken, and made to hurt."""

import json
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cli import sheet_scan, workbook
from cli.sheet_scan import DAMAGED, BadWorkbook
from cli.workbook import read_workbook
from cli.workbook_reader import _lines
from serving.failure import Failure
from tests.cli.workbooks import HEADING, book, number, shared_strings, sheet, styles, text

FILE = Path("list.xlsx")
ROW = (text("A2", "https://h/a.png"), text("B2", "011608"), text("C2", "1234.56"))


def cells(content: bytes) -> list[Any]:
    """What the process of its own tells of the sheet's lines, without that process."""
    _, *lines, end = _lines(content)
    assert end is None
    return lines


def below(*cells_below: str, **more: Any) -> list[Any]:
    """The cells below the heading."""
    heading, *lines = cells(book(sheet(*cells_below), **more))
    assert tuple(heading[:3]) == HEADING
    (line,) = lines
    return line  # type: ignore[no-any-return]


@pytest.mark.parametrize("dimension", ["", "A1", "A1:B1", "A1:XFD1048576", "Z9:A1"])
def test_what_a_sheet_says_of_its_size_loses_no_line(dimension: str) -> None:
    found = cells(book(sheet(*ROW, dimension=dimension)))
    assert found == [list(HEADING), ["https://h/a.png", "011608", "1234.56"]]


def test_cells_that_do_not_say_where_they_stand_follow_each_other() -> None:
    plain = sheet(*ROW)
    for place in ("A1", "B1", "C1", "A2", "B2", "C2"):
        plain = plain.replace(f' r="{place}"', "")
    plain = plain.replace(' r="1"', "").replace(' r="2"', "")
    assert cells(book(plain)) == cells(book(sheet(*ROW)))


def test_a_shared_text_is_whole_with_its_parts_and_without_its_reading() -> None:
    parts = "<r><t>https://h/</t></r><r><t>圖 😀.png</t></r><rPh sb='0' eb='1'><t>tu</t></rPh>"
    strings = shared_strings("x").replace("<t>x</t>", parts)
    shared = '<c r="A2" t="s"><v>0</v></c>'
    found = below(shared, *ROW[1:], **{"sharedStrings.xml": strings})
    assert found[0] == "https://h/圖 😀.png"


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        ("1234.5599999999999", "General", "1234.56"),  # as Excel writes it down
        ("9", "000000", "000009"),
        ("5600", "0.00", "5600.00"),
        ("5600", "0.00_ ", "5600.00"),
        ("7.125", "0.00", "7.125"),
        ("1.2E+3", "General", "1200"),
        ("100", "#,##0.00", "100"),
        ("0", "General", "0"),
        ("999999999999999", "0", "999999999999999"),
    ],
)
def test_a_number_is_what_its_cell_shows_to_the_last_digit(
    value: str, format: str, shown: str
) -> None:
    found = below(*ROW[:2], number("C2", value), **{"styles.xml": styles(format)})
    assert found[2] == shown


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (number("C2", "1234567890123456"), "more than 15 digits"),
        (number("C2", "1234567890123450"), "more than 15 digits"),  # the last is Excel's
        (number("C2", "1.234567890123456789"), "more than 15 digits"),
        (number("C2", "1e300"), "more than 15 digits"),
        (number("C2", "45995", style=1), "a date or time (2025-12-04"),
        (number("C2", "0.5", style=2), "a date or time (12:00:00"),
        ('<c r="C2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="C2" t="e"><v>#DIV/0!</v></c>', "an error"),
        ('<c r="C2"><f>1+1</f></c>', "a formula without its value"),
        ('<c r="C2"><f>1+1</f><v></v></c>', "a formula without its value"),
        ('<c r="C2"><f>1+1</f><v>\n</v></c>', "a formula without its value"),
    ],
    ids=range(11),
)
def test_what_is_no_plain_number_is_never_taken_for_one(cell: str, what: str) -> None:
    formats = {"styles.xml": styles("General", "yyyy-mm-dd", "hh:mm")}
    odd = below(*ROW[:2], cell, **formats)[2]
    assert what in odd["odd"]


def test_of_a_formula_the_value_counts_that_was_saved_with_it() -> None:
    found = below(
        '<c r="A2" t="str"><f>A1&amp;"x"</f><v>https://h/a.png</v></c>',
        ROW[1],
        '<c r="C2"><f>1+1</f><v>2</v></c>',
    )
    assert found == ["https://h/a.png", "011608", "2"]


def test_empty_cells_with_a_format_are_nothing() -> None:
    """Whoever formats a whole column leaves such behind, down to the last line."""
    empty = "".join(f'<c r="XFD{row}" s="0"/>' for row in (3, 1_048_576))
    assert cells(book(sheet(*ROW, empty)))[1][:3] == ["https://h/a.png", "011608", "1234.56"]


def repacked(content: bytes, **changes: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
    return packed.getvalue()


def encrypted() -> bytes:
    """The flag of a member with a password, in its header and in the directory."""
    content = bytearray(book(sheet(*ROW)))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(magic, at + 1)) >= 0:
            content[at + place] |= 1
    return bytes(content)


def lying() -> bytes:
    """A sheet of 40 MB that its headers tell as one of 500 bytes."""
    content = bytearray(book(sheet(*ROW) + " " * (40 << 20)))
    for magic, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := content.find(magic, at + 1)) >= 0:
            size = int.from_bytes(content[at + place : at + place + 4], "little")
            if size > 40 << 20:
                content[at + place : at + place + 4] = (500).to_bytes(4, "little")
    return bytes(content)


def twice() -> bytes:
    packed = BytesIO(book(sheet(*ROW)))
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


BOMB = (
    "<!DOCTYPE w [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>"
)
SPARSE = "line 1,048,576, column 16,384"
GOOD = book(sheet(*ROW))
HURTFUL: dict[str, tuple[bytes, str]] = {
    "sparse": (book(sheet(*ROW, text("XFD1048576", "x"))), SPARSE),
    "sparse by rows": (book(sheet(*ROW, number("A1048576", "1"))), "line 1,048,576, column 1"),
    "sparse formula": (book(sheet(*ROW, '<c r="XFD1048576"><f>1</f></c>')), SPARSE),
    "sparse, another prefix": (
        book(
            sheet(*ROW, text("XFD1048576", "x"))
            .replace("<", "<x:")
            .replace("<x:/", "</x:")
            .replace("xmlns=", "xmlns:x=")
        ),
        SPARSE,
    ),
    "wide": (book(sheet(*ROW, text("XFD999", "x"))), "column 16,384"),
    "entities": (book(sheet(*ROW, text("D2", "x"), before=BOMB)), DAMAGED),
    "entities in texts": (
        book(sheet(*ROW), **{"sharedStrings.xml": BOMB + shared_strings("x")}),
        DAMAGED,
    ),
    "lies of its size": (lying(), DAMAGED),
    "cut": (GOOD[: len(GOOD) // 2], DAMAGED),
    "cut at its end": (GOOD[:-30], DAMAGED),
    "another zip": (repacked(GOOD, **{}).replace(b"xl/", b"yl/"), DAMAGED),
    "no zip behind its magic": (b"PK\x03\x04" + b"x" * 200, DAMAGED),
    "no sheet": (book(None), "has no sheet."),
    "sheet is missing": (book(sheet(*ROW)).replace(b"sheet1.xml", b"sheet2.xml"), DAMAGED),
    "sheet is no XML": (book("no XML"), DAMAGED),
    "sheet ends early": (book(sheet(*ROW)[:-30]), DAMAGED),
    "no size": (book(sheet(*ROW, dimension="nonsense")), DAMAGED),
    "no place": (book(sheet(*ROW, text("XFDA1", "x"))), DAMAGED),
    "members with a password": (encrypted(), sheet_scan.PROTECTED),
    "two of one name": (twice(), DAMAGED),
}


@pytest.mark.parametrize("kind", HURTFUL)
def test_what_is_broken_or_made_to_hurt_is_refused_in_a_sentence(kind: str) -> None:
    content, why = HURTFUL[kind]
    with pytest.raises(BadWorkbook) as told:
        list(_lines(content))
    assert why in str(told.value)


def test_what_would_be_too_large_is_refused_before_it_is_inflated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheet_scan, "MOST_INFLATED", 1 << 20)
    content = book(sheet(*ROW), **{"media/a.bin": bytes(2 << 20)})
    assert len(content) < 10_000
    with pytest.raises(BadWorkbook, match="too large"):
        list(_lines(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"image_url,fund_code,hold_share\n", "is no workbook."),
        (b"", "is no workbook."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "old workbook (.xls) or one with a pass",
        ),
        (b"PK\x03\x04" + b"x" * 200, DAMAGED),
    ],
)
def test_each_refusal_is_one_sentence_about_the_file(content: bytes, why: str) -> None:
    with pytest.raises(Failure) as told:
        read_workbook(content, FILE)
    assert str(told.value).startswith(f"{FILE} ") and why in str(told.value)
    assert told.value.exit_code == 2


def test_texts_that_would_fill_the_memory_end_their_own_process_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One text of a megabyte in each of 3,000 cells: 3 GB, of 60 KB."""
    monkeypatch.setattr(workbook, "MOST_MEMORY", 256 << 20)
    shared = "".join(f'<c r="D{row}" t="s"><v>0</v></c>' for row in range(3, 3003))
    strings = shared_strings("x" * (1 << 20))
    content = book(sheet(*ROW, shared), **{"sharedStrings.xml": strings})
    assert len(content) < 60_000
    with pytest.raises(Failure, match="too large"):
        read_workbook(content, FILE)
    assert read_workbook(GOOD, FILE)[1:] == [["https://h/a.png", "011608", "1234.56"]]


def test_who_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "PATIENCE_S", 0.01)
    with pytest.raises(Failure, match="too large"):
        read_workbook(GOOD, FILE)


def test_the_process_of_its_own_has_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        given.update(options)
        lines = [{"sheet": "a", "others": 0}, ["x"], None]
        return subprocess.CompletedProcess(command, 0, "\n".join(map(json.dumps, lines)).encode())

    monkeypatch.setenv("FUNDOCR_DATABASE_URL", "mysql+pymysql://a:secret@h/d")
    monkeypatch.setattr(subprocess, "run", run)
    assert read_workbook(GOOD, FILE) == [["x"]]
    assert given["env"] == {} and given["timeout"] > 0


def test_other_sheets_are_told_and_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    import openpyxl

    content, two = BytesIO(), openpyxl.Workbook()
    two.active.append(HEADING)
    two.create_sheet("zwei").append(["x"])
    two.save(content)
    assert read_workbook(content.getvalue(), FILE) == [list(HEADING)]
    assert capsys.readouterr().err == "Only the sheet Sheet is read, 1 are not.\n"
