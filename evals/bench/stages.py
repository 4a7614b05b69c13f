"""`python -m evals.bench.stages MODELS RECORDING FILES`: measures the CPU time of one screen's
stages, in ms.

One thread, in batches as the service's, so that time is CPU time. The graphs' share is
that of their recorded inputs (evals.bench.record); what else a decision takes is cutting crops,
boxes and texts.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from evals.bench.bound import FOLDER as RECORDING
from evals.bench.ours import batching
from evals.bench.pictures import FOLDER as PICTURES
from evals.bench.pictures import Pictures
from pipeline.settings import PROJECT

STAGES = ("decode", "detect", "crops, boxes, texts", "recognise", "second reading", "rules")

_ROUNDS = 3


def stages(models: Path, pictures: Pictures) -> dict[str, float]:
    """ms of CPU for a screen, by stage; the pictures must be those of the recording."""
    command = [sys.executable, "-m", "evals.bench.stages", str(models), str(RECORDING)]
    command.append(",".join(picture.file for picture in pictures))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env={**environment, "FUNDOCR_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"evals.bench.stages failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(models: Path, recording: Path, files: Sequence[str]) -> None:
    """Measure in this process and print."""
    from ocr.models import load_models
    from pipeline.decode.image import decode
    from pipeline.open_reader import open_decider
    from pipeline.settings import load_settings
    from postprocess.types import Extraction, Page

    in_rules = 0.0
    batch = batching()["batchSize"]
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(Path(home))
        decider = open_decider(settings, load_models(models))
        rules = decider.rules

        def timed(page: Page) -> Extraction:
            nonlocal in_rules
            begun = time.process_time()
            found = rules(page)
            in_rules += time.process_time() - begun
            return found

        decider = replace(decider, rules=timed)
        contents = [(PICTURES / file).read_bytes() for file in files]
        graphs = Graphs(recording)

        def one_round() -> dict[str, float]:
            nonlocal in_rules
            in_rules = 0.0
            begun = time.process_time()
            images = [decode(content, settings) for content in contents]
            decoded = time.process_time()
            for start in range(0, len(images), batch):
                decider.decide(images[start : start + batch])
            decided = time.process_time()
            found = {"decode": decoded - begun, "rules": in_rules, **graphs.seconds()}
            rest = decided - begun - sum(found.values())
            found["crops, boxes, texts"] = max(rest, 0.0)
            return found

        one_round()  # warm
        # The rest is a difference of two times of a machine that others share: rounds in turn.
        rounds = [one_round() for _ in range(_ROUNDS)]
        each = 1000 / len(files)
        middle = {name: each * median(one[name] for one in rounds) for name in STAGES}
        print(json.dumps(middle))


class Graphs:
    """The recorded inputs' graphs, ready to run."""

    def __init__(self, recording: Path) -> None:
        from evals.bench.replay import load_recording

        self._recorded = load_recording(recording, None, 1)
        self._requests = [graph.create_infer_request() for graph in self._recorded.graphs]

    def seconds(self) -> dict[str, float]:
        """s of CPU of all recorded inputs, by what their graph is for."""
        found = {"detect": 0.0, "recognise": 0.0, "second reading": 0.0}
        for number, tensor in self._recorded.items:
            begun = time.process_time()
            self._requests[number].infer([tensor], share_inputs=True)
            found[self._recorded.kinds[number]] += time.process_time() - begun
        return found


# Where one screen's CPU time goes: stages of the worker, and the processes around it.


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


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(","))
