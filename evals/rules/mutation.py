"""`make mutation`: do the tests of the rules notice when the rules change?

mutmut changes `postprocess/` in one place at a time (mutants/, drawn up anew) and runs the tests
of tests/rules that reach the place. Prints what each module's mutants came to, then
`target | measured | met or missed`; the same with every survivor as JSON in var/mutation.json.
The exit code is 1 on a miss.
"""

import argparse
import json
import shutil
import sys
import time
from collections import Counter

from evals.rules.mutant_fates import fates_of, killed_percent, numbered, run_mutmut, summary
from pipeline.settings import PROJECT

LEAST_KILLED = 85.0
"""Percent of all mutants."""
_MUTANTS = PROJECT / "mutants"


def main() -> int:
    """Run mutmut over all of `postprocess/` and judge; 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("--children", type=int, default=2, help="mutants tried at once")
    parser.add_argument(
        "--tenths", type=int, default=10, help="try so many tenths of the mutants, by their numbers"
    )
    options = parser.parse_args()
    shutil.rmtree(_MUTANTS, ignore_errors=True)
    begun = time.monotonic()
    log = PROJECT / "var" / "mutation.log"
    if not run_mutmut(PROJECT, numbered(options.tenths), children=options.children, log=log):
        print(f"mutmut failed, see {log.relative_to(PROJECT)}", file=sys.stderr)
        return 1
    minutes = (time.monotonic() - begun) / 60
    modules: dict[str, Counter[str]] = {}
    left: dict[str, str] = {}
    for file in sorted(_MUTANTS.glob("postprocess/**/*.meta")):
        fates = {one: fate for one, fate in fates_of(file).items() if fate != "not run"}
        left |= {mutant: fate for mutant, fate in fates.items() if fate != "killed"}
        if fates:
            modules[file.name.removesuffix(".py.meta")] = Counter(fates.values())
    for name, counts in modules.items():
        print(f"{name:12} {summary(counts)}")
    total = sum(modules.values(), Counter[str]())
    print(f"{'all':12} {summary(total)}; {minutes:.0f} minutes")
    killed = killed_percent(total)
    met = killed >= LEAST_KILLED
    print(f"mutants killed: ≥ {LEAST_KILLED:g} % | {killed:.1f} % | {'met' if met else 'missed'}")
    report = {
        "target": LEAST_KILLED,
        "killed_percent": round(killed, 2),
        "met": met,
        "minutes": round(minutes, 1),
        "modules": {name: dict(counts) for name, counts in modules.items()},
        "left": left,
    }
    file = PROJECT / "var" / "mutation.json"
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
