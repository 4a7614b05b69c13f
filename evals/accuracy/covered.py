"""Screens with something laid over the digits that decide, or elsewhere: what is answered then?

A screen that is answered rightly is read again with a cover of each kind (evals/accuracy/covers.py)
over one to three characters of its code or share, and once with one that touches nothing that
decides.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from evals.accuracy.covers import JUDGED, SEEN_THROUGH, TUNED, Box, Cover
from evals.accuracy.reading import answer, image_of
from evals.screens.corpus import draw
from ocr.crops import Pixels
from pipeline.decode.image import Image
from pipeline.extractor import Extracted, Extractor
from postprocess.places import part_of, value_span
from postprocess.types import Extraction, Found, Line, Quad

KINDS = TUNED | JUDGED | SEEN_THROUGH
PLACES = ("end", "beginning", "middle")
ELSEWHERE = "elsewhere"
_GLYPHS = (0.12, 0.85)
"""Of a quad's height: the margin around its glyphs, and where their rows end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A covered screen. before: what is answered without the cover, rightly. found: the answer with
    it, empty where there is none. is_noticed: the answer was refused for what lies over it."""

    kind: str
    place: str
    before: tuple[str, str]
    found: tuple[str, str]
    is_noticed: bool

    @property
    def verdict(self) -> str:
        """refused, right, wrong."""
        if self.found == ("", ""):
            return "refused"
        return "right" if self.found == self.before else "wrong"


def covered(extractor: Extractor, count: int, seed: int) -> Iterator[Seen]:
    """What becomes of `count` drawn screens; what is not answered rightly is passed over."""
    for number, screen in enumerate(draw(count, seed)):
        image = image_of(screen)
        plain = _extract(extractor, image.pixels).extraction
        if screen.truth.refused or answer(plain) != (
            *(screen.truth.fund_code, screen.truth.hold_share),
        ):
            continue
        if any(_stands_twice(one) for one in (*plain.fund_codes, *plain.hold_shares)):
            continue  # nobody could say which of the two would be covered
        rng = Random(f"{seed}/{number}")  # noqa: S311 — pictures, not secrets
        for at, (kind, cover) in enumerate(KINDS.items()):
            place = PLACES[(number + at) % len(PLACES)]
            picture = cover(image.pixels, _characters(plain, place, rng), rng)
            yield _seen(extractor, kind, place, answer(plain), picture)
        kind = rng.choice(sorted(KINDS))
        picture = _elsewhere(image.pixels, plain, KINDS[kind], rng)
        yield _seen(extractor, kind, ELSEWHERE, answer(plain), picture)


def _extract(extractor: Extractor, pixels: Pixels) -> Extracted:
    (one,) = extractor.extract([Image(sha256=bytes(32), pixels=pixels)])
    assert isinstance(one, Extracted), one
    return one


def _seen(
    extractor: Extractor, kind: str, place: str, before: tuple[str, str], picture: Pixels
) -> Seen:
    one = _extract(extractor, picture)
    noticed = any(line.covered for line in one.page.lines)
    found = answer(one.extraction)
    return Seen(kind=kind, place=place, before=before, found=found, is_noticed=noticed)


def _characters(found: Extraction, place: str, rng: Random) -> Box:
    """Around one to three characters of the code or the share, a digit among them."""
    one = rng.choice((*found.fund_codes, *found.hold_shares))
    boxes = _boxes(rng.choice(one.lines), one.value)
    many = min(rng.choice((1, 2, 3)), len(boxes) - 1)
    start = {"end": len(boxes) - many, "beginning": 0}.get(
        place, rng.randrange(len(boxes) - many + 1)
    )
    if not any(one.value[at].isdigit() for at in range(start, start + many)):
        start, many = start - 1, many + 1
    return _around(boxes[start : start + many])


def _stands_twice(found: Found) -> bool:
    plain = found.text.replace(",", "")
    return plain.count(found.value) > 1


def _boxes(line: Line, value: str) -> list[Box]:
    """Where each character of a value stands, about; separators that only the picture has are
    taken for parts of their neighbours."""
    quad = part_of(line.quad, *value_span(line.text, value))
    margin, end = _GLYPHS
    height = float(np.hypot(quad[3][0] - quad[0][0], quad[3][1] - quad[0][1]))
    length = float(np.hypot(quad[1][0] - quad[0][0], quad[1][1] - quad[0][1]))
    widths = np.array([0.3 if character in "., " else 0.58 for character in value])
    edges = np.concatenate([[0.0], np.cumsum(widths) / widths.sum()])
    inner = (edges * (length - 2 * margin * height) + margin * height) / length
    parts = [part_of(quad, inner[at], inner[at + 1]) for at in range(len(value))]
    return [
        (left, top + (1 - end) * height, right, top + end * height)
        for left, top, right, _ in map(_upright, parts)
    ]


def _upright(quad: Quad) -> Box:
    (x0, y0), (x1, _), _, (_, y3) = quad
    return x0, y0, x1, y3


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _elsewhere(image: Pixels, found: Extraction, cover: Cover, rng: Random) -> Pixels:
    """The picture with a cover of the same size, a few lines away from all that decides."""
    one = found.hold_shares[0]
    left, top, right, bottom = _boxes(one.lines[0], one.value)[0]
    wide, high = right - left, bottom - top
    rows = [y for f in (found.fund_codes[0], one) for line in f.lines for _, y in line.quad]
    free = np.ones(image.shape[0], np.bool_)
    free[max(0, int(min(rows) - 4 * high)) : int(max(rows) + 4 * high)] = False
    places = np.flatnonzero(free[: -int(high) or None])
    if len(places) == 0:
        return image
    y = float(rng.choice(places.tolist()))
    x = rng.uniform(0, max(1.0, image.shape[1] - wide))
    return cover(image, (x, y, x + wide, y + high), rng)


def show(seen: Sequence[Seen]) -> int:
    """One line for each kind, over what decides and elsewhere; the number of wrong answers."""
    counts: dict[str, Counter[str]] = {}
    for one in seen:
        at = ELSEWHERE if one.place == ELSEWHERE else one.kind
        counts.setdefault(at, Counter())[one.verdict] += 1
        counts[at]["noticed"] += one.is_noticed
    for at in (*KINDS, ELSEWHERE):
        of = counts.get(at, Counter())
        known = "made with" if at in TUNED else "not made with" if at in JUDGED else ""
        print(
            f"covered, {at:16} {known:14} refused {of['refused']:5}, "
            f"{of['noticed']:5} for the cover, "
            f"right {of['right']:5} wrong {of['wrong']:4}"
        )
    return sum(one.verdict == "wrong" for one in seen)
