"""`python -m evals.bench.replay RECORDING MODE CACHE`: puts recorded tensors through the models
alone.

MODE `processes`: one process with one thread for each core; `streams`: one process with one stream
for each core. For each line on standard input all tensors go through once, and one line tells the
seconds that it took. The first pass, which prepares the shapes, is made before the first line.
"""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from evals.bench.lifeline import end_with

# That a turn may take, and the first one too, in which the models are compiled.
_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """Compiled graphs, what each is for, and each inference's graph number and tensor, in order."""

    graphs: list[Any]
    kinds: list[str]
    items: list[tuple[int, Any]]


def load_recording(folder: Path, cache: Path | None, streams: int) -> Recorded:
    """Compile the graphs of a recording for so many streams of one thread, and load its tensors."""
    import openvino
    from openvino import properties

    from ocr.openvino.graph import alone_in

    told = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
    core = openvino.Core()
    if cache is not None:
        core.set_property({properties.cache_dir(): str(cache)})
    hint = properties.hint.PerformanceMode
    with alone_in(cache):
        graphs = [
            core.compile_model(
                core.read_model(folder / f"graph-{number}.xml"),
                "CPU",
                {
                    properties.hint.performance_mode(): hint.THROUGHPUT
                    if streams > 1
                    else hint.LATENCY,
                    properties.inference_num_threads(): streams,
                    properties.num_streams(): streams,
                    **config,
                },
            )
            for number, config in enumerate(told["configs"])
        ]
    items = [
        (number, np.load(folder / f"tensor-{index:05}.npy"))
        for index, number in enumerate(told["items"])
    ]
    return Recorded(graphs, told["kinds"], items)


def _one_process(parent: int, core: int, turn: Any, taken: Any, folder: Path, cache: Path) -> None:
    """Take the next tensor that nobody has taken, on one core, turn after turn."""
    end_with(parent)
    os.sched_setaffinity(0, {core})
    recorded = load_recording(folder, cache, 1)
    requests = [graph.create_infer_request() for graph in recorded.graphs]
    for number, tensor in recorded.items:  # every shape, in every process
        requests[number].infer([tensor], share_inputs=True)
    while True:
        turn.wait()
        while True:
            with taken.get_lock():
                index = taken.value
                taken.value += 1
            if index >= len(recorded.items):
                break
            number, tensor = recorded.items[index]
            requests[number].infer([tensor], share_inputs=True)
        turn.wait()


class Crew:
    """A process for each core, which begin together and are waited for together.

    work: called in each with the id of this process, its core, the barrier that begins and ends a
    turn, the counter of what is taken, and `arguments`. seconds: that a turn may take.
    """

    def __init__(
        self, work: Callable[..., None], arguments: tuple[Any, ...], seconds: float = _SECONDS
    ) -> None:
        cores = sorted(os.sched_getaffinity(0))
        fresh = multiprocessing.get_context("spawn")
        self._turn, self._taken = fresh.Barrier(len(cores) + 1), fresh.Value("l", 0)
        self._seconds = seconds
        shared = (self._turn, self._taken, *arguments)
        crew = [
            fresh.Process(target=work, args=(os.getpid(), core, *shared), daemon=True)
            for core in cores
        ]
        for one in crew:
            one.start()
        # Whoever waits for one that has died would wait for ever.
        ends = [one.sentinel for one in crew]
        Thread(target=self._watch, args=(ends,), daemon=True).start()

    def _watch(self, ends: list[int]) -> None:
        wait(ends)
        self._turn.abort()

    def once(self) -> float:
        """One turn; its seconds. BrokenBarrierError when one of them has died, or hangs."""
        self._taken.value = 0
        self._turn.wait(self._seconds)
        begun = time.monotonic()
        self._turn.wait(self._seconds)
        return time.monotonic() - begun


def _processes(folder: Path, cache: Path) -> None:
    crew = Crew(_one_process, (folder, cache))
    crew.once()
    _answer(crew.once)


def _streams(folder: Path, cache: Path) -> None:
    import openvino

    streams = len(os.sched_getaffinity(0))
    recorded = load_recording(folder, cache, streams)
    queues = [openvino.AsyncInferQueue(graph, 2 * streams) for graph in recorded.graphs]

    def once() -> float:
        begun = time.monotonic()
        last = -1
        for number, tensor in recorded.items:
            if last not in (-1, number):
                queues[last].wait_all()  # streams of two graphs at once would be twice the threads
            queues[number].start_async([tensor], share_inputs=True)
            last = number
        queues[last].wait_all()
        return time.monotonic() - begun

    once()
    _answer(once)


def _answer(once: Any) -> None:
    print("ready", flush=True)
    for _ in sys.stdin:
        print(once(), flush=True)


if __name__ == "__main__":
    {"processes": _processes, "streams": _streams}[sys.argv[2]](
        Path(sys.argv[1]), Path(sys.argv[3])
    )
