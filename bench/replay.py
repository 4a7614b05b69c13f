"""`python -m bench.replay RECORDING MODE CACHE`: recorded tensors through the models alone.

MODE `processes`: one process with one thread for each core; `streams`: one process with one stream
for each core. For each line on standard input all tensors go through once, and one line tells the
seconds that it took. The first pass, which prepares the shapes, is made before the first line.
"""

import json
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


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

    told = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
    core = openvino.Core()
    if cache is not None:
        core.set_property({properties.cache_dir(): str(cache)})
    hint = properties.hint.PerformanceMode
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


def _one_process(folder: Path, cache: Path, core: int, turn: Any, taken: Any) -> None:
    """Take the next tensor that nobody has taken, on one core, turn after turn."""
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


def _processes(folder: Path, cache: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    fresh = multiprocessing.get_context("spawn")
    turn, taken = fresh.Barrier(len(cores) + 1), fresh.Value("l", 0)
    for core in cores:
        fresh.Process(
            target=_one_process, args=(folder, cache, core, turn, taken), daemon=True
        ).start()

    def once() -> float:
        taken.value = 0
        turn.wait()
        begun = time.monotonic()
        turn.wait()
        return time.monotonic() - begun

    once()
    _answer(once)


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
