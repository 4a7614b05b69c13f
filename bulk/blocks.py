"""Arrow tables in which Ray Data passes pictures, with their bytes, from process to process."""

import pyarrow

from bulk.records import SourceLine, SourcePicture, to_bytes, to_place

SCHEMA = pyarrow.schema(
    [
        ("number", pyarrow.int64()),
        ("place", pyarrow.binary()),
        ("url_type", pyarrow.string()),
        ("is_file", pyarrow.bool_()),
        ("content", pyarrow.binary()),
        ("fault", pyarrow.string()),
    ]
)


def to_table(pictures: list[SourcePicture]) -> "pyarrow.Table":
    """A row for each, in order."""
    rows = [
        {
            "number": picture.line.number,
            "place": to_bytes(picture.line.place),
            "url_type": picture.line.url_type,
            "is_file": picture.line.is_file,
            "content": picture.content,
            "fault": picture.fault,
        }
        for picture in pictures
    ]
    return pyarrow.Table.from_pylist(rows, schema=SCHEMA)


def to_pictures(table: "pyarrow.Table") -> list[SourcePicture]:
    """The way back."""
    return [
        SourcePicture(
            line=SourceLine(
                number=row["number"],
                place=to_place(row["place"]),
                url_type=row["url_type"],
                is_file=row["is_file"],
            ),
            content=row["content"],
            fault=row["fault"],
        )
        for row in table.to_pylist()
    ]
