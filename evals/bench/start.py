"""How long a service takes until it is READY."""

from collections.abc import Callable
from statistics import median

from evals.bench.ours import Ours
from evals.bench.report import Target

MOST_SECONDS = 12


def start(first: float, new: Callable[[], Ours], times: int) -> Target:
    """Start and stop `times` times in a home whose compile cache is filled.

    first: s of the first start in that home, with nothing compiled.
    """
    seconds = []
    for _ in range(times):
        with new() as ours:
            seconds.append(ours.start_seconds)
    middle = median(seconds)
    return Target(
        key="start",
        target=f"start until READY ≤ {MOST_SECONDS} s",
        measured=(
            f"{middle:.1f} s (median of {', '.join(f'{s:.1f}' for s in seconds)}); the very first, "
            f"nothing compiled yet: {first:.1f} s"
        ),
        met=middle <= MOST_SECONDS,
        numbers={"seconds": seconds, "first_seconds": first},
    )
