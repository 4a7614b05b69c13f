"""Measures screens a second at 16 callers: ours beside each peer and beside the bound."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from evals.bench.bound import Bound
from evals.bench.pictures import Pictures
from evals.bench.plan import Plan
from evals.bench.report import Spread, Target, say, spread
from evals.bench.rounds import Rounds, interleaved, one_round, times_for, warm
from evals.bench.stages import Profile, Worker
from evals.bench.system import Host, System

CLIENTS = 16
SMALL = "ours with small alone"
"""The same service from an archive whose one recogniser reads all lines."""
LEAST = {
    SMALL: (1.5, 1.8),
    "legacy design": (10.0, 12.0),
    "PaddleX serving": (8.5, None),
    "RapidOCR": (3.6, 4.5),
    "RapidOCR with tiny": (2.0, None),
}
"""By peer: how many times its rate is wanted of ours; what would be better still."""


class Throughput:
    """Rounds of all systems in turn, ours once more between each two of the others. All last alike.

    worker: asked for its parts once a round.
    """

    def __init__(
        self,
        ours: System,
        peers: Sequence[System],
        bound: Bound,
        worker: Worker,
        host: Host,
        pictures: Pictures,
    ) -> None:
        self._systems = [ours, *peers]
        self._ours, self._peers = ours, peers
        self._bound, self._worker = bound, worker
        self._host, self._pictures = host, pictures
        self.found = {system.name: Rounds() for system in self._systems}
        self.bound: list[float] = []
        self.profile = Profile()

    def run(self, rounds: int, seconds: float) -> None:
        """Warm everybody up, then measure `rounds` times; a round lasts about `seconds`, or as
        long as the pictures take once.
        """
        times = {}
        for system in self._systems:
            once = warm(system, self._host, self._pictures, clients=CLIENTS)
            if once.failures:
                raise RuntimeError(f"{system.name} does not answer: {once.failures[0]}")
            rate = once.rate
            if times_for(rate, self._pictures, seconds) > 1:
                # The first time is slower than the next ones: shapes are prepared.
                rate = max(rate, warm(system, self._host, self._pictures, clients=CLIENTS).rate)
            times[system.name] = times_for(rate, self._pictures, seconds)
        replays = times_for(self._bound.rate(), self._pictures, seconds)
        self._worker.parts(self._pictures)

        def turn(system: System) -> None:
            found = one_round(
                system, self._host, self._pictures, clients=CLIENTS, times=times[system.name]
            )
            self.found[system.name].rounds.append(found)
            say(f"  {system.name}: {found.rate:.2f}/s, p50 {found.p50:.2f} s")

        def parts() -> None:
            ours = self.found[self._ours.name].rounds[-1]
            self.profile.add(ours, self._worker.parts(self._pictures))

        def bound() -> None:
            self.bound.append(median(self._bound.rate() for _ in range(replays)))
            say(f"  bound: {self.bound[-1]:.2f}/s")

        ours = [lambda: turn(self._ours)]
        others = [lambda system=system: turn(system) for system in self._peers]
        neighbours = [one for other in [*others, bound] for one in (*ours, other)]
        interleaved([*ours, parts, *neighbours[1:]], rounds)
        turn(self._ours)

    def targets(self) -> list[Target]:
        """One for each peer that ran, and what of a screen's time is no model's."""
        found = [
            self._target(name, *LEAST[name])
            for name in LEAST
            if name in self.found  # of those that were asked for
        ]
        return [*found, self.profile.target()]

    def table(self) -> dict[str, Any]:
        """What each did, for the JSON."""
        settings = {system.name: system.settings for system in self._systems}
        rows: dict[str, Any] = {
            name: {
                "settings": settings[name],
                "rate": rounds.rate.as_json(),
                "p50_s": rounds.p50.as_json(),
                "right": rounds.right(),
                "verdicts": dict(rounds.verdicts),
                "failures": rounds.failures[:3],
                "cpu_cores": _mean([one.cpu for one in rounds.rounds]),
            }
            for name, rounds in self.found.items()
        }
        rows["bound"] = {
            "settings": self._bound.settings,
            "rate": spread(self.bound).as_json(),
            "ours_of_it": self.ratios("bound", self.bound).as_json(),
            "tried": self._bound.tried,
        }
        return rows

    def ratios(self, name: str, rates: Sequence[float]) -> Spread:
        """Ours over another one's rates: by each the mean of ours just before and after it."""
        ours = [one.rate for one in self.found[self._ours.name].rounds]
        turns = [*(peer.name for peer in self._peers), "bound"]
        first = turns.index(name)
        return neighbours(ours, rates, first, len(turns))

    def _target(self, name: str, least: float, better: float | None) -> Target:
        ours, other = self.found[self._ours.name], self.found[name]
        ratios = self.ratios(name, [one.rate for one in other.rounds])
        stretch = f" (stretch {better:g})" if better else ""
        return Target(
            key=f"throughput: {name}",
            target=f"screens/s at {CLIENTS} clients ≥ {least:g} ×{stretch} {name}",
            measured=(
                f"{ratios.text()}: {_rate(ours.rate)} against {_rate(other.rate)}; "
                f"right: {100 * ours.right():.1f} against {100 * other.right():.1f} %"
                + (f"; {len(ours.failures)} of ours failed" if ours.failures else "")
            ),
            met=ratios.median >= least and ours.right() >= other.right() and not ours.failures,
            numbers={
                "ratio": ratios.as_json(),
                "least": least,
                "stretch": better,
                "right": [ours.right(), other.right()],
            },
        )


def neighbours(ours: Sequence[float], rates: Sequence[float], first: int, turns: int) -> Spread:
    """Ratios of ours to another one that had turn `first` (from 0) of `turns` in each round, ours
    before each and after the last: ours of every turn are told, and so is the one after all.
    """
    return spread(
        [
            (ours[place] + ours[place + 1]) / 2 / rate
            for place, rate in zip(range(first, len(ours) - 1, turns), rates, strict=True)
        ]
    )


def throughput(
    ours: System,
    peers: Sequence[System],
    models: Path,
    worker: Worker,
    host: Host,
    pictures: Pictures,
    plan: Plan,
) -> tuple[list[Target], dict[str, Any], dict[str, float]]:
    """Measure all of them; the targets, what each did, and where a screen's time went."""
    say("recording what the reader feeds to its models")
    with Bound(models, pictures) as bound:
        race = Throughput(ours, peers, bound, worker, host, pictures)
        race.run(plan.rounds, plan.round_seconds)
        table = race.table()
    show(table)
    return race.targets(), table, race.profile.table()


def show(table: Mapping[str, Any]) -> None:
    """Print each system's settings, accuracy and share of CPU; of the bound, what ours reach."""
    for name, row in table.items():
        say(f"{name}: {row['settings']}")
        if "verdicts" in row:
            counts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(row["verdicts"].items()))
            cpu = ", ".join(f"{who} {cores:.2f}" for who, cores in row["cpu_cores"].items())
            say(f"  answers: {100 * row['right']:.1f} % right ({counts}); p50 "
                f"{row['p50_s']['median']:.2f} s; cores used: {cpu}")  # fmt: skip
        else:
            tried = ", ".join(f"{way}: {rate:.2f}/s" for way, rate in row["tried"].items())
            say(f"  {tried}; ours reach {row['ours_of_it']['median']:.2f} of it")


def _rate(rates: Spread) -> str:
    return f"{rates.median:.2f}/s ({rates.least:.2f}–{rates.most:.2f})"


def _mean(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {
        name: round(sum(one[name] for one in rounds) / len(rounds), 3)
        for name in rounds[0]
        if all(name in one for one in rounds)
    }
