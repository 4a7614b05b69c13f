"""All lines by a light recogniser, and those that its reading leaves in doubt by another one."""

from collections.abc import Callable, Collection, Sequence

from ocr.reader import Doubts
from postprocess.types import Line, Page

Lines = Sequence[Line]
"""What was read in one box of the detector: nearly always one line, several where gaps part it."""


def read_in_turn(
    pictures: Sequence[int],
    light: Sequence[Lines],
    faint: Collection[int],
    again: Callable[[Sequence[int]], Sequence[Lines]],
    page_of: Callable[[int, Lines], Page],
    doubts: Doubts,
) -> list[Lines]:
    """The lines of each box, where each page leaves no more doubt.

    pictures: of each box, which picture it is in. light: the light reading of each. faint: boxes of
    which a page would not show that reading; they are read again in any case. again: boxes → what
    the other recogniser reads there. page_of: a picture and all its lines → its page.
    """
    read, read_again = list(light), set[int]()
    boxes: dict[int, list[int]] = {}
    for box, picture in enumerate(pictures):
        boxes.setdefault(picture, []).append(box)
    wanted = set(faint)
    asked = set(boxes)
    while asked:
        for picture in asked:
            lines = [(line, box) for box in boxes[picture] for line in read[box]]
            box_of = dict(lines)
            page = page_of(picture, [line for line, _ in lines])
            wanted.update(box_of[line] for line in doubts(page))
        now = sorted(wanted - read_again)
        for box, of_box in zip(now, again(now), strict=True):
            read[box] = of_box
        read_again.update(now)
        asked = {pictures[box] for box in now}
    return read
