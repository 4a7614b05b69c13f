"""The bound: the tensors of our reader through its compiled models alone, all cores busy.

Of the cascade they are its own work: all lines for the light recogniser, what it leaves in doubt
for the other one, and what is confirmed.
"""

import json
import shutil
import sys
from pathlib import Path
from types import TracebackType

from evals.bench.child import Child, last_line_of
from evals.bench.ours import batching
from evals.bench.pictures import FOLDER as PICTURES
from evals.bench.pictures import Pictures
from evals.bench.system import log_of
from pipeline.settings import PROJECT

FOLDER = PROJECT / "var" / "bench" / "recording"
MODES = {
    "processes": "a process of one thread for each core",
    "streams": "one process, a stream for each core",
}


class Bound:
    """A context manager; `rate()` replays once. Both ways of using the cores are tried when it is
    entered, and the better one is kept: `settings` says which, `tried` what each reached.
    """

    name = "bound"

    def __init__(self, models: Path, pictures: Pictures) -> None:
        self.tried: dict[str, float] = {}
        self.screens = 0
        self.settings = ""
        shutil.rmtree(FOLDER, ignore_errors=True)
        record = [sys.executable, "-m", "evals.bench.record", str(models), str(PICTURES)]
        names = ",".join(picture.file for picture in pictures)
        record += [names, str(FOLDER), str(batching()["batchSize"])]
        last_line_of(record)
        self.recording = json.loads((FOLDER / "recording.json").read_text(encoding="utf-8"))
        self.screens = self.recording["screens"]

    def __enter__(self) -> "Bound":
        # (An interrupt here leaves none of them behind: evals.bench.child ends them.)
        replays = {mode: self._start(mode) for mode in MODES}
        for mode, child in replays.items():
            self._child = child
            self.tried[mode] = max(self.rate() for _ in range(2))
        best = max(self.tried, key=self.tried.__getitem__)
        for mode, child in replays.items():
            if mode != best:
                child.stop()
        self._child = replays[best]
        self.settings = MODES[best]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    def rate(self) -> float:
        """Screens a second of one replay."""
        self._child.tell("once")
        return self.screens / float(self._child.hear())

    def _start(self, mode: str) -> Child:
        cache = FOLDER.parent / "replay-cache"
        child = Child(
            [sys.executable, "-m", "evals.bench.replay", str(FOLDER), mode, str(cache)],
            log=log_of(f"replay-{mode}"),
        )
        if child.hear() != "ready":
            raise child.failure()
        return child
