"""The picture of a row, fetched again for the person who looks at it and drawn anew.

Nothing of the file that its host sent reaches the browser, neither headers nor bytes: what was
decoded is encoded again.
"""

from dataclasses import dataclass
from io import BytesIO

import PIL.Image

from db.rows import Row
from pipeline.decode.budget import PixelBudget
from pipeline.decode.image import Pixels, decode
from pipeline.errors import ServiceError
from pipeline.fetch.fetcher import Fetcher
from pipeline.settings import Settings
from pipeline.upright import upright
from pipeline.url_types import UPLOAD

CONTENT_TYPE = "image/jpeg"
# Enough to read the smallest print of a phone's screen; the page's own crops zoom into it.
LONGEST_SIDE = 2600
_QUALITY = 85


class NotKept(ServiceError):
    status, code = 404, "PICTURE_NOT_KEPT"
    message = "Uploaded pictures are not kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture for a browser. same: whether the file is, byte for byte, the one that was read."""

    content: bytes
    same: bool


def picture_of(row: Row, fetcher: Fetcher, settings: Settings, budget: PixelBudget) -> Shown:
    """Fetch, decode and encode, upright as it was read. NotKept for uploads; else the errors of
    Fetcher and decode.

    budget: of the pixels that all pictures have which are drawn at the same time.
    """
    if row.url_type == UPLOAD:
        raise NotKept
    image = decode(fetcher.fetch(row.image_url, row.url_type), settings, budget)
    try:
        content = _drawn(upright(image, row.evidence.get("turned", 0)))
    finally:
        budget.give(image.count)
    return Shown(content=content, same=row.image_sha256 is None or row.image_sha256 == image.sha256)


def _drawn(pixels: Pixels) -> bytes:
    """A JPEG of them, no larger than a person needs it."""
    picture = PIL.Image.fromarray(pixels[:, :, ::-1])
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), PIL.Image.Resampling.LANCZOS)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
