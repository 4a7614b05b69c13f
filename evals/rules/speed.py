"""`make rules-speed`: measures the processor time of the rules.

1,000 drawn screens as a perfect recogniser reads them go through `postprocess.layout.extract`;
processor time, the median of five rounds. Each round begins with nothing remembered of the texts.
Prints `target | measured | met or missed`; the same as JSON in var/rules_speed.json. The exit code
is 1 on a miss.
"""

import importlib
import json
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable

import postprocess
from evals.screens.corpus import undrawn
from pipeline.settings import PROJECT
from postprocess.layout import extract
from postprocess.types import Page

PAGES = 1_000
ROUNDS = 5
MOST_SECONDS = 1.5
_SEED = 1


def main() -> int:
    """Measure and judge; 1 when the target is missed."""
    pages = [screen.page() for screen in undrawn(PAGES, _SEED)]
    rounds = [_seconds(pages) for _ in range(ROUNDS)]
    measured = statistics.median(rounds)
    met = measured <= MOST_SECONDS
    told = f"{measured:.2f} s ({min(rounds):.2f}–{max(rounds):.2f})"
    print(
        f"{PAGES:,} pages through the rules: ≤ {MOST_SECONDS:g} s | {told} | "
        f"{'met' if met else 'missed'}"
    )
    report = {
        "target_seconds": MOST_SECONDS,
        "pages": PAGES,
        "lines": sum(len(page.lines) for page in pages),
        "rounds": [round(one, 4) for one in rounds],
        "median": round(measured, 4),
        "met": met,
    }
    file = PROJECT / "var" / "rules_speed.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if met else 1


def _forgetting() -> list[Callable[[], None]]:
    """What empties each memory that the rules have of texts."""
    modules = [
        importlib.import_module(f"postprocess.{found.name}")
        for found in pkgutil.iter_modules(postprocess.__path__)
    ]
    things = {id(thing): thing for module in modules for thing in vars(module).values()}
    return [thing.cache_clear for thing in things.values() if hasattr(thing, "cache_clear")]


def _seconds(pages: list[Page]) -> float:
    """Processor seconds of one round."""
    for forget in _forgetting():
        forget()
    begun = time.process_time()
    for page in pages:
        extract(page)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
