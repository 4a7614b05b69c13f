"""Screens whose verdicts are pinned in fixed_screens.json.

`.venv/bin/python -m tests.accuracy.fixed_screens` reads them with the real reader and writes the
file anew, after a change of rules, models or layouts; look at the difference before you keep it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from cli.recognize import default_extractor
from evals.accuracy.reading import JUDGED, decide, first_readings, image_of
from evals.accuracy.report import verdict_of
from evals.screens.corpus import draw_one
from pipeline.settings import load_settings

FILE = Path(__file__).with_name("fixed_screens.json")
COUNT = 45
SEED = 20_261_122
BATCH = 10


def read_fixed(every: int = 1) -> list[dict[str, Any]]:
    """What is answered on each screen, or on one of so many; no confidences, which differ between
    processors."""
    extractor = default_extractor(load_settings().model_copy(update={"rules": JUDGED}))
    screens = [draw_one(index, SEED) for index in range(0, COUNT, every)]
    found = []
    for start in range(0, len(screens), BATCH):
        batch = screens[start : start + BATCH]
        images = [image_of(screen) for screen in batch]
        pages = first_readings(extractor, images)
        extracted = decide(extractor, pages, images, rules=JUDGED, twice=True)
        for screen, one in zip(batch, extracted, strict=True):
            judged = verdict_of(screen, one)
            found.append(
                {
                    "layout": screen.layout,
                    "tags": list(screen.tags),
                    "truth": judged.truth,
                    "verdict": judged.verdict,
                    "reason": judged.answer["detail"]["reason"],
                    "answer": judged.answer["data"],
                }
            )
    return found


def pinned() -> list[dict[str, Any]]:
    """What fixed_screens.json says."""
    return list(json.loads(FILE.read_text(encoding="utf-8")))


def write(found: list[dict[str, Any]]) -> None:
    """One line for each screen, so that a difference shows which."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write(read_fixed())
    sys.exit(0)
