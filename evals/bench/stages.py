"""Where one screen's CPU time goes: the worker's parts, and the processes around it."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from types import TracebackType

from evals.bench.child import Child
from evals.bench.database import Database
from evals.bench.ours import batching
from evals.bench.pictures import Pictures
from evals.bench.report import Target
from evals.bench.rounds import Round
from evals.bench.system import Host, log_of
from pipeline.settings import PROJECT

MODELS = ("detect", "first reading", "second reading", "confirm")
WORKER = (
    *("decode", MODELS[0], "boxes and crops", MODELS[1], MODELS[2], "texts", "doubts", "rules"),
    *(MODELS[3], "looking over what decides", "rows", "TorchServe's protocol"),
)
"""Parts of a worker as evals.bench.worker tells them."""
SIDE_BY_SIDE = "two threads, side by side"
"""What a worker under load takes beyond these parts one after the other in one thread: cores that
are shared, caches, waiting for each other. The only one that may be below 0."""

BEFORE_MS, BEFORE_ALL_MS, BEFORE_DETECT_MS = 48, 196, 28.8
"""What was no model on 2026-11-26 (docs/adr/0012), of what, and beside which time of the detector,
which is the same today: it tells how fast the machine was."""
MOST = 0.7


class Worker:
    """The process of evals.bench.worker, asked round by round. A context manager.

    archive: unpacked. home: a folder of its own.
    """

    def __init__(self, archive: Path, home: Path, host: Host, database: Database) -> None:
        self._host = host
        home.mkdir(parents=True)
        self._child = Child(
            [
                *(sys.executable, "-m", "evals.bench.worker"),
                *(str(archive), str(batching()["batchSize"])),
            ],
            log=log_of("worker"),
            environment={
                "FUNDOCR_HOME": str(home),
                "FUNDOCR_DATABASE_URL": database.new_database(upgraded=True),
                "FUNDOCR_LOCAL_HOSTS": host.authority,
                "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
                "FUNDOCR_THREADS": "1",
                "TS_DECODE_INPUT_REQUEST": "false",
                "TS_METRICS_CONFIG": str(PROJECT / "metrics.yaml"),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )

    def __enter__(self) -> "Worker":
        if self._child.hear() != "ready":
            raise self._child.failure()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    def parts(self, pictures: Pictures) -> dict[str, float]:
        """ms of CPU for a screen by part, in one thread; the pictures once each."""
        self._child.tell(json.dumps([self._host.url(picture) for picture in pictures]))
        seconds: dict[str, float] = json.loads(self._child.hear())
        return {name: 1000 * one / len(pictures) for name, one in seconds.items()}


class Profile:
    """Rounds of the service under load, each with its worker's parts measured right after it."""

    def __init__(self) -> None:
        self.rounds: list[dict[str, float]] = []

    def add(self, ours: Round, parts: Mapping[str, float]) -> None:
        """ours: a round of the service. parts: of Worker.parts."""
        each = {name: 1000 * cores / ours.rate for name, cores in ours.cpu.items()}
        workers = sum(ms for name, ms in each.items() if name.startswith("worker"))
        found = {name: parts[name] for name in WORKER}
        found[SIDE_BY_SIDE] = workers - sum(found.values())
        found["database"] = each["MariaDB"]
        found["TorchServe (Java)"] = each["TorchServe (Java)"]
        found["fetch"] = parts["fetch"]
        found["front door"] = each["front door"] - parts["fetch"]  # which fetches
        found["load and pictures"] = each["load generator"] + each["picture host"]
        self.rounds.append(found)

    def table(self) -> dict[str, float]:
        """ms of CPU for a screen by part: the middle of the rounds."""
        return {name: median(one[name] for one in self.rounds) for name in self.rounds[0]}

    def target(self) -> Target:
        """What is no model, held against what it was; missed where a part is not seen."""
        parts = self.table()
        unseen = [name for name, ms in parts.items() if ms < 0.05 and name != SIDE_BY_SIDE]
        whole = [sum(one.values()) for one in self.rounds]
        models = [_models(one) for one in self.rounds]
        beside = median(all_ms - ms for all_ms, ms in zip(whole, models, strict=True))
        most = MOST * BEFORE_MS
        return Target(
            key="no_model",
            target=(
                f"processor time of a screen that is no model ≤ {MOST:g} of the {BEFORE_MS} of "
                f"{BEFORE_ALL_MS} ms before: ≤ {most:.1f} ms"
            ),
            measured=(
                f"{beside:.1f} of {median(whole):.0f} ms (n = {len(whole)}; the same detector took "
                f"{BEFORE_DETECT_MS} ms then and {parts['detect']:.1f} now)"
                + (f"; not seen: {', '.join(unseen)}" if unseen else "")
            ),
            met=beside <= most and not unseen,
            numbers={"beside_ms": beside, "all_ms": median(whole), "parts_ms": parts},
        )


def _models(parts: Mapping[str, float]) -> float:
    return sum(parts[name] for name in MODELS)


def told(parts: Mapping[str, float]) -> Sequence[str]:
    """The table in lines."""
    return [f"  {name}: {ms:.1f} ms" for name, ms in parts.items()]
