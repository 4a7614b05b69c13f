"""`make fuzz-input`: the tests of tests/input with other and with more made-up requests than each
time.

Prints `target | measured | met or missed` and what was answered how often; the same as JSON in
var/fuzz-input.json. The exit code is 1 on a miss.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter

from pipeline.settings import PROJECT

DATABASES = ("sqlite", "mariadb")
OWN = "TorchServe's own "
_COUNTS = PROJECT / "var" / "fuzz-input-counts.json"


def main() -> int:
    """Run them on both databases and judge; 1 when a request was answered as none may be."""
    parser = argparse.ArgumentParser(prog="make fuzz-input", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="how many times the usual number")
    parser.add_argument("--database", choices=DATABASES, help="one of them alone")
    options = parser.parse_args()
    begun = time.monotonic()
    statuses: Counter[int] = Counter()
    torchserves: Counter[str] = Counter()
    ended = 0
    for database in [options.database] if options.database else DATABASES:
        ended |= _run(max(2, options.times), database)
        for asked, status, count in _counted():
            if asked.startswith(OWN):
                torchserves[f"{status} {asked.removeprefix(OWN)}"] += count
            else:
                statuses[status] += count
    minutes = (time.monotonic() - begun) / 60
    failures = sum(count for status, count in statuses.items() if status >= 500)
    total = statuses.total()
    lines = [
        (
            "5xx of the front door or a handler: 0",
            f"{failures} of {total:,}",
            failures == 0 < total,
        ),
        ("answers out of form: 0", "0" if ended == 0 else "see above", ended == 0),
    ]
    for target, measured, met in lines:
        print(f"{target} | {measured} | {'met' if met else 'MISSED'}")
    print("  " + ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())))
    own = ", ".join(f"{what}: {count:,}" for what, count in sorted(torchserves.items()))
    print(f"  TorchServe's own, asked directly with a form that it cannot read: {own or 'none'}")
    print(f"  {minutes:.0f} minutes")
    report = {
        "lines": [{"target": t, "measured": m, "met": met} for t, m, met in lines],
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "torchserves_own": dict(torchserves),
        "minutes": round(minutes, 1),
    }
    file = PROJECT / "var" / "fuzz-input.json"
    file.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0 if all(met for *_, met in lines) else 1


def _run(times: int, database: str) -> int:
    """The tests on one database; 0 when all have passed."""
    _COUNTS.unlink(missing_ok=True)
    tests = [sys.executable, "-m", "pytest", "tests/input"]
    tests += ["-p", "no:cacheprovider", "-o", "timeout=7200"]
    more = {"FUNDOCR_FUZZ": str(times), "FUNDOCR_FUZZ_DATABASE": database}
    return subprocess.run(tests, cwd=PROJECT, env={**os.environ, **more}, check=False).returncode


def _counted() -> list[tuple[str, int, int]]:
    """What was asked, with which status it was answered, and how often."""
    return json.loads(_COUNTS.read_text(encoding="utf-8")) if _COUNTS.exists() else []


if __name__ == "__main__":
    sys.exit(main())
