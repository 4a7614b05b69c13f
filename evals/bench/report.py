"""`target | measured | met or missed`, the same as JSON, and the exit code."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line of the table. key: its name in the JSON. numbers: what `measured` says, to be
    counted with.
    """

    key: str
    target: str
    measured: str
    met: bool
    numbers: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """As it is printed."""
        return f"{self.target} | {self.measured} | {'met' if self.met else 'missed'}"


def conclude(file: Path, targets: Sequence[Target], details: dict[str, Any]) -> int:
    """Print every target, write all as JSON; 1 on a miss, or where nothing was measured."""
    for target in targets:
        print(target.line(), flush=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {**details, "targets": [asdict(target) for target in targets]}
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if targets and all(target.met for target in targets) else 1


def say(text: str) -> None:
    """A line about what goes on."""
    print(text, flush=True)
