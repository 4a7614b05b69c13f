"""Which version came into service when: home/var/versions.jsonl, a line for each change."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cli.failure import Failure

Did = Literal["found", "deploy", "rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What answers for a model from `time` (UTC, ISO 8601) on. archive: its file in the model
    store; sha256: of that file, in hex."""

    time: str
    did: Did
    model: str
    version: str
    archive: str
    sha256: str
    weights: str
    workers: int


def now() -> str:
    """The present time as lines carry it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class VersionsLog:
    """The file of one home."""

    def __init__(self, home: Path) -> None:
        self._path = home / "var" / "versions.jsonl"

    def lines(self, model: str) -> list[Change]:
        """All changes of a model, oldest first; what is no such line is passed over."""
        try:
            texts = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [change for text in texts if (change := _parsed(text)) and change.model == model]

    def add(self, change: Change) -> None:
        """Write one line down."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(change), ensure_ascii=False) + "\n")

    def before(self, model: str, version: str) -> Change | None:
        """The version that was in service before `version` came, the last one of these."""
        return next((c for c in reversed(self.lines(model)) if c.version != version), None)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else changes versions inside; Failure when somebody does at this moment."""
        lock = self._path.parent / "run" / "versions.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failure("Another deploy, rollback or scale is at work here.") from None
            yield


def _parsed(text: str) -> Change | None:
    try:
        return Change(**json.loads(text))
    except (ValueError, TypeError):  # cut off in the middle by a crash
        return None
