"""The reader: a batch of pictures in, a page of text lines for each out.

One reader per process; it is not shared between threads. Opening one loads the models and warms
them up, reading touches no network and writes nothing but the cache.
"""

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol, TypeAlias

from ocr.crops import Pixels
from ocr.engines import DEFAULT_ENGINE, ENGINES, require_packages
from ocr.errors import ReaderError
from ocr.models import Models
from ocr.scale import LEAST_SIDE
from postprocess.types import Line, Page

# How long the steps of reading take, told to whoever wants to know.

Timed: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""`with timed("detect"): …` is told how long the block took. The steps of the fast reader are
`detect` and `recognise`."""


def untimed(_: str) -> AbstractContextManager[None]:
    """Nobody wants to know."""
    return nullcontext()


Doubts: TypeAlias = Callable[[Page], Collection[Line]]
"""Of a page that a light recogniser has read: the lines that must be read by the other one too,
which are put in their place. Asked again of what then stands there, until there are no others."""


class Reader(Protocol):
    """What every engine offers."""

    @property
    def model_version(self) -> str:
        """Name and content of the models, as rows carry it."""
        ...

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        """The lines of each picture in reading order; a picture without text: a page without.

        images: (H, W, 3) uint8 BGR, any size from 1 × 1. doubts: what a light recogniser may not
        read alone; None: it reads nothing, as where there is none. The result has the order and
        length of the input, and a page does not depend on the other pictures. TooMuchText when one
        of them shows more than is read of one.
        """
        ...


def open_reader(
    models: Models,
    *,
    engine: str = DEFAULT_ENGINE,
    device: str = "cpu",
    threads: int | None = None,
    box_threshold: float = 0.5,
    text_threshold: float = 0.5,
    least_side: int = LEAST_SIDE,
    cache_dir: Path | None = None,
    timed: Timed = untimed,
) -> Reader:
    """Load the models into an engine; ReaderError says in one sentence why it cannot.

    engine: a name of ENGINES: `openvino` is fast, the others are PaddleOCR itself, plain and slow.
    device: `cpu` or `gpu:N`. OpenVINO drives Intel's GPUs only; the other two need builds for
        CUDA (onnxruntime-gpu, paddlepaddle-gpu) in place of the pinned ones. Only `cpu` was run;
        with the pinned packages `gpu:0` was tried and ends in a DeviceError for all three.
    threads: CPU threads; None: all that this process may use.
    box_threshold: the detector's, mean text probability of a box. text_threshold: the
        recogniser's, mean probability of a line's characters; lines below it are dropped.
    least_side: the detector's longest side in pixels for whatever is larger than SIDE_LIMIT, from
        LEAST_SIDE (as closely as the text needs) to SIDE_LIMIT (all as PaddleOCR does).
    cache_dir: where engines keep what they compiled; outside of the model archive, whose place
        changes at each start. None: nothing is kept.
    timed: is told how long the steps of each `read` take.
    """
    chosen = ENGINES.get(engine)
    if chosen is None:
        raise ReaderError(f"engine {engine} is unknown; choose one of {', '.join(ENGINES)}.")
    require_packages(engine)
    return chosen.load()(
        models,
        device=device,
        threads=threads or len(os.sched_getaffinity(0)),
        box_threshold=box_threshold,
        text_threshold=text_threshold,
        least_side=least_side,
        cache_dir=cache_dir,
        timed=timed,
    )
