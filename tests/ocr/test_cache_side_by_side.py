"""Processes that start together share one cache of compiled models."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

from ocr.models import weights_file
from ocr.openvino.graph import alone_in
from pipeline.settings import PROJECT

ROUNDS = 8
"""Without the lock the writer fails in two rounds of three."""


def load(second: bool, folder: Path, barrier: Barrier) -> None:
    """Compile the detector into an empty cache; the second comes while the first is writing."""
    # Here and not above: ocr must be imported first, it keeps openvino from reporting itself.
    import openvino
    from openvino import properties

    weights = weights_file(PROJECT / "weights" / "PP-OCRv6_small" / "det", "openvino")
    for number in range(ROUNDS):
        cache = folder / str(number)
        cache.mkdir(parents=True, exist_ok=True)
        core = openvino.Core()
        core.set_property({properties.cache_dir(): str(cache)})
        barrier.wait()
        while second and not any(cache.glob("*.blob")):
            pass
        with alone_in(cache):
            core.compile_model(core.read_model(weights), "CPU")


def test_a_process_does_not_spoil_the_cache_that_another_is_writing(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(2, timeout=60)
    both = [
        spawning.Process(target=load, args=(second, tmp_path, barrier)) for second in (False, True)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
