"""`make mutation`: do the tests of the rules notice when the rules change?

mutmut changes `postprocess/` in one place at a time (mutants/, drawn up anew) and runs the tests
of tests/rules that reach the place. Prints what each module's mutants came to, then
`target | measured | met or missed`; the same with every survivor as JSON in var/mutation.json.
The exit code is 1 on a miss.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import Counter

from pipeline.settings import PROJECT

LEAST_KILLED = 85.0
"""Percent of all mutants."""
_MUTANTS = PROJECT / "mutants"
_FATES = {
    **{None: "not run", 0: "survived", 1: "killed", 3: "killed", 33: "no test"},
    **dict.fromkeys((36, 24, -24, 152, 255), "timed out"),
}
"""What an exit code of a mutant's tests means, as mutmut notes it."""


def main() -> int:
    """Run mutmut over all of `postprocess/` and judge; 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("--children", type=int, default=2, help="mutants tried at once")
    options = parser.parse_args()
    shutil.rmtree(_MUTANTS, ignore_errors=True)
    begun = time.monotonic()
    mutmut = [sys.executable, "-m", "mutmut", "run", "--max-children", str(options.children)]
    log = PROJECT / "var" / "mutation.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as out:
        ended = subprocess.run(mutmut, cwd=PROJECT, stdout=out, stderr=subprocess.STDOUT)
    if ended.returncode:
        print(f"mutmut failed, see {log.relative_to(PROJECT)}", file=sys.stderr)
        return 1
    minutes = (time.monotonic() - begun) / 60
    modules: dict[str, Counter[str]] = {}
    left: dict[str, str] = {}
    for file in sorted(_MUTANTS.glob("postprocess/**/*.meta")):
        codes = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
        fates = {mutant: _FATES.get(code, "ended oddly") for mutant, code in codes.items()}
        left |= {mutant: fate for mutant, fate in fates.items() if fate != "killed"}
        if fates:
            modules[file.name.removesuffix(".py.meta")] = Counter(fates.values())
    for name, fates_of in modules.items():
        print(f"{name:12} {_line(fates_of)}")
    total = sum(modules.values(), Counter[str]())
    print(f"{'all':12} {_line(total)}; {minutes:.0f} minutes")
    killed = _percent(total)
    met = killed >= LEAST_KILLED
    print(f"mutants killed: ≥ {LEAST_KILLED:g} % | {killed:.1f} % | {'met' if met else 'missed'}")
    report = {
        "target": LEAST_KILLED,
        "killed_percent": round(killed, 2),
        "met": met,
        "minutes": round(minutes, 1),
        "modules": {name: dict(fates_of) for name, fates_of in modules.items()},
        "left": left,
    }
    file = PROJECT / "var" / "mutation.json"
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if met else 1


def _line(fates: Counter[str]) -> str:
    told = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
    return f"{fates.total():5} mutants: {told} ({_percent(fates):.1f} %)"


def _percent(fates: Counter[str]) -> float:
    """Killed of all; a mutant that never ends is killed by the limit of time."""
    return 100 * (fates["killed"] + fates["timed out"]) / max(fates.total(), 1)


if __name__ == "__main__":
    sys.exit(main())
