"""The fast reader on pictures of every kind."""

import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from ocr.crops import Pixels
from ocr.errors import DeviceError, ReaderError
from ocr.models import load_models
from ocr.reader import Reader, open_reader
from tests.ocr.reading import (
    PROJECT,
    SAMPLES,
    V4,
    V6,
    WEIGHTS,
    models,
    pages,
    picture,
    reader,
    texts,
    truth,
)

ODD_SIZES = [(1, 1), (1, 3000), (3000, 1), (9000, 2), (2, 9000), (31, 33), (50, 50), (15, 10_000)]


@pytest.fixture(scope="module")
def fast() -> Reader:
    return reader("openvino", V6)


def blank(height: int, width: int, value: int = 255) -> Pixels:
    return np.full((height, width, 3), value, np.uint8)


def test_a_batch_reads_like_its_pictures_one_by_one(fast: Reader) -> None:
    together = pages("openvino", V6)
    for name in [*truth()][::2]:
        (alone,) = fast.read([picture(name)])
        assert texts(together[name]) == texts(alone)


def test_a_repeated_picture_gives_the_same_page(fast: Reader) -> None:
    image = picture(next(iter(truth())))
    first, second = fast.read([image, image])
    assert texts(first) == texts(second)


def test_an_empty_batch_gives_no_pages(fast: Reader) -> None:
    assert fast.read([]) == []


def test_a_picture_without_text_gives_a_page_without_lines(fast: Reader) -> None:
    (page,) = fast.read([blank(800, 400)])
    assert (page.lines, page.height, page.width) == ((), 800, 400)


@pytest.mark.parametrize(("height", "width"), ODD_SIZES)
@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_picture_of_any_size_has_no_lines(
    fast: Reader, height: int, width: int, value: int
) -> None:
    (page,) = fast.read([blank(height, width, value)])
    assert (page.lines, page.height, page.width) == ((), height, width)


@pytest.mark.parametrize(("height", "width"), [*ODD_SIZES, (700, 300)])
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_noise_of_any_size_does_not_raise(engine: str, height: int, width: int) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    (page,) = reader(engine, V6).read([noise])
    assert (page.height, page.width) == (height, width)


def test_quads_lie_inside_the_picture_and_run_clockwise(fast: Reader) -> None:
    name = next(iter(truth()))
    (page,) = fast.read([picture(name)])
    for line in page.lines:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.quad
        assert 0 <= min(x0, x3) < max(x1, x2) <= page.width
        assert 0 <= min(y0, y1) < max(y2, y3) <= page.height
        assert cv2.contourArea(np.array(line.quad, np.float32), oriented=True) > 0


@pytest.mark.parametrize(
    "engine", ["openvino", pytest.param("onnxruntime", marks=pytest.mark.drill)]
)
def test_a_long_screenshot_keeps_every_line_of_its_parts(engine: str) -> None:
    screens = [
        cv2.resize(picture(name), (1080, 2340))
        for name in ("alipay_light_rows.png", "xueqiu_light_pairs.jpg", "cmb_dark_two_labels.jpg")
    ]
    one_by_one = reader(engine, V6).read(screens)
    (long,) = reader(engine, V6).read([np.concatenate(screens * 2)])
    expected = sorted(2 * [number for page in one_by_one for number in numbers(texts(page))])
    assert len(expected) > 60
    assert sorted(numbers(texts(long))) == expected


def numbers(lines: list[str]) -> list[str]:
    """Codes and amounts, wherever the detector has cut the lines around them."""
    return [number for line in lines for number in re.findall(r"\d{6}|[\d,]+\.\d+", line)]


def test_a_turned_screenshot_reads_in_the_same_order(fast: Reader) -> None:
    image = picture("alipay_light_rows.png")
    height, width = image.shape[:2]
    (straight,) = fast.read([image])
    for degrees in (-2.0, 2.0):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.96)
        turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        (page,) = fast.read([np.asarray(turned, np.uint8)])
        assert numbers(texts(page)) == numbers(texts(straight))


def test_lines_below_the_text_threshold_are_dropped_by_every_engine() -> None:
    image = picture("alipay_light_rows.png")
    for engine in ("openvino", "onnxruntime"):
        strict = open_reader(models(V6), engine=engine, threads=2, text_threshold=0.99)
        (page,) = strict.read([image])
        (all_lines,) = reader(engine, V6).read([image])
        assert page.lines == tuple(line for line in all_lines.lines if line.confidence >= 0.99)
        assert 0 < len(page.lines) < len(all_lines.lines)


def test_the_box_threshold_reaches_the_detector() -> None:
    image = picture("alipay_light_rows.png")
    (page,) = open_reader(models(V6), threads=2, box_threshold=0.95).read([image])
    assert len(page.lines) < len(pages("openvino", V6)["alipay_light_rows.png"].lines)


@pytest.mark.parametrize(
    ("engine", "name"), [("openvino", V6), ("onnxruntime", V6), ("paddle", V4)]
)
def test_a_gpu_that_is_not_there_is_refused_in_one_sentence(engine: str, name: str) -> None:
    with pytest.raises(DeviceError, match="gpu:0"):
        open_reader(models(name), engine=engine, device="gpu:0")


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ReaderError, match="openvino, onnxruntime, paddle"):
        open_reader(load_models(WEIGHTS / V6), engine="no_such")


def test_a_fault_in_one_batch_leaves_the_next_one_as_it_is(
    fast: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [picture(name) for name in list(truth())[:2]]
    expected = [texts(page) for page in fast.read(images)]
    for place in ("ocr.openvino.reader.cut", "ocr.openvino.recogniser.stack"):
        with monkeypatch.context() as broken:
            broken.setattr(place, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError) as fault:
                fast.read(images)
            broken.undo()
            # While the fault is still being looked at, as read_pages does.
            assert [texts(page) for page in fast.read(images)] == expected
            assert fault.value.args


_THREADS = """
import os, sys, threading
from contextlib import suppress
from pathlib import Path
import cv2
from ocr.models import load_models
from ocr.reader import open_reader
weights, picture = sys.argv[1:]
reader = open_reader(load_models(Path(weights)), threads=1)
images = [cv2.imread(picture)] * 2
reading = threading.Thread(target=reader.read, args=(images,))
reading.start()
found = set()
while reading.is_alive():  # a thread may be bound for as long as it works
    for task in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError):  # it has ended since
            found.add(frozenset(os.sched_getaffinity(int(task))))
print(found == {frozenset(os.sched_getaffinity(0))})
"""


def test_no_thread_is_bound_to_a_core_that_other_workers_want_too() -> None:
    file = SAMPLES / next(iter(truth()))
    done = subprocess.run(
        [sys.executable, "-c", _THREADS, str(WEIGHTS / V6), str(file)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"
