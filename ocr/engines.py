"""The engines that can read: settings, options, weights and needed packages follow from one table.

None is imported before it is chosen: PaddleOCR costs 170 MB of memory, Paddle 330 MB more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ocr.errors import EngineMissing

if TYPE_CHECKING:
    from ocr.models import Models
    from ocr.reader import Reader, Timed


class Open(Protocol):
    """Opens a reader over loaded models; see ocr.reader.open_reader for the arguments."""

    def __call__(
        self,
        models: "Models",
        /,
        *,
        device: str,
        threads: int,
        box_threshold: float,
        text_threshold: float,
        least_side: int,
        cache_dir: Path | None,
        timed: "Timed",
    ) -> "Reader": ...


class Load(Protocol):
    """Imports what an engine needs, and gives what opens its reader."""

    def __call__(self) -> Open: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine.

    weights: the files in a model folder that it can load, the preferred one first. bundled: of
    ocr.models.PRESETS what it reads best: paddle cannot load ONNX, and PaddleOCR reads all lines
    with one recogniser. packages: what it imports → the package to install.
    """

    weights: tuple[str, ...]
    bundled: str
    packages: Mapping[str, str]
    load: Load

    def missing(self) -> list[str]:
        """The packages that are not installed here."""
        return [package for name, package in self.packages.items() if find_spec(name) is None]


def _openvino() -> Open:
    from ocr.openvino.reader import OpenVinoReader

    return OpenVinoReader


def _paddleocr(engine: str) -> Open:
    from ocr.paddleocr_reader import PaddleOcrReader

    return partial(PaddleOcrReader, engine=engine)


ENGINES: dict[str, Engine] = {
    "openvino": Engine(
        weights=("inference.onnx", "inference.pdmodel"),
        bundled="PP-OCRv6_cascade",
        packages={"openvino": "openvino"},
        load=_openvino,
    ),
    "onnxruntime": Engine(
        weights=("inference.onnx",),
        bundled="PP-OCRv6_small",
        packages={"paddleocr": "paddleocr", "onnxruntime": "onnxruntime"},
        load=partial(_paddleocr, "onnxruntime"),
    ),
    "paddle": Engine(
        weights=("inference.pdmodel", "inference.json"),
        bundled="PP-OCRv4_mobile",
        packages={"paddleocr": "paddleocr", "paddle": "paddlepaddle"},
        load=partial(_paddleocr, "paddle"),
    ),
}
DEFAULT_ENGINE = next(iter(ENGINES))


def require_packages(engine: str) -> None:
    """EngineMissing when packages of the engine (a key of ENGINES) are not installed. None is
    imported."""
    if missing := ENGINES[engine].missing():
        raise EngineMissing(
            f"engine {engine} needs {' and '.join(missing)}, which this environment does not have: "
            "run `make setup` (`make setup-lean` leaves PaddleOCR's packages out), or choose the "
            "engine openvino."
        )


# Settings and options take one of the names.
if TYPE_CHECKING:
    EngineName = str
else:
    EngineName = Literal[tuple(ENGINES)]
