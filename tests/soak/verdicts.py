"""What was seen in a soak, held against its targets."""

from collections.abc import Sequence
from math import sqrt
from statistics import linear_regression, median, variance

from evals.bench.report import Target
from tests.soak.callers import Tally
from tests.soak.watch import Disk, Look

# The warm-up: the first share of the pictures, which does not count for growth; as in `make bench`.
WARM_UP = 0.3
# Resident memory (MB): most at any moment, and growth of what is never given back per 1,000.
MOST_MB = {
    "OCR worker": 2500.0,
    "correction worker": 400.0,
    "front door": 250.0,
    "TorchServe (Java)": 1000.0,
}
# Java takes its heap into use piece by piece and tidies up when that is full; until then more
# memory is no leak. It is judged by its limit alone.
LAZY = ("TorchServe (Java)",)
MOST_GROWTH_MB = 1.0
# So many standard errors above that are a miss: what a process holds at rest varies by tens of MB.
_SURE = 2.0
# How many more threads or descriptors there may be in the last fifth than in the one after the
# warm-up: what happens to be in flight at a moment differs by some.
MORE_THREADS, MORE_HANDLES = 2, 8
# Of log4j2.xml (3 logs of 4 × 20 MB) and serving/watch.py (2 logs of 2 × 20 MB).
MOST_LOGS_MB = 320.0


def growth_at_rest(looks: Sequence[Look]) -> tuple[float, float]:
    """MB per 1,000 pictures after the warm-up, by which the memory grows that is never given back,
    and its standard error.

    Only looks at rest count: a long picture takes hundreds of MB for a moment, and what eight of
    them hold at that time says nothing about growth. (0, 0) for too few looks.
    """
    last = looks[-1].pictures if looks else 0
    found = [one for one in looks if one.at_rest and one.pictures >= WARM_UP * last]
    x, y = [look.pictures / 1000 for look in found], [look.rss for look in found]
    if len(set(x)) < 3:
        return 0.0, 0.0
    line = linear_regression(x, y)
    left = sum((b - line.slope * a - line.intercept) ** 2 for a, b in zip(x, y, strict=True))
    return line.slope, sqrt(left / (len(x) - 2) / (variance(x) * (len(x) - 1)))


def fifths(looks: Sequence[Look]) -> tuple[list[Look], list[Look]]:
    """The looks of the fifth of the pictures after the warm-up, and those of the last fifth."""
    last = looks[-1].pictures
    after = [one for one in looks if WARM_UP <= one.pictures / max(last, 1) < WARM_UP + 0.2]
    return after or list(looks[:1]), [one for one in looks if one.pictures >= 0.8 * last]


def answers(tally: Tally, rows: int, corrected: int) -> list[Target]:
    """Whether all was answered as it had to be, and is in the table."""
    return [
        Target(
            key="failed",
            target="no failed answer: every request has the status and code that it must have",
            measured=f"{len(tally.failed)} of {tally.answers} failed"
            + "".join(f"; {one}" for one in tally.failed[:3]),
            met=not tally.failed,
            numbers={"statuses": dict(tally.statuses), "failed": tally.failed},
        ),
        Target(
            key="right",
            target="every picture whose truth is known is answered rightly, again and corrected",
            measured=f"{tally.judged} judged, {len(tally.wrong)} not right"
            + "".join(f"; {one}" for one in tally.wrong[:3]),
            met=tally.judged > 0 and not tally.wrong,
            numbers={"wrong": tally.wrong},
        ),
        Target(
            key="rows",
            target="one row for each picture that was answered, and none beside; every correction",
            measured=f"{rows} rows of {len(tally.identities)}, "
            f"{corrected} corrected of {tally.corrections}",
            met=rows == len(tally.identities) and corrected == tally.corrections,
        ),
    ]


def memory(name: str, looks: Sequence[Look]) -> list[Target]:
    """Of one process."""
    most, (growth, error) = max(one.rss for one in looks), growth_at_rest(looks)
    limit = MOST_MB[name]
    grown = f"{growth:+.1f} ± {error:.1f} MB per 1,000"
    bound = Target(
        key=f"memory of {name}",
        target=f"memory of {name} ≤ {limit:.0f} MB at any moment",
        measured=f"{most:.0f} MB; {looks[-1].rss:.0f} at the end"
        + (f"; {grown}, not judged" if name in LAZY else ""),
        met=most <= limit,
        numbers={"most_mb": most, "mb_per_1000": growth},
    )
    if name in LAZY:
        return [bound]
    slow = Target(
        key=f"growth of {name}",
        target=f"memory of {name} at rest: no growth above {MOST_GROWTH_MB:g} MB per 1,000 pictures"
        f" after warm-up that is sure ({_SURE:g} standard errors)",
        measured=grown,
        met=growth - _SURE * error <= MOST_GROWTH_MB,
        numbers={"mb_per_1000": growth, "standard_error": error},
    )
    return [bound, slow]


def threads(name: str, looks: Sequence[Look]) -> Target:
    """Of one process."""
    after, last = (max(one.threads for one in part) for part in fifths(looks))
    return Target(
        key=f"threads of {name}",
        target=f"threads of {name}: no more than {MORE_THREADS} above those after warm-up",
        measured=f"{after} after warm-up, {last} in the last fifth",
        met=last <= after + MORE_THREADS,
    )


def handles(name: str, looks: Sequence[Look]) -> Target:
    """Of one process."""
    after, last = (median(one.handles for one in part) for part in fifths(looks))
    most = max(one.handles for one in looks)
    return Target(
        key=f"handles of {name}",
        target=f"open files of {name}: no more than {MORE_HANDLES} above those after warm-up",
        measured=f"{after:g} after warm-up, {last:g} in the last fifth (most {most})",
        met=last <= after + MORE_HANDLES,
    )


def files(disk: Sequence[Disk], processes: Sequence[int]) -> list[Target]:
    """Of the whole service."""
    logs, last = max(one.logs for one in disk), disk[-1]
    after = next(one for one in disk if one.pictures >= WARM_UP * last.pictures)
    return [
        Target(
            key="logs",
            target=f"log files ≤ {MOST_LOGS_MB:.0f} MB",
            measured=f"{logs:.1f} MB",
            met=logs <= MOST_LOGS_MB,
        ),
        Target(
            key="temporary files",
            target="temporary files: as many at the end as after warm-up, and no larger",
            measured=f"{after.temporary_files} of {after.temporary:.1f} MB after warm-up, "
            f"{last.temporary_files} of {last.temporary:.1f} MB at the end",
            met=last.temporary_files <= after.temporary_files
            and last.temporary <= after.temporary + 1,
        ),
        Target(
            key="home",
            target="other files in FUNDOCR_HOME: at most 1 MB more at the end than after warm-up",
            measured=f"{after.home:.1f} MB after warm-up, {last.home:.1f} MB at the end",
            met=last.home <= after.home + 1,
        ),
        Target(
            key="processes",
            target="processes: as many at the end as at first",
            measured=f"{processes[0]} at first, {processes[-1]} at the end",
            met=processes[-1] <= processes[0],
        ),
    ]
