"""What serves best on so many cores, as far as that was measured, and what is served with."""

import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from serving.config import Chosen
    from serving.torchserve_process import TorchServe


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """OCR workers, threads of each, pictures of a batch, and how long they wait for others (ms)."""

    workers: int
    threads: int
    batch: int
    delay_ms: int

    def __str__(self) -> str:
        return (
            f"{self.workers} × {self.threads} thread(s), batch {self.batch}, "
            f"delay {self.delay_ms} ms"
        )


# docs/benchmarks.md, "Cores → workers, threads, batch, delay".
MEASURED = {
    1: Sizing(workers=1, threads=1, batch=8, delay_ms=1),
    2: Sizing(workers=1, threads=2, batch=8, delay_ms=1),
}


def compared(settings: "Settings", server: "TorchServe") -> str:
    """The running sizing, or the one that would be served with, beside the measured one."""
    cores = len(os.sched_getaffinity(0))
    reading = [chosen for chosen in server.chosen if chosen.has_weights]
    batch, delay_ms = _batching(server, next(one for one in reading if one.is_default))
    own = Sizing(
        workers=sum(one.workers for one in reading),
        threads=settings.threads or cores,
        batch=batch,
        delay_ms=delay_ms,
    )
    if cores not in MEASURED:
        return f"{own}; on {cores} core(s) nothing was measured: `make bench-sweep` does"
    if own == MEASURED[cores]:
        return f"{own}: what was measured as best on {cores} core(s)"
    return f"{own}; measured as best on {cores} core(s): {MEASURED[cores]} (docs/benchmarks.md)"


def _batching(server: "TorchServe", chosen: "Chosen") -> tuple[int, int]:
    """Of the registration where TorchServe runs, else of the archive."""
    if server.management.is_reachable():
        for found in server.management.describe(chosen.model):
            if str(found["modelVersion"]) == chosen.version:
                return int(found["batchSize"]), int(found["maxBatchDelay"])
    with zipfile.ZipFile(chosen.archive.path) as file:
        written = yaml.safe_load(file.read(f"{chosen.model}.yaml")) or {}
    return int(written.get("batchSize", 1)), int(written.get("maxBatchDelay", 100))
