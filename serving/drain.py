"""Waiting until a TorchServe has nothing in flight: it drops what is when it stops."""

import fcntl
import time
from collections.abc import Iterable
from pathlib import Path

from handlers.worker import busy_folder
from serving.client import Management

# As long as TorchServe lets a worker take for one batch (responseTimeout of the archives).
_SECONDS = 120.0


def drain(home: Path, management: Management, models: Iterable[str]) -> None:
    """Return when nothing was in flight twice in a row, or after as long as a batch may take."""
    deadline = time.monotonic() + _SECONDS
    quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        quiet = 0 if _is_busy(home, management, models) else quiet + 1
        time.sleep(0.1)


def _is_busy(home: Path, management: Management, models: Iterable[str]) -> bool:
    for path in busy_folder(home).iterdir():
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    for model in models:
        for version in management.describe(model):
            queue = version.get("jobQueueStatus", {})
            if isinstance(queue, dict) and queue.get("pendingRequests", 0):
                return True
    return False
