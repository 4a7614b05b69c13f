"""Workbooks built by hand, for what no library would write."""

import zipfile
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

SHEET = "xl/worksheets/sheet1.xml"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
HEADING = ("image_url", "fund_code", "hold_share")


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(place: str, value: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def heading() -> str:
    cells = "".join(text(f"{'ABC'[n]}1", name) for n, name in enumerate(HEADING))
    return f'<row r="1">{cells}</row>'


def sheet(*cells: str, dimension: str = "", before: str = "") -> str:
    """A sheet with our heading, and these cells below it."""
    told = f"<dimension ref={quoteattr(dimension)}/>" if dimension else ""
    rows = heading() + f'<row r="2">{"".join(cells)}</row>' if cells else heading()
    return f"{before}<worksheet {_MAIN}>{told}<sheetData>{rows}</sheetData></worksheet>"


def styles(*codes: str) -> str:
    """Style n of a cell has the n-th of these formats."""
    formats = "".join(
        f"<numFmt numFmtId={quoteattr(str(200 + n))} formatCode={quoteattr(code)}/>"
        for n, code in enumerate(codes)
    )
    used = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(codes)))
    return (
        f"<styleSheet {_MAIN}><numFmts>{formats}</numFmts>"
        f'<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>'
    )


def book(sheet_xml: str | None, **more: str | bytes) -> bytes:
    """A workbook of this sheet, None for none at all. more: other files by their names in xl/."""
    has_sheet = sheet_xml is not None
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        ),
        "_rels/.rels": f"<Relationships {_PACKAGE}>"
        f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_DOCUMENT}"><sheets>'
        + ('<sheet name="Tabelle" sheetId="1" r:id="rId1"/>' if has_sheet else "")
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {_PACKAGE}>"
        + (
            f'<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{_DOCUMENT}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="rId3" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
            if has_sheet
            else ""
        )
        + "</Relationships>",
    }
    if sheet_xml is not None:
        files[SHEET] = sheet_xml
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, **{f"xl/{name}": more[name] for name in more}}.items():
            archive.writestr(name, content)
    return packed.getvalue()


def shared_strings(*texts: str) -> str:
    items = "".join(f"<si><t>{escape(one)}</t></si>" for one in texts)
    return f"<sst {_MAIN}>{items}</sst>"
