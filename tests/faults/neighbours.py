"""`python -m tests.faults.neighbours`: what one caller's ways cost another one, against the same
service just before (part of `make faults`; 8 minutes).

For each way the other caller asks known links and new pictures, in turn without and with the one
who hurts. Met: the known links' p99 is at most 50 ms or twice what it was, the new pictures' median
at most twice (slow links: one fetch deadline more), no answer of the service's own fault, and the
memory of the Python processes at most 1.5 times, and back within a minute.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from db.access import Keys, Role
from db.engine import open_engine
from evals.bench.machine import described, machine
from evals.bench.report import percentile
from evals.bench.rows import grow
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import Behaviour, Conversation, picture_host, status
from pipeline.settings import PROJECT
from tests.faults.hurtful import NOTHING_PATH, SLOW_PATH, WAYS, Hurtful, much_text
from tests.surface.callers import KINDS, Callers, Waited
from tests.trial import Trial

FETCH_SECONDS = 5.0
ROWS = 60_000
ROUNDS, SECONDS, REST = 3, 6.0, 60.0
_KNOWN_S, _TIMES, _MEMORY = 0.05, 2.0, 1.5
_SLACK_MB = 60.0
"""A service that has just started still grows by as much by itself."""
SAMPLE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()


class _Pictures(Mapping[str, bytes | Behaviour]):
    """The known picture, pictures that are slow, and pictures that are not there."""

    def __getitem__(self, path: str) -> bytes | Behaviour:
        if path == "/known.png":
            return SAMPLE
        if path.startswith(SLOW_PATH):
            return _just_in_time
        if path.startswith(NOTHING_PATH):
            return status(404)
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _just_in_time(talk: Conversation) -> None:
    if not talk.closing.wait(FETCH_SECONDS - 0.5):
        status(404)(talk)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    url: str
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurt:
    """What one way cost. In seconds and MB; without and with him. after: MB when he had been gone
    for a minute. wrong: answers that were not right."""

    way: str
    tries: int
    statuses: dict[str, int]
    known_p99: tuple[float, float]
    new_median: tuple[float, float]
    memory: tuple[float, float]
    after: float
    wrong: tuple[str, ...]

    @property
    def misses(self) -> list[str]:
        """What is not as it must be."""
        known, new = self.known_p99, self.new_median
        more = FETCH_SECONDS if self.way == "slow links" else 0.0
        found = ["known links"] * (known[1] > max(_KNOWN_S, _TIMES * known[0]))
        found += ["new pictures"] * (new[1] > _TIMES * new[0] + more)
        found += ["memory"] * (self.memory[1] > _MEMORY * self.memory[0])
        found += ["memory stays"] * (self.after > self.memory[0] + _SLACK_MB)
        found += [f"{len(self.wrong)} wrong answers"] * bool(self.wrong)
        return found + ["he did nothing"] * (self.tries == 0)

    def line(self) -> str:
        """One row of the table."""
        known, new, memory = self.known_p99, self.new_median, self.memory
        missed = ", ".join(self.misses)
        return (
            f"{self.way} | {self.tries} | {known[0] * 1000:.0f} → {known[1] * 1000:.0f} ms | "
            f"{new[0]:.2f} → {new[1]:.2f} s | {memory[0]:.0f} → {memory[1]:.0f} → "
            f"{self.after:.0f} MB | {f'missed: {missed}' if missed else 'met'}"
        )


def main() -> int:
    """Let each hurt; 1 on any miss."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.neighbours", description=__doc__)
    parser.add_argument("--only", action="append", choices=WAYS, help="may be repeated")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each turn")
    parser.add_argument("--json", type=Path, default=PROJECT / "var" / "neighbours.json")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    report: dict[str, Any] = {"machine": machine(), "ways": []}
    print(described(report["machine"]), flush=True)
    print("way | requests | known links p99 | new picture | memory | met or missed", flush=True)
    misses = 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        host = stack.enter_context(picture_host(_Pictures()))
        url = stack.enter_context(MariaDB()).new_database(upgraded=True)
        grow(url, ROWS, lambda _: None)
        keys = {"neighbour": _key(url, "neighbour"), "hurtful": _key(url, "hurtful")}
        settings = {
            "FUNDOCR_DATABASE_URL": url,
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_ANONYMOUS_CIDRS": "",
            "FUNDOCR_FETCH_SECONDS": f"{FETCH_SECONDS:g}",
        }
        trial = stack.enter_context(Trial(Path(folder) / "home", settings))
        link = {"image_url": host.url("/known.png"), "url_type": "7min_local"}
        callers = Callers(_Front(url=trial.front), keys["neighbour"], link, SAMPLE)
        callers.ask(SECONDS)
        # Shapes that a worker has met stay prepared in it, whosever picture it was.
        much_text(Hurtful(front=trial.front, host="", key=_key(url, "somebody")))()
        for way in given.only or WAYS:
            hurt = _hurt(way, trial, f"http://{host.authority}", callers, keys["hurtful"], given)
            print(hurt.line(), *(f"\n  {text}" for text in hurt.wrong[:3]), flush=True)
            report["ways"].append({**asdict(hurt), "misses": hurt.misses})
            misses += bool(hurt.misses)
    given.json.parent.mkdir(exist_ok=True)
    given.json.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 1 if misses or not report["ways"] else 0


def _hurt(
    way: str, trial: Trial, host: str, callers: Callers, key: str, given: argparse.Namespace
) -> Hurt:
    without, during, tries, statuses = Waited(), Waited(), 0, dict[str, int]()
    before = most = _python_megabytes(trial)
    for _ in range(given.rounds):
        without.add(callers.ask(given.seconds))
        with _hurting(way, trial, host, key) as told_by_him:
            during.add(callers.ask(given.seconds))
            most = max(most, _python_megabytes(trial))
        callers.ask(0.1)  # one picture, which is read when those that he left behind are
        tries += told_by_him["tries"]
        for code, n in told_by_him["statuses"].items():
            statuses[code] = statuses.get(code, 0) + n
    end, after = time.monotonic() + REST, _python_megabytes(trial)
    while time.monotonic() < end and after > before + _SLACK_MB:
        time.sleep(2)
        after = _python_megabytes(trial)
    known, new = KINDS
    return Hurt(
        way=way,
        tries=tries,
        statuses=statuses,
        known_p99=tuple(percentile(one.seconds[known], 0.99) for one in (without, during)),
        new_median=tuple(median(one.seconds[new]) for one in (without, during)),
        memory=(before, most),
        after=after,
        wrong=(*without.wrong, *during.wrong),
    )


@contextmanager
def _hurting(way: str, trial: Trial, host: str, key: str) -> Iterator[dict[str, Any]]:
    """He hurts inside the block; what he tells is in the dict behind it."""
    found: dict[str, Any] = {}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.hurtful", way, trial.front, host],
        cwd=PROJECT,
        env={**os.environ, "FUNDOCR_HURTFUL_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "hurting\n"
    try:
        yield found
    finally:
        said, _ = process.communicate()  # ends its input
    found.update(json.loads(said))


def _python_megabytes(trial: Trial) -> float:
    """Of all processes of the service but Java, whose heap is bounded by itself."""
    leader = int((trial.home / "var" / "run" / "serve.pid").read_text().split()[0])
    family = [psutil.Process(leader), *psutil.Process(leader).children(recursive=True)]
    sizes = []
    for process in family:
        try:
            if process.name() != "java":
                sizes.append(process.memory_info().rss / 1e6)
        except psutil.Error:
            continue  # it has just ended
    return sum(sizes)


def _key(database_url: str, name: str) -> str:
    engine = open_engine(database_url)
    try:
        return Keys(engine).add(name, Role.CORRECTOR)
    finally:
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
