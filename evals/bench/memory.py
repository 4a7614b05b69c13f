"""`make bench-memory`: measures a worker's memory over thousands of screens of mixed sizes."""

from collections.abc import Callable, Sequence
from statistics import median

import psutil

from evals.bench import load
from evals.bench.ours import Ours
from evals.bench.pictures import Pictures
from evals.bench.report import Target, slope
from evals.bench.system import Host

MOST_GB, MOST_SLOPE_MB, CLIENTS, STEP = 1.0, 1.0, 16, 60
WARM_SHARE = 0.3
FULL = 5000
LEAST_FOR_SLOPE = 1000


def memory(ours: Ours, host: Host, pictures: Pictures, screens: int) -> Target:
    """RSS of every worker that reads, sampled while `screens` go through 16 callers.

    The slope is the least-squares line through the samples after the warm-up, the first 30 % of
    the screens; of several workers the worst one counts.
    """
    workers = ours.workers()
    at: list[int] = []
    rss: dict[int, list[float]] = {pid: [] for pid in workers}
    failed = 0
    done = 0
    while done < screens:
        part = [ours.ask(host.url(pictures[(done + k) % len(pictures)]))
                for k in range(min(STEP, screens - done))]  # fmt: skip
        answered = load.run(
            load.closed_loop(ours.place, part.__getitem__, iter(range(len(part))), CLIENTS)
        )
        failed += sum(one.response.status != 200 for one in answered)
        done += len(part)
        at.append(done)
        for pid, samples in rss.items():
            samples.append(psutil.Process(pid).memory_info().rss / 1e6)
    most = max(max(samples) for samples in rss.values())
    growth = max(_slope(at, samples, screens) for samples in rss.values())
    told = "" if screens >= FULL else f" (5,000: make bench-memory; here {screens})"
    judged = screens >= LEAST_FOR_SLOPE
    if not judged:
        told = f" (too few to judge the growth by: {screens}; make bench-memory)"
    return Target(
        key="memory",
        target=(
            f"memory of a worker over 5,000 screens of mixed sizes ≤ {MOST_GB} GB RSS, "
            f"≤ {MOST_SLOPE_MB:g} MB more per 1,000 after warm-up"
        ),
        measured=(
            f"{most / 1000:.2f} GB, {growth:+.1f} MB per 1,000{told}"
            + (f"; {failed} failed" if failed else "")
        ),
        met=most <= 1000 * MOST_GB and not failed and (growth <= MOST_SLOPE_MB or not judged),
        numbers={
            "screens": screens,
            "most_mb": most,
            "slope_mb_per_1000": growth,
            "at": at,
            "rss_mb": list(rss.values()),
            "failed": failed,
        },
    )


def _slope(at: Sequence[int], samples: Sequence[float], screens: int) -> float:
    """MB per 1,000 screens after the warm-up; 0 for less than two samples."""
    after = [(x, y) for x, y in zip(at, samples, strict=True) if x > WARM_SHARE * screens]
    if len(after) < 2:
        return 0.0
    return 1000 * slope([x for x, _ in after], [y for _, y in after])


# How long a service takes until it is READY.

MOST_SECONDS = 8


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
        target=f"start until READY ≤ {MOST_SECONDS} s, the very first too",
        measured=(
            f"{middle:.1f} s (median of {', '.join(f'{s:.1f}' for s in seconds)}); the very first, "
            f"nothing compiled yet: {first:.1f} s"
        ),
        met=max(middle, first) <= MOST_SECONDS,
        numbers={"seconds": seconds, "first_seconds": first},
    )
