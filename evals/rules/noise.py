"""`make noise`: counts wrong answers of the rules per 10,000 noisy pages.

Pages of drawn screens, as a perfect recogniser reads them, with one to three kinds of noise. Noise
that leaves the deciding number another well-formed number (7.10 → 710) is counted apart: the page
alone does not show it. `make noise` prints a table and `target | measured | met or missed` a line,
and writes the same to var/noise.json; the exit code is 1 on a miss.
"""

import argparse
import json
import sys

from evals.rules.noise_counts import Tally, tally
from pipeline.settings import PROJECT

MOST_WRONG = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make noise", description=__doc__)
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--screens", type=int, default=270)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = tally(options.pages, options.screens, options.seed)
    rows = {
        "the answer is still there": found.kept,
        "the deciding number is another": found.turned,
        "the same, with a second reading": found.turned_twice,
    }
    print(f"{'noise':34} {'pages':>7} {'right':>7} {'refused':>8} {'wrong':>6} {'per 10,000':>11}")
    for name, one in rows.items():
        print(
            f"{name:34} {one.pages:7} {one.right:7} {one.refused:8} {one.wrong:6} "
            f"{one.wrong_in_10_000:11.2f}"
        )
    print(f"what refused another deciding number: {dict(found.reasons.most_common())}")
    measured = found.kept.wrong_in_10_000
    met = measured <= MOST_WRONG
    print(
        f"wrong numbers in 10,000 noisy pages: ≤ {MOST_WRONG:g} | {measured:.2f} | "
        f"{'met' if met else 'missed'}"
    )
    report = {name: vars_of(one) for name, one in rows.items()}
    file = PROJECT / "var" / "noise.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if met else 1


def vars_of(one: Tally) -> dict[str, float]:
    return {
        "pages": one.pages,
        "right": one.right,
        "refused": one.refused,
        "wrong": one.wrong,
        "wrong_in_10_000": one.wrong_in_10_000,
    }


if __name__ == "__main__":
    sys.exit(main())
