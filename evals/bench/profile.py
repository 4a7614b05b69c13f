"""Where one screen's CPU time goes: stages of the worker, and the processes around it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.bench.pictures import Pictures
from evals.bench.stages import stages


def profile(row: Mapping[str, Any], models: Path, pictures: Pictures) -> dict[str, float]:
    """ms of CPU for a screen, by part. row: ours, of the throughput table (cores used by each
    process, screens a second).
    """
    per_screen = {
        name: 1000 * cores / row["rate"]["median"] for name, cores in row["cpu_cores"].items()
    }
    found = stages(models, pictures)
    workers = sum(ms for name, ms in per_screen.items() if name.startswith("worker"))
    # What a worker does beside: fetching, rows, TorchServe's protocol, JSON; and what two threads
    # cost more than one.
    found["rest of the worker"] = max(workers - sum(found.values()), 0.0)
    found["database"] = per_screen.get("MariaDB", 0.0)
    found["HTTP: TorchServe"] = per_screen.get("TorchServe (Java)", 0.0)
    found["HTTP: front door"] = per_screen.get("front door", 0.0)
    found["load and pictures"] = per_screen["load generator"] + per_screen["picture host"]
    return found
