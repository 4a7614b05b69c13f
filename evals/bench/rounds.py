"""Measures throughput: rounds of the same pictures through every system in turn."""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cli.judge import Judgement
from evals.bench import load
from evals.bench.child import cpu_seconds
from evals.bench.pictures import BenchPicture, Pictures
from evals.bench.report import Spread, percentile, spread
from evals.bench.system import Host, System, counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One system, one round. rate: screens answered a second. cpu: cores used by each process.
    p50, p99: s a caller waited. failures: answers that were none.
    """

    rate: float
    p50: float
    p99: float
    answered: int
    verdicts: Counter[Judgement]
    failures: list[str]
    cpu: dict[str, float]


@dataclass(slots=True)
class Rounds:
    """All rounds of one system."""

    rounds: list[Round] = field(default_factory=list)

    @property
    def rate(self) -> Spread:
        """Screens a second over the rounds."""
        return spread([one.rate for one in self.rounds])

    @property
    def p50(self) -> Spread:
        """s over the rounds."""
        return spread([one.p50 for one in self.rounds])

    @property
    def verdicts(self) -> Counter[Judgement]:
        """Of all rounds."""
        return sum((one.verdicts for one in self.rounds), Counter())

    @property
    def failures(self) -> list[str]:
        """Of all rounds."""
        return [words for one in self.rounds for words in one.failures]

    def right(self) -> float:
        """Share of the screens that were answered rightly, 0–1; a failure is not right."""
        verdicts = self.verdicts
        return verdicts["right"] / max(verdicts.total() + len(self.failures), 1)


def one_round(
    system: System, host: Host, pictures: Pictures, *, clients: int, times: int = 1
) -> Round:
    """All pictures, each `times` times under links of its own, through one system.

    The rate counts from the first request to the last answer, the way in and out included.
    """
    asked: list[BenchPicture] = [*pictures] * times
    requests = [system.ask(host.url(picture)) for picture in asked]
    before = _cpu(system, host)
    begun = time.monotonic()
    answered = load.run(
        load.closed_loop(system.place, requests.__getitem__, iter(range(len(asked))), clients)
    )
    seconds = time.monotonic() - begun
    after = _cpu(system, host)
    verdicts, failures = counted(system, asked, {a.number: a.response for a in answered})
    waits = [one.seconds for one in answered]
    return Round(
        rate=(len(answered) - len(failures)) / seconds,
        p50=percentile(waits, 0.5),
        p99=percentile(waits, 0.99),
        answered=len(answered),
        verdicts=verdicts,
        failures=failures,
        cpu={name: (after[name] - before[name]) / seconds for name in before if name in after},
    )


def warm(system: System, host: Host, pictures: Pictures, *, clients: int) -> Round:
    """The same, for what a system prepares when it first meets a shape."""
    return one_round(system, host, pictures, clients=clients)


def times_for(rate: float, pictures: Pictures, seconds: float) -> int:
    """How often the pictures fill so many seconds at this rate; at least once."""
    return max(1, round(seconds * rate / len(pictures)))


def interleaved(turns: Sequence[Callable[[], None]], rounds: int) -> None:
    """Everybody once, then everybody again: what else the machine does meets all alike."""
    for _ in range(rounds):
        for turn in turns:
            turn()


def _cpu(system: System, host: Host) -> dict[str, float]:
    pids = system.processes() | {"picture host": host.child.pid}
    return {name: cpu_seconds(pid) for name, pid in pids.items()} | {
        "load generator": _own_cpu(),
    }


def _own_cpu() -> float:
    times = os.times()
    return times.user + times.system
