"""What the processes of a run take: the most memory of each kind, and all processor time."""

import threading
from types import TracebackType

import psutil

_EVERY_S = 0.25


class Watch:
    """Looks at a process and all below it until the block ends.

    most: the largest of each kind (bytes of RSS): `backfill`, `reader`, `Ray` (the sum of its own).
    """

    def __init__(self, *roots: psutil.Process) -> None:
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most: dict[str, int] = {}

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_EVERY_S):
            rays = 0
            for process in self._all():
                try:
                    name = _kind(process)
                    size = process.memory_info().rss
                except psutil.Error:
                    continue
                if name == "Ray":
                    rays += size
                else:
                    self._note(name, size)
            self._note("Ray", rays)

    def _note(self, name: str, size: int) -> None:
        self.most[name] = max(self.most.get(name, 0), size)

    def _all(self) -> list[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for root in self._roots:
            try:
                for process in (root, *root.children(recursive=True)):
                    found[process.pid] = process
            except psutil.Error:
                continue
        return list(found.values())


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    if "MapWorker" in words:
        return "reader"
    return "backfill" if "cli backfill" in words else "Ray"
