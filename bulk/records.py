"""The values of a backfill: a line of its source, the picture to read, and the outcome."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.regular_file import open_file


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """number: 1 is the source's first. place: a link, or the path of a picture file."""

    number: int
    place: str
    url_type: str
    is_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePicture:
    """A line as readers get it: of a file with its content, or with what is wrong with it."""

    line: SourceLine
    content: bytes | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """What a line came to.

    image_url: what names its row. flag to reason: as answers have them; flag is None where there is
    none. status, code, error: as the service would have answered; 200 without the others for an
    answer. row_id: None where no row was stored. source: `ocr`, `stored`, `corrected`, `dry_run`.
    """

    number: int
    image_url: str
    flag: bool | None = None
    fund_code: str = ""
    hold_share: str = ""
    reason: str | None = None
    status: int = 200
    code: str | None = None
    error: str | None = None
    row_id: int | None = None
    source: str | None = None


def load(lines: Iterable[SourceLine], max_bytes: int) -> Iterator[SourcePicture]:
    """Files with at most one byte more than is allowed, which is enough to be refused."""
    for line in lines:
        yield _from_file(line, max_bytes) if line.is_file else SourcePicture(line=line)


def to_bytes(place: str) -> bytes:
    """A place for what takes no lone surrogates: names of files may be no UTF-8."""
    return place.encode("utf-8", "surrogateescape")


def to_place(data: bytes) -> str:
    """The way back."""
    return data.decode("utf-8", "surrogateescape")


def _from_file(line: SourceLine, max_bytes: int) -> SourcePicture:
    try:
        with open_file(Path(line.place)) as file:
            return SourcePicture(line=line, content=file.read(max_bytes + 1))
    except OSError as error:
        return SourcePicture(line=line, fault=error.strerror or str(error))
