"""What a caller asks for, checked."""

from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """A picture by its link, exactly as the caller wrote it. content: its bytes, where somebody has
    fetched them already."""

    image_url: str
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """A picture that came with the request."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One picture to recognise.

    url_type: one of pipeline.url_types, or `upload`. refresh: read again although a row exists.
    row_version: with refresh, the row that is to take the reading; one that has changed since, or
        is gone, does not. None: whatever it is now.
    dry_run: look at no row and write none.
    """

    id: str
    source: Url | Bytes
    url_type: str
    refresh: bool = False
    row_version: int | None = None
    dry_run: bool = False

    @property
    def identity(self) -> str:
        """The text that names the picture in the table."""
        if isinstance(self.source, Url):
            return self.source.image_url
        return f"upload:sha256:{sha256(self.source.content).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's values for one picture, already checked: six digits, and a plain decimal.

    row_version: the version the person looked at; None: whatever it is now.
    """

    id: str
    image_url: str
    fund_code: str
    hold_share: str
    row_version: int | None = None
    actor: str = ""
    note: str = ""
