"""The last step of every engine: recognised lines become a page."""

from collections.abc import Iterable

from ocr.order import reading_order
from postprocess.types import Line, Page


def make_page(
    lines: Iterable[Line], size: tuple[int, int], text_threshold: float, model_version: str
) -> Page:
    """Drop what is empty or below the recogniser's threshold, and put the rest in order.

    size: the picture's height and width in pixels.
    """
    height, width = size
    sure = [line for line in lines if line.text and line.confidence >= text_threshold]
    return Page(lines=reading_order(sure), width=width, height=height, model_version=model_version)
