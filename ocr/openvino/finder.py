"""Finds the text lines of pictures with the OpenVINO detector: in which pieces, and how closely."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import openvino

from ocr.boxes import Floats, find_boxes
from ocr.closer import Closer, closer_look, not_seen_again
from ocr.crops import Pixels
from ocr.limits import TextCount
from ocr.models import Detector
from ocr.openvino.detector import OpenVinoDetector, probabilities
from ocr.scale import SIDE_LIMIT, first_side, is_too_small
from ocr.tiles import Tile, tiles, whole_lines
from postprocess.types import Quad


@dataclass(frozen=True, slots=True)
class _Piece:
    """A tile of a picture that is looked at at a longest side of `side` pixels."""

    image: int
    tile: Tile
    pixels: Pixels
    side: int

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[0], self.pixels.shape[1]


@dataclass(slots=True)
class Sight:
    """What was found in one picture so far.

    scale: detector pixels for one of the picture, at the coarsest look. was_closer: whether a
    closer look has been taken, after which there is no other. count: of its text.
    """

    pixels: Pixels
    scale: float = 1.0
    was_closer: bool = False
    boxes: list[Floats] = field(default_factory=list)
    quads: list[Quad] = field(default_factory=list)
    count: TextCount = field(default_factory=TextCount)
    left: int = 0
    _found: list[tuple[Tile, Floats]] = field(default_factory=list)

    def add(self, piece: _Piece, boxes: Sequence[Floats]) -> None:
        """Boxes of one of its pieces, in the piece's pixels; they are moved."""
        self.count.add_lines(len(boxes))
        self.scale = min(self.scale, piece.side / max(piece.size))
        for box in boxes:
            box[:, 1] += piece.tile.top
            self._found.append((piece.tile, box))
        self.left -= 1
        if not self.left:
            self._join()

    def _join(self) -> None:
        """All pieces were looked at: their lines, and the large ones of the look before."""
        quads = [as_quad(box) for _, box in self._found]
        whole = whole_lines(quads, [tile for tile, _ in self._found])
        large = not_seen_again(self.quads, [quads[k] for k in whole], self.scale)
        before = [(self.quads[k], self.boxes[k]) for k in large]
        self.quads = [quads[k] for k in whole] + [quad for quad, _ in before]
        self.boxes = [self._found[k][1] for k in whole] + [box for _, box in before]
        self._found = []

    def closer(self, *, nothing_read: bool = False) -> Closer | None:
        """How to look at it again; see ocr.closer.closer_look."""
        if self.was_closer:
            return None
        return closer_look(self.pixels, self.quads, self.scale, nothing_read=nothing_read)


class OpenVinoFinder:
    """Looks at all pieces of all pictures in turn. Not shared between threads."""

    def __init__(
        self,
        detector: OpenVinoDetector,
        described: Detector,
        *,
        box_threshold: float,
        least_side: int,
    ) -> None:
        self._detector = detector
        self._described = described
        self._box_threshold = box_threshold
        self._least_side = least_side

    def find(
        self, images: Sequence[Pixels], looks: Sequence[Closer] | None = None
    ) -> Iterator[tuple[int, Sight]]:
        """Each picture's index and what it shows, as soon as that is known.

        looks: how to look at each picture; None: as ocr.scale and ocr.closer choose.
        While one piece's map is looked through, the detector is at the next ones.
        """
        sights = [Sight(image) for image in images]
        pieces: list[_Piece] = []
        for index, sight in enumerate(sights):
            pieces += (
                _closer_pieces(index, sight, looks[index]) if looks else self._pieces(index, sight)
            )
        # Like shapes one after the other: another one has to be prepared.
        yield from self._look(sights, deque(sorted(pieces, key=_shape)))
        self._detector.rest()

    def _look(self, sights: Sequence[Sight], waiting: deque[_Piece]) -> Iterator[tuple[int, Sight]]:
        running: deque[tuple[_Piece, openvino.InferRequest]] = deque()
        while waiting or running:
            while waiting and len(running) < self._detector.DEPTH:
                piece = waiting.popleft()
                running.append((piece, self._detector.start(piece.pixels, piece.side)))
            piece, request = running.popleft()
            sight = sights[piece.image]
            boxes = find_boxes(
                probabilities(request), piece.size, self._described, self._box_threshold
            )
            if not sight.was_closer and is_too_small(boxes, piece.size, piece.side):
                waiting.appendleft(_Piece(piece.image, piece.tile, piece.pixels, SIDE_LIMIT))
                continue
            sight.add(piece, boxes)
            if sight.left:
                continue
            look = sight.closer()
            if look is None:
                yield piece.image, sight
            else:
                waiting.extendleft(_closer_pieces(piece.image, sight, look))

    def _pieces(self, index: int, sight: Sight) -> list[_Piece]:
        height, width = sight.pixels.shape[:2]
        cut = tiles(height, width)
        sight.left = len(cut)
        return [
            _Piece(
                index,
                tile,
                sight.pixels[tile.top : tile.bottom],
                first_side(tile.bottom - tile.top, width, self._least_side),
            )
            for tile in cut
        ]


def _closer_pieces(index: int, sight: Sight, look: Closer) -> list[_Piece]:
    width = sight.pixels.shape[1]
    sight.was_closer, sight.scale = True, look.scale
    sight.left, sight.count = len(look.tiles), TextCount()
    return [
        _Piece(index, tile, sight.pixels[tile.top : tile.bottom], look.side(tile, width))
        for tile in look.tiles
    ]


def _shape(piece: _Piece) -> tuple[int, ...]:
    return (piece.side, *piece.pixels.shape)


def as_quad(box: Floats) -> Quad:
    """The corners of a box, (4, 2), as lines carry them."""
    (a, b), (c, d), (e, f), (g, h) = box.tolist()
    return (a, b), (c, d), (e, f), (g, h)
