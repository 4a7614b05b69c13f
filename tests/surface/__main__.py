"""`make surface`: what callers notice of attacks on the service behind the shipped nginx.

In turn without and with each attack, several times. Prints `attack | tries | p95 without | p95
during | ratio | second responses | met or missed` a line, for known links and for new pictures; the
same as JSON in var/surface.json. The exit code is 1 on any miss: a p95 that more than doubles, a
second response, a caller without a right answer, or an attack that reached TorchServe. 4 minutes.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from db.access import Keys, Role
from db.engine import open_engine
from evals.bench.machine import described, machine
from evals.bench.report import percentile
from evals.testbed.picture_host import picture_host
from pipeline.settings import PROJECT
from tests.surface.attacks import ATTACKS
from tests.surface.callers import KINDS, Callers, Waited
from tests.surface.nginx import Nginx, nginx
from tests.trial import Trial

REPORT = PROJECT / "var" / "surface.json"
SAMPLE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()
MOST = 2.0
ROUNDS, SECONDS, WARM_SECONDS = 4, 4.0, 5.0


def main() -> int:
    """Run all attacks; 1 on any miss."""
    parser = argparse.ArgumentParser(prog="make surface", description=__doc__)
    parser.add_argument("--only", action="append", choices=ATTACKS, help="may be repeated")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each turn")
    parser.add_argument("--json", type=Path, default=REPORT, help="default: var/surface.json")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    report: dict[str, Any] = {"machine": machine(), "attacks": []}
    print(described(report["machine"]), flush=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        host = stack.enter_context(picture_host({"/known.png": SAMPLE}))
        settings = {
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_PROXY_CIDRS": "127.0.0.1/32",
            "FUNDOCR_ANONYMOUS_CIDRS": "",
        }
        trial = stack.enter_context(Trial(Path(folder) / "home", settings))
        proxy = stack.enter_context(nginx(Path(folder) / "nginx", trial.front))
        keys = {name: new_key(trial, name) for name in ("caller", "attacker")}
        link = {"image_url": host.url("/known.png"), "url_type": "7min_local"}
        callers = Callers(proxy, keys["caller"], link, SAMPLE)
        callers.ask(WARM_SECONDS)
        # The known link was read once for each of those who asked for it first at the same time.
        before = predictions(trial) - callers.pictures
        print(
            "attack | tries | p95 without | p95 during | ratio | second responses | met or missed"
        )
        for name in options.only or ATTACKS:
            report["attacks"] += attacked(name, proxy, callers, keys["attacker"], options)
        reached = predictions(trial) - callers.pictures - before
        report["attacks_that_reached_torchserve"] = reached
        verdict = "met" if reached == 0 else "missed"
        print(f"requests of attacks that reached TorchServe | {reached} | {verdict}")
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    met = all(line["met"] for line in report["attacks"]) and reached == 0
    return 0 if report["attacks"] and met else 1


def attacked(
    name: str, proxy: Nginx, callers: Callers, key: str, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """The lines of one attack."""
    without, during = Waited(), Waited()
    tries, second, cpu = 0, 0, 0.0
    statuses: Counter[str] = Counter()
    for _ in range(options.rounds):
        without.add(callers.ask(options.seconds))
        with attacker(name, proxy, key) as told_by_him:
            during.add(callers.ask(options.seconds))
        tries += told_by_him["tries"]
        second += told_by_him["second"]
        cpu += told_by_him["cpu"]
        statuses.update(told_by_him["statuses"])
    wrong = without.wrong + during.wrong
    lines = []
    for kind in KINDS:
        before, then = (percentile(waited.seconds[kind], 0.95) for waited in (without, during))
        ratio = then / before
        met = ratio <= MOST and second == 0 and not wrong and tries > 0
        verdict = "met" if met else "missed"
        print(
            f"{name}, {kind} | {tries} | {before * 1000:.0f} ms | {then * 1000:.0f} ms | "
            f"{ratio:.2f} | {second} | {verdict}",
            flush=True,
        )
        lines.append(
            {
                "attack": name,
                "callers": kind,
                "tries": tries,
                "answers_to_attacker": dict(statuses),
                "cpu_of_attacker_s": round(cpu, 2),
                "asked": [len(waited.seconds[kind]) for waited in (without, during)],
                "p95_without_s": before,
                "p95_during_s": then,
                "ratio": ratio,
                "second_responses": second,
                "wrong": wrong[:5],
                "met": met,
            }
        )
    return lines


@contextmanager
def attacker(name: str, proxy: Nginx, key: str) -> Iterator[dict[str, Any]]:
    """Attacking inside the block; what he tells is in the dict behind it."""
    found: dict[str, Any] = {}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.surface.attacks", name, str(proxy.port), proxy.authority],
        cwd=PROJECT,
        env={**os.environ, "FUNDOCR_ATTACK_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "attacking\n"
    try:
        yield found
    finally:
        said, _ = process.communicate()  # ends its input
    found.update(json.loads(said))


def new_key(trial: Trial, name: str) -> str:
    """A caller's."""
    engine = open_engine(trial.database_url)
    try:
        return Keys(engine).add(name, Role.CALLER)
    finally:
        engine.dispose()


def predictions(trial: Trial) -> int:
    """How many requests TorchServe was asked to answer."""
    log = (trial.home / "var" / "log" / "access_log.log").read_text("utf-8")
    return log.count("POST /predictions")


if __name__ == "__main__":
    sys.exit(main())
