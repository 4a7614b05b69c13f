"""A CTC recogniser in OpenVINO: crops of lines in, their texts out.

The graph ends in scores (head.py), lines are padded to the next of few widths and not to
320 pixels, and lines of all pictures of a batch are read together.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino
from openvino import properties

from ocr.crops import Pixels, padded_width, padded_widths, stack
from ocr.ctc import LineText, decode, kept_classes
from ocr.errors import ModelError
from ocr.models import Recogniser, weights_file
from ocr.openvino.graph import calculates_in_bfloat16, from_bytes, load
from ocr.openvino.head import class_scores, scores_in

_BATCH_PIXELS = 896
"""Width of all lines of one inference together: more gains nothing, and memory goes with it."""

_BATCHES = (4, 2, 1)
_CONFIGURATION = {
    properties.hint.performance_mode(): properties.hint.PerformanceMode.LATENCY,
    properties.inference_num_threads(): 1,
    properties.num_streams(): 1,
    # Pinned, the threads of all workers would share the first core.
    properties.hint.enable_cpu_pinning(): False,
}
_WARM_TO = 512
"""Pixels: nearly all lines of a screen are narrower."""


class OpenVinoRecogniser:
    """Reads many lines at once, one stream for each thread. Not shared between threads.

    singly: each line is an inference of its own: slower for many, and needs less memory.
    """

    def __init__(
        self,
        core: openvino.Core,
        recogniser: Recogniser,
        *,
        place: str,
        threads: int,
        singly: bool = False,
    ) -> None:
        self._sizes = (1,) if singly else _BATCHES
        self._height = recogniser.height
        cpu = place == "CPU"
        graph, keep = _graph(core, recogniser, as_bfloat16=cpu and calculates_in_bfloat16(core))
        self._characters = tuple(recogniser.characters[index] for index in keep)
        # One stream each: of several, OpenVINO would give any the next lines, and prepare their
        # shape there. Two requests each: the next lines wait in the stream's queue.
        self._streams = [
            _two_requests(core.compile_model(graph, place, _CONFIGURATION if cpu else {}))
            for _ in range(threads if cpu else 1)
        ]
        self._pool = ThreadPoolExecutor(len(self._streams), thread_name_prefix="recognise")

    def read(self, crops: Sequence[Pixels]) -> list[LineText]:
        """What each crop says, in order. crops: (recogniser's height, W, 3) uint8 BGR."""
        read = [LineText(text="", probabilities=())] * len(crops)
        groups = deque(_groups([crop.shape[1] for crop in crops], self._sizes))
        # Preparing another shape costs a stream as much as 200 pixels of text, so each goes through
        # like shapes in turn: one from the widest on, the other from the narrowest, till they meet.
        ends = [groups.popleft, groups.pop] * len(self._streams)
        works = [
            self._pool.submit(self._work, requests, take, crops, read)
            for requests, take in zip(self._streams, ends, strict=False)
        ]
        wait(works)  # also after a fault: nobody else may meet a request that is still running
        for work in works:
            work.result()
        return read

    def warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all lines come to."""
        for width in padded_widths():
            if width <= _WARM_TO:
                line = np.full((self._height, width, 3), 255, np.uint8)
                for size in self._sizes:
                    if size <= _most(width):
                        self.read([line] * (size * len(self._streams)))

    def _work(
        self,
        requests: "_Requests",
        take: Callable[[], "_Group"],
        crops: Sequence[Pixels],
        read: list[LineText],
    ) -> None:
        """Read groups until there are none; what was read is decoded beside the next ones."""
        for request in requests:
            request.wait()  # where a fault left it running
        running: deque[tuple[_Group, openvino.InferRequest]] = deque()
        idle = deque(requests)
        while (group := _taken(take)) is not None or running:
            if group is not None:
                batch = stack([crops[index] for index in group.members], group.width)
                request = idle.popleft()
                request.start_async([batch])
                running.append((group, request))
            if group is None or not idle:
                done, request = running.popleft()
                request.wait()
                found = scores_in(request.get_output_tensor())
                for index, scores in zip(done.members, found, strict=True):
                    read[index] = decode(scores, self._characters, done.width)
                idle.append(request)


_Requests = tuple[openvino.InferRequest, openvino.InferRequest]


def _two_requests(compiled: openvino.CompiledModel) -> _Requests:
    return compiled.create_infer_request(), compiled.create_infer_request()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Lines that are read together: indices, and the width they are padded to."""

    members: list[int]
    width: int


def _taken(take: Callable[[], _Group]) -> _Group | None:
    """The next group; None when there are no more."""
    try:
        return take()
    except IndexError:
        return None


def _groups(widths: Sequence[int], sizes: Sequence[int]) -> Iterator[_Group]:
    """All lines, those of one shape one after the other. sizes: of groups, the largest first."""
    by_width: dict[int, list[int]] = {}
    for index, width in enumerate(widths):
        by_width.setdefault(padded_width(width), []).append(index)
    for width in sorted(by_width, reverse=True):
        rest = by_width[width]
        while rest:
            count = next(size for size in sizes if size <= min(len(rest), _most(width)))
            yield _Group(members=rest[:count], width=width)
            rest = rest[count:]


def _most(width: int) -> int:
    """How many lines of this width are read in one inference."""
    return next(size for size in _BATCHES if size == 1 or size * width <= _BATCH_PIXELS)


def _graph(
    core: openvino.Core, recogniser: Recogniser, *, as_bfloat16: bool
) -> tuple[openvino.Model, npt.NDArray[np.int64]]:
    """(N, H, W, 3) uint8 → see class_scores."""
    path = weights_file(recogniser.folder, "openvino")
    graph = load(core, path)
    classes = graph.output(0).get_partial_shape()[2]
    if classes.is_static and classes.get_length() != len(recogniser.characters):
        raise ModelError(
            f"{path} knows {classes.get_length()} classes, but inference.yml beside it names "
            f"{len(recogniser.characters) - 2} characters, a blank and the space."
        )
    graph, keep = class_scores(graph, kept_classes(recogniser.characters), as_bfloat16=as_bfloat16)
    half = (0.5, 0.5, 0.5)
    return from_bytes(graph, half, half), keep
