"""Has a batch of pictures read, so that a picture that cannot be read spoils no other."""

import logging
from collections.abc import Sequence

from ocr.errors import TooMuchText
from ocr.reader import Doubts, Reader
from pipeline.decode.image import Image
from pipeline.errors import InternalError, ServiceError, TooManyPixels
from postprocess.types import Page

log = logging.getLogger(__name__)


def read_pages(
    reader: Reader, images: Sequence[Image], doubts: Doubts | None = None
) -> list[Page | ServiceError]:
    """One page or error for each picture, in order. doubts: see ocr.reader.Reader.

    All are read at once; should that fail, one by one, so that only the culprit is refused.
    """
    if not images:
        return []
    try:
        return list(reader.read([image.pixels for image in images], doubts))
    except TooMuchText:
        if len(images) > 1:
            return [page for image in images for page in read_pages(reader, [image], doubts)]
        return [TooManyPixels("The picture shows more text than is read of one picture.")]
    except Exception:
        if len(images) > 1:
            log.exception("reading %d pictures together failed", len(images))
            return [page for image in images for page in read_pages(reader, [image], doubts)]
        log.exception("reading a picture of shape %s failed", images[0].pixels.shape)
        return [InternalError("The picture could not be read.")]
