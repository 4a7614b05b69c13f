"""The engines `onnxruntime` and `paddle`: PaddleOCR 3.7 itself.

They are what the fast reader is held to. Only tiles of long pictures, thresholds and reading order
are ours, and the same for all engines.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ocr.closer import Closer, closer_look, not_seen_again
from ocr.crops import Pixels
from ocr.errors import DeviceError, ModelError
from ocr.limits import TextCount
from ocr.models import Models, weights_file
from ocr.page import make_page
from ocr.reader import Doubts, Timed, untimed
from ocr.scale import SIDE_LIMIT, first_side, is_too_small
from ocr.tiles import Tile, tiles, whole_lines
from postprocess.types import Line, Page, Quad

# Read by PaddleX when it is imported: no look for a model hub, no silent other device.
os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
os.environ["PADDLE_PDX_DISABLE_DEVICE_FALLBACK"] = "True"


class PaddleOcrReader:
    """Reads with the PaddleOCR class; see ocr.reader.open_reader for the arguments."""

    def __init__(
        self,
        models: Models,
        *,
        engine: str,
        device: str,
        threads: int,
        box_threshold: float,
        text_threshold: float,
        least_side: int,
        cache_dir: Path | None,
        timed: Timed = untimed,
    ) -> None:
        self.model_version = models.version
        self._timed = timed
        self._text_threshold = text_threshold
        self._least_side = least_side
        detector, recogniser = models.detector, models.recogniser
        for folder in (detector.folder, recogniser.folder):
            weights_file(folder, engine)
        own: dict[str, Any] = {"engine": "paddle", "cpu_threads": threads}
        if engine == "onnxruntime":
            own = {"engine": engine, "engine_config": {"intra_op_num_threads": threads}}
        if cache_dir is not None:
            os.environ["PADDLE_PDX_CACHE_HOME"] = str(cache_dir / "paddlex")
        with warnings.catch_warnings():
            # Paddle warns that ccache is missing, which matters only to people who compile.
            warnings.simplefilter("ignore")
            _check_device(engine, device)
            from paddleocr import PaddleOCR

            logging.getLogger("paddlex").setLevel(logging.WARNING)
            try:
                self._ocr = PaddleOCR(
                    text_detection_model_name=detector.name,
                    text_detection_model_dir=str(detector.folder),
                    text_recognition_model_name=recogniser.name,
                    text_recognition_model_dir=str(recogniser.folder),
                    use_doc_orientation_classify=False,
                    use_doc_unwarping=False,
                    use_textline_orientation=False,
                    text_det_limit_side_len=SIDE_LIMIT,
                    text_det_limit_type="max",
                    text_det_thresh=detector.bitmap_threshold,
                    text_det_box_thresh=box_threshold,
                    text_det_unclip_ratio=detector.unclip_ratio,
                    text_rec_score_thresh=0.0,
                    # In a batch PaddleOCR pads a line to its widest neighbour, and then reads it
                    # differently from page to page (a space more or less, another bracket).
                    text_recognition_batch_size=1,
                    device=device,
                    **own,
                )
            except Exception as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
                raise ModelError(
                    f"{detector.folder} and {recogniser.folder} cannot be loaded by {engine}: "
                    f"{reason}"
                ) from error

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        """See ocr.reader.Reader; all lines are read by the one recogniser."""
        del doubts
        with self._timed("recognise"):  # PaddleOCR finds lines and reads them in one call
            return [self._read_one(image) for image in images]

    def _read_one(self, image: Pixels) -> Page:
        lines, scale = self._first_look(image)
        look = closer_look(image, [line.quad for line in lines], scale)
        if look is not None:
            return self._page(image, self._closer_look(image, look, lines))
        page = self._page(image, lines)
        if not page.lines:
            quads = [line.quad for line in lines]
            look = closer_look(image, quads, scale, nothing_read=True)
            if look is not None:
                page = self._page(image, self._closer_look(image, look, []))
        return page

    def _page(self, image: Pixels, lines: Sequence[Line]) -> Page:
        return make_page(lines, image.shape[:2], self._text_threshold, self.model_version)

    def _first_look(self, image: Pixels) -> tuple[list[Line], float]:
        """The lines, and the coarsest look's detector pixels for one of the picture."""
        lines, of, count, scale = [], [], TextCount(), 1.0
        for tile in tiles(*image.shape[:2]):
            piece = _piece(image, tile)
            size = piece.shape[0], piece.shape[1]
            side = first_side(*size, self._least_side)
            result = self._look(piece, side)
            boxes = [np.asarray(polygon, float) for polygon in result["rec_polys"]]
            if is_too_small(boxes, size, side):
                side = SIDE_LIMIT
                result = self._look(piece, side)
            scale = min(scale, side / max(size))
            found = _lines(result, tile)
            count.add_lines(len(found))
            lines += found
            of += [tile] * len(found)
        return [lines[k] for k in whole_lines([line.quad for line in lines], of)], scale

    def _closer_look(self, image: Pixels, look: Closer, before: Sequence[Line]) -> list[Line]:
        """The lines at a closer look. before: those of the first, of which large ones stay."""
        lines, of, count = [], [], TextCount()
        for tile in look.tiles:
            piece = _piece(image, tile)
            found = _lines(self._look(piece, look.side(tile, image.shape[1])), tile)
            count.add_lines(len(found))
            lines += found
            of += [tile] * len(found)
        whole = [lines[k] for k in whole_lines([line.quad for line in lines], of)]
        quads = [line.quad for line in before]
        large = not_seen_again(quads, [line.quad for line in whole], look.scale)
        return whole + [before[k] for k in large]

    def _look(self, piece: Pixels, side: int) -> dict[str, Any]:
        """What PaddleOCR finds with the longest side made `side` pixels long."""
        (result,) = self._ocr.predict(piece, text_det_limit_side_len=side)
        return dict(result)


def _piece(image: Pixels, tile: Tile) -> Pixels:
    return np.ascontiguousarray(image[tile.top : tile.bottom])


def _lines(result: dict[str, Any], tile: Tile) -> list[Line]:
    return [
        Line(text=text, confidence=float(score), quad=_quad(polygon, tile.top))
        for text, score, polygon in zip(
            result["rec_texts"], result["rec_scores"], result["rec_polys"], strict=True
        )
    ]


def _check_device(engine: str, device: str) -> None:
    """Say that a GPU cannot be used before PaddleX takes the CPU instead."""
    if device == "cpu":
        return
    if engine == "onnxruntime":
        import onnxruntime

        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise DeviceError(f"engine {engine} needs the package onnxruntime-gpu for {device}.")
        return
    import paddle

    if not paddle.device.is_compiled_with_cuda():
        raise DeviceError(f"engine {engine} needs the package paddlepaddle-gpu for {device}.")


def _quad(polygon: npt.ArrayLike, down: int) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = np.asarray(polygon, float).tolist()
    return (a, b + down), (c, d + down), (e, f + down), (g, h + down)
