"""What OpenVINO keeps: compiled graphs from start to start, and memory only for usual pictures."""

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino
import pytest

from handlers.restart import resident
from ocr.models import load_bundled
from ocr.openvino.detector import OpenVinoDetector, probabilities
from ocr.openvino.finder import OpenVinoFinder
from ocr.openvino.graph import open_core
from ocr.openvino.recogniser import OpenVinoRecogniser
from tests.ocr.reading import WEIGHTS

MODELS = load_bundled(WEIGHTS, "PP-OCRv6_cascade")


def detector(core: openvino.Core) -> OpenVinoDetector:
    return OpenVinoDetector(core, MODELS.detector, place="CPU", threads=1)


def recogniser(core: openvino.Core) -> OpenVinoRecogniser:
    assert MODELS.first is not None
    return OpenVinoRecogniser(core, MODELS.first, place="CPU", threads=1)


@pytest.mark.parametrize("opened", [detector, recogniser])
def test_what_was_compiled_is_found_again_whatever_was_made_before(
    opened: Callable[[openvino.Core], object], tmp_path: Path
) -> None:
    opened(open_core(tmp_path))
    first = {path.name for path in tmp_path.glob("*.blob")}
    # OpenVINO has counted on by all nodes of the first one.
    opened(open_core(tmp_path))
    assert first
    assert {path.name for path in tmp_path.glob("*.blob")} == first


def test_two_models_are_not_taken_for_each_other(tmp_path: Path) -> None:
    recogniser(open_core(tmp_path))
    OpenVinoRecogniser(open_core(tmp_path), MODELS.recogniser, place="CPU", threads=1)
    assert len([*tmp_path.glob("*.blob")]) == 2


def held() -> int:
    """Bytes that this process needs."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def test_the_memory_of_a_large_look_is_given_back_and_that_of_a_usual_one_kept() -> None:
    looks = detector(open_core(None))
    screen, square = np.zeros((640, 288, 3), np.uint8), np.zeros((960, 960, 3), np.uint8)
    screen[100:130, 40:200] = 255
    before = probabilities(looks.start(screen, 640)).copy()
    probabilities(looks.start(square, 960))
    large = held()
    looks.rest()
    given_back = large - held()
    assert given_back > 40_000_000

    assert np.array_equal(probabilities(looks.start(screen, 640)), before)
    usual = held()
    looks.rest()
    assert usual - held() < 4_000_000  # no look since was large


class Resting(OpenVinoDetector):
    """Counts how often it rests."""

    rests = 0

    def rest(self) -> None:
        self.rests += 1
        super().rest()


def test_the_detector_rests_when_all_pictures_were_looked_at() -> None:
    looks = Resting(open_core(None), MODELS.detector, place="CPU", threads=1)
    finder = OpenVinoFinder(looks, MODELS.detector, box_threshold=0.5, least_side=640)
    pictures = [np.zeros((300, side, 3), np.uint8) for side in (200, 300)]
    for index, _ in finder.find(pictures):
        assert (index, looks.rests) in {(0, 0), (1, 0)}
    assert looks.rests == 1
