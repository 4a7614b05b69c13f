"""Reports `target | measured | met or missed`, the same as JSON, and the exit code."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
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


# Percentiles, medians with ranges, exponents.


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0–1) of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle of some measurements, and how far they went."""

    median: float
    least: float
    most: float
    n: int

    def text(self, places: int = 2) -> str:
        """`7.10 (6.92–7.31, n = 5)`"""
        return (
            f"{self.median:.{places}f} ({self.least:.{places}f}–{self.most:.{places}f}, "
            f"n = {self.n})"
        )

    def as_json(self) -> dict[str, float]:
        """For a report."""
        return {"median": self.median, "least": self.least, "most": self.most, "n": self.n}


def spread(values: Sequence[float]) -> Spread:
    """Median and range of at least one value."""
    return Spread(median=median(values), least=min(values), most=max(values), n=len(values))


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """How much y grows for each x: the least-squares line."""
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - mean_x) ** 2 for x in xs)
    if not across:
        raise ValueError("one x only")
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / across


def exponent(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The k of y ~ x^k: the slope of the logarithms."""
    return slope([math.log(x) for x in xs], [math.log(y) for y in ys])
