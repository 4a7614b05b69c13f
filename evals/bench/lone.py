"""Measures what the service adds for one caller alone: the same picture with and without it."""

from evals.bench import load
from evals.bench.alone import Alone
from evals.bench.ours import Ours, batching
from evals.bench.pictures import Pictures
from evals.bench.report import Target, spread
from evals.bench.system import Host

MOST_MS, STRETCH_MS = 15, 10


def lone_caller(ours: Ours, alone: Alone, host: Host, pictures: Pictures, times: int) -> Target:
    """p50 of link in → answer out at one client, less the same picture's work alone, in turn."""
    served: list[float] = []
    bare: list[dict[str, float]] = []
    for picture in [*pictures] * (times + 1):
        requests = [ours.ask(host.url(picture))]
        answered = load.run(
            load.closed_loop(ours.place, requests.__getitem__, iter(range(1)), clients=1)
        )
        if answered[0].response.status != 200:
            raise RuntimeError(f"one client: {answered[0].response}")
        served.append(1000 * answered[0].seconds)
        bare.append(alone.ask(host.url(picture)))
    seen = len(pictures)  # the first time is for the shapes
    served, bare = served[seen:], bare[seen:]
    p50, p50_alone = spread(served), spread([one["all"] for one in bare])
    added = spread([s - b["all"] for s, b in zip(served, bare, strict=True)])
    parts = {key: spread([one[key] for one in bare]).median for key in bare[0]}
    delay = batching()["maxBatchDelay"]
    return Target(
        key="one_client",
        target=(
            f"p50 at one client − download, decode, read alone ≤ {MOST_MS} ms "
            f"(stretch {STRETCH_MS})"
        ),
        measured=(
            f"+ {added.median:.1f} ms (p50 {p50.median:.0f} ms, alone {p50_alone.median:.0f} ms; "
            f"batch delay {delay} ms, n = {added.n})"
        ),
        met=added.median <= MOST_MS,
        numbers={
            "added_ms": added.as_json(),
            "p50_ms": p50.median,
            "alone_ms": parts,
            "batch_delay_ms": delay,
        },
    )
