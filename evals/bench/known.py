"""Measures a known link at the front door while all cores read new pictures."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from evals.bench import load
from evals.bench.load import Answered
from evals.bench.ours import Ours
from evals.bench.pictures import Pictures
from evals.bench.report import Target, percentile, spread
from evals.bench.system import Host

RATE, CONNECTIONS, CLIENTS, MOST_MS, MOST_LOSS = 500, 8, 16, 20, 0.20


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some seconds of load. ocr: pictures read a second. waits: s for each known link."""

    ocr: float
    waits: list[float]
    failed: list[str]


def known_links(ours: Ours, host: Host, pictures: Pictures, seconds: float, turns: int) -> Target:
    """Open loop of known links with 16 callers of new pictures beside it; and those callers alone,
    in turn, for what they lose.
    """
    asked = [ours.ask(host.url(picture)) for picture in pictures]
    load.run(load.closed_loop(ours.place, asked.__getitem__, iter(range(len(asked))), CLIENTS))
    with_known: list[Window] = []
    without: list[Window] = []
    for turn in range(turns):
        # No order is always the luckier one.
        for known in (None, asked.__getitem__) if turn % 2 == 0 else (asked.__getitem__, None):
            window = _window(ours, host, pictures, known, seconds)
            (without if known is None else with_known).append(window)
    waits = [1000 * wait for one in with_known for wait in one.waits]
    failed = [words for one in (*with_known, *without) for words in one.failed]
    p50, p99, most = (percentile(waits, share) for share in (0.5, 0.99, 1))
    alone, beside = (spread([one.ocr for one in many]) for many in (without, with_known))
    losses = [1 - b.ocr / a.ocr for a, b in zip(without, with_known, strict=True)]
    loss = median(losses)
    p99s = [1000 * percentile(one.waits, 0.99) for one in with_known]
    return Target(
        key="known_links",
        target=(
            f"known url, open loop {RATE}/s over ≤ {CONNECTIONS} connections, full OCR load: "
            f"p99 ≤ {MOST_MS} ms, and OCR loses ≤ {100 * MOST_LOSS:.0f} %"
        ),
        measured=(
            f"p99 {p99:.1f} ms (p50 {p50:.1f}, most {most:.0f}, n = {len(waits)}); OCR loses "
            f"{100 * loss:.0f} % ({alone.median:.2f} → {beside.median:.2f}/s)"
            + (f"; {len(failed)} failed: {failed[0]}" if failed else "")
        ),
        met=p99 <= MOST_MS and loss <= MOST_LOSS and not failed,
        numbers={
            "p50_ms": p50,
            "p99_ms": p99,
            "max_ms": most,
            "p99_ms_by_turn": p99s,
            "ocr_alone": alone.as_json(),
            "ocr_beside": beside.as_json(),
            "ocr_loss": loss,
            "ocr_loss_by_turn": losses,
            "failures": failed[:5],
        },
    )


def _window(
    ours: Ours, host: Host, pictures: Pictures, known: Callable[[int], bytes] | None, seconds: float
) -> Window:
    listed = itertools.cycle(pictures)
    number_of = len(pictures)

    async def both() -> tuple[list[Answered], list[Answered], float]:
        ending = asyncio.Event()
        begun = time.monotonic()
        reading = asyncio.create_task(
            load.closed_loop(
                ours.place,
                lambda _: ours.ask(host.url(next(listed))),
                _until_set(ending),
                CLIENTS,
            )
        )
        await asyncio.sleep(1.5)  # until every core reads
        asked: list[Answered] = []
        if known is None:
            await asyncio.sleep(seconds)
        else:
            asked = await load.open_loop(
                ours.place, lambda n: known(n % number_of), RATE, seconds, CONNECTIONS
            )
        ending.set()
        read = await reading
        return read, asked, time.monotonic() - begun

    read, asked, lasted = load.run(both())
    failed = [
        f"{one.response.status} {one.response.body[:120]!r}"
        for one in (*read, *asked)
        if one.response.status != 200
    ]
    return Window(ocr=len(read) / lasted, waits=[one.seconds for one in asked], failed=failed)


def _until_set(event: asyncio.Event) -> Any:  # noqa: ANN401 - an iterator of numbers
    return itertools.takewhile(lambda _: not event.is_set(), itertools.count())
