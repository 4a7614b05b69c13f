"""`make accuracy`: every rule set on the same drawn screens, each read once.

Prints right, wrong and missed for the layouts that rules were tuned on and, apart, for those that
were kept out of tuning; then `target | measured | met or missed` a line; the same as JSON in
var/accuracy.json. The exit code is 1 on any miss.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import cv2
import numpy as np

from cli.evaluate import Verdict, judge
from cli.recognize import default_decider
from pipeline.response import extraction_body
from pipeline.settings import PROJECT, load_settings
from postprocess.evidence import settle
from postprocess.extract import RULES
from postprocess.types import Page
from screens.corpus import draw
from screens.screen import Screen

JUDGED = "layout"
LEAST_RIGHT = 99.5
BATCH = 8


def main() -> int:
    """Run the report; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make accuracy", description=__doc__)
    parser.add_argument("--screens", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found: dict[str, dict[str, Counter[Verdict]]] = defaultdict(lambda: defaultdict(Counter))
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    failures: list[dict[str, object]] = []
    for number, (screen, page) in enumerate(_pages(options.screens, options.seed)):
        truth = {"fund_code": screen.truth.fund_code, "hold_share": screen.truth.hold_share}
        split = "held out" if screen.held_out else "tuning"
        for name, rules in RULES.items():
            kept, extraction = settle(page, rules)
            answer = extraction_body(extraction, kept, source="ocr")
            verdict = judge(truth, answer)
            found[name][split][verdict] += 1
            if verdict != "right":
                reason = str(answer["detail"]["reason"] or "answered")
                reasons[name][f"{verdict} {reason}"] += 1
                if name == JUDGED:
                    failures.append(
                        {
                            "screen": number,
                            "layout": screen.layout,
                            "tags": sorted(screen.tags),
                            "verdict": verdict,
                            "reason": reason,
                            "truth": truth,
                            "answer": answer["data"],
                        }
                    )
    for name, splits in found.items():
        for split, verdicts in splits.items():
            print(f"{name:7} {split:9} {_line(verdicts)}")
        print(f"{name:7} not right: {dict(reasons[name].most_common())}")
    met = _targets(found.get(JUDGED, {}))
    report = {
        "screens": options.screens,
        "seed": options.seed,
        "rules": {name: {k: dict(v) for k, v in splits.items()} for name, splits in found.items()},
        "failures": failures,
    }
    file = PROJECT / "var" / "accuracy.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if met else 1


def _pages(count: int, seed: int) -> Iterator[tuple[Screen, Page]]:
    """Screens and what the default reader reads on them; drawn while others are read."""
    reader = default_decider(load_settings()).reader
    screens = draw(count, seed)
    with ThreadPoolExecutor(1) as pool:
        drawn: Future[list[Screen]] = pool.submit(lambda: list(islice(screens, BATCH)))
        while batch := drawn.result():
            drawn = pool.submit(lambda: list(islice(screens, BATCH)))
            pixels = [
                cv2.cvtColor(np.asarray(one.picture.convert("RGB")), cv2.COLOR_RGB2BGR)
                for one in batch
            ]
            yield from zip(batch, reader.read(pixels), strict=True)


def _line(verdicts: Counter[Verdict]) -> str:
    total = verdicts.total()
    share = 100 * verdicts["right"] / max(total, 1)
    return (
        f"{total:5} screens: {verdicts['right']} right ({share:.2f} %), "
        f"{verdicts['wrong']} wrong, {verdicts['missed']} missed"
    )


def _targets(splits: dict[str, Counter[Verdict]]) -> bool:
    """Print each target of the judged rules; whether all are met."""
    total = sum(splits.values(), Counter[Verdict]())
    right = 100 * total["right"] / max(total.total(), 1)
    lines = [
        (f"{JUDGED}: ≥ {LEAST_RIGHT} % right", f"{right:.2f} %", right >= LEAST_RIGHT),
        (f"{JUDGED}: 0 wrong", f"{total['wrong']}", bool(total) and not total["wrong"]),
    ]
    for target, measured, is_met in lines:
        print(f"{target} | {measured} | {'met' if is_met else 'missed'}")
    return all(is_met for _, _, is_met in lines)


if __name__ == "__main__":
    sys.exit(main())
