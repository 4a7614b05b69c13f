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
from evals.bench.system import Host, System

CLIENTS = 16
LEAST = {"legacy design": 5.0, "PaddleX serving": 4.0, "RapidOCR": 2.4}
LEAST_OF_BOUND, STRETCH = 0.80, 0.90


class Throughput:
    """Rounds of all systems in turn; ours and the bound last as long as the slowest peer's."""

    def __init__(
        self, ours: System, peers: Sequence[System], bound: Bound, host: Host, pictures: Pictures
    ) -> None:
        self._systems = [ours, *peers]
        self._ours = ours
        self._bound = bound
        self._host, self._pictures = host, pictures
        self.found = {system.name: Rounds() for system in self._systems}
        self.bound: list[float] = []

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

        def turn(system: System) -> None:
            found = one_round(
                system, self._host, self._pictures, clients=CLIENTS, times=times[system.name]
            )
            self.found[system.name].rounds.append(found)
            say(f"  {system.name}: {found.rate:.2f}/s, p50 {found.p50:.2f} s")

        def bound() -> None:
            self.bound.append(median(self._bound.rate() for _ in range(replays)))
            say(f"  bound: {self.bound[-1]:.2f}/s")

        turns = [lambda system=system: turn(system) for system in self._systems]
        interleaved([*turns, bound], rounds)

    def targets(self) -> list[Target]:
        """One for each peer that ran, and the bound."""
        found = []
        for name, least in LEAST.items():
            if name in self.found:
                other = [one.rate for one in self.found[name].rounds]
                found.append(self._target(name, least, other, f"≥ {least:g} ×"))
        aim = f"≥ {LEAST_OF_BOUND:.2f} (stretch {STRETCH:.2f}) of"
        found.append(self._target("the bound", LEAST_OF_BOUND, self.bound, aim))
        return found

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
            "tried": self._bound.tried,
        }
        return rows

    def _target(self, name: str, least: float, other: Sequence[float], aim: str) -> Target:
        ours = [one.rate for one in self.found[self._ours.name].rounds]
        ratios = spread([a / b for a, b in zip(ours, other, strict=True)])
        failures = self.found[self._ours.name].failures
        return Target(
            key=f"throughput: {name}",
            target=f"screens/s at {CLIENTS} clients {aim} {name}",
            measured=(
                f"{ratios.text()}: {_rate(spread(ours))} against {_rate(spread(other))}"
                + (f"; {len(failures)} of ours failed" if failures else "")
            ),
            met=ratios.median >= least and not failures,
            numbers={"ratio": ratios.as_json(), "least": least},
        )


def throughput(
    ours: System, peers: Sequence[System], models: Path, host: Host, pictures: Pictures, plan: Plan
) -> tuple[list[Target], dict[str, Any]]:
    """Measure all of them; the targets, and what each did."""
    say("recording what the reader feeds to its models")
    with Bound(models, pictures) as bound:
        race = Throughput(ours, peers, bound, host, pictures)
        race.run(plan.rounds, plan.round_seconds)
        table = race.table()
    show(table)
    return race.targets(), table


def show(table: Mapping[str, Any]) -> None:
    """Print each system's settings, accuracy and share of CPU."""
    for name, row in table.items():
        say(f"{name}: {row['settings']}")
        if "verdicts" in row:
            counts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(row["verdicts"].items()))
            cpu = ", ".join(f"{who} {cores:.2f}" for who, cores in row["cpu_cores"].items())
            say(f"  answers: {100 * row['right']:.1f} % right ({counts}); p50 "
                f"{row['p50_s']['median']:.2f} s; cores used: {cpu}")  # fmt: skip
        else:
            say("  " + ", ".join(f"{way}: {rate:.2f}/s" for way, rate in row["tried"].items()))


def _rate(rates: Spread) -> str:
    return f"{rates.median:.2f}/s ({rates.least:.2f}–{rates.most:.2f})"


def _mean(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {
        name: round(sum(one[name] for one in rounds) / len(rounds), 3)
        for name in rounds[0]
        if all(name in one for one in rounds)
    }
