"""`make accuracy`: every rule set on the same drawn screens, each read once.

Prints right, wrong and missed in all, and apart for screens of layouts and labels that were kept
out of tuning; by layout and by reason; what the second reading costs and catches; what a threshold
of confidence lets through; the same for screens of HTML templates that others wrote, a third of
which nobody looked at; then `target | measured | met or missed` a line. The same as JSON in
var/accuracy.json. The exit code is 1 on any miss.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from cli.evaluation_page import write_page
from cli.recognize import default_extractor
from evals.accuracy import console
from evals.accuracy.misread import KINDS
from evals.accuracy.pages import by_group, judge, show, web
from evals.accuracy.reading import JUDGED, Seen, see
from evals.accuracy.report import failures, judged, second_reading, thresholds, usual
from evals.screens.corpus import Degraded, draw
from ocr.models import PRESETS
from pipeline.extractor import Extractor
from pipeline.settings import PROJECT, load_settings

LEAST_RIGHT = 99.3
LEAST_COMMON = 95.0
LEAST_REFUSED = 90.0
MOST_GOOD_REFUSED = 5.0
REPORT = PROJECT / "var" / "accuracy.json"


def main() -> int:
    """Run the report; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make accuracy", description=__doc__)
    parser.add_argument("--screens", type=int, default=1000, help="as screenshots arrive")
    parser.add_argument("--badly", type=int, default=200, help="at a third of their width")
    parser.add_argument("--web", type=int, default=17, help="of each HTML template")
    parser.add_argument("--only", default="", help="HTML templates whose names begin so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", choices=PRESETS, help="bundled ones; default: as the service")
    parser.add_argument("--html", type=Path, help="a page with the pictures of the failures")
    parser.add_argument("--json", type=Path, default=REPORT, help="default: var/accuracy.json")
    options = parser.parse_args()
    pictures = options.html.with_suffix("") if options.html else None
    settings = load_settings().model_copy(update={"rules": JUDGED})
    extractor = default_extractor(settings, options.models)
    corpora = {
        "usual": _seen(extractor, options.screens, options.seed, True, pictures, "usual"),
        "badly degraded": _seen(extractor, options.badly, options.seed, "badly", pictures, "badly"),
    }
    report: dict[str, Any] = {"seed": options.seed, "model": extractor.model_version, "corpora": {}}
    for title, seen in corpora.items():
        counted, second = usual(seen), second_reading(seen)
        report["corpora"][title] = {"rules": counted, "second_reading": second}
        console.show_usual(counted, title)
        console.show_second_reading(title, second)
    report["thresholds"] = thresholds([one for seen in corpora.values() for one in seen])
    console.show_thresholds(report["thresholds"])
    web_screens = [judge(case) for case in web(extractor, options.web, options.only)]
    report["web"] = by_group(web_screens)
    show(web_screens, shown=["wrong"])
    report["failures"] = [f for title, seen in corpora.items() for f in failures(seen, title)]
    for failure in report["failures"]:
        if failure["corpus"] == "usual" or failure["verdict"] == "wrong":
            print(json.dumps(failure, ensure_ascii=False))
    report["targets"] = _targets(report["corpora"], report["web"])
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.html:
        _write_page(options.html, corpora)
    return 0 if all(target["met"] for target in report["targets"]) else 1


def _seen(
    extractor: Extractor, n: int, seed: int, degraded: Degraded, pictures: Path | None, name: str
) -> list[Seen]:
    """The corpus, read; the pictures of failures are kept where a page is to show them."""
    folder = pictures / name if pictures else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    seen = []
    for one in see(extractor, draw(n, seed, degraded=degraded)):
        found = judged(one, JUDGED, folder)
        if found.verdict != "right" and found.picture:
            one.screen.picture.save(found.picture)
        seen.append(one.without_picture())
    return seen


def _write_page(file: Path, corpora: dict[str, list[Seen]]) -> None:
    folder = file.with_suffix("")
    groups = {
        f"make accuracy: {title}": [judged(one, JUDGED, folder / title.split()[0]) for one in seen]
        for title, seen in corpora.items()
    }
    (title, first), *rest = groups.items()
    write_page(file, first, title=title, sections=dict(rest))
    print(f"{file} shows the failures")


def _targets(corpora: dict[str, Any], web: dict[str, Counter[str]]) -> list[dict[str, Any]]:
    """Print each target of the judged rules, and return them with what was measured."""
    targets = []
    for title, found in corpora.items():
        counts = found["rules"][JUDGED]["all"]
        total = sum(counts.values())
        if total and title == "usual":
            share = 100 * counts["right"] / total
            targets.append(
                (f"{JUDGED}: ≥ {LEAST_RIGHT} % right", f"{share:.2f} %", share >= LEAST_RIGHT)
            )
        if total:
            wrong = counts["wrong"]
            targets.append((f"{JUDGED}, {title}: 0 wrong", str(wrong), not wrong))
    second = [found["second_reading"] for found in corpora.values()]
    for kind in KINDS:
        planted = sum(one["planted"][kind].get("planted", 0) for one in second)
        refused = sum(one["planted"][kind].get("refused", 0) for one in second)
        if planted:
            share = 100 * refused / planted
            targets.append(
                (
                    f"planted misreads, {kind}: ≥ {LEAST_REFUSED:g} % refused",
                    f"{share:.1f} % of {planted}",
                    share >= LEAST_REFUSED,
                )
            )
    good = corpora["usual"]["second_reading"]["good"]
    if good:
        share = 100 * corpora["usual"]["second_reading"]["good_refused"] / good
        targets.append(
            (
                f"good pages refused by the second reading: ≤ {MOST_GOOD_REFUSED:g} %",
                f"{share:.2f} % of {good}",
                share <= MOST_GOOD_REFUSED,
            )
        )
    if web:
        wrong = sum(counts["wrong"] for counts in web.values())
        total = sum(counts.total() for counts in web.values())
        targets.append(("web screens: 0 wrong", f"{wrong} of {total:,}", not wrong))
    for group, counts in web.items():
        if group.rpartition(", ")[2] == "common":
            share = 100 * counts["right"] / counts.total()
            target = f"{group}: ≥ {LEAST_COMMON:g} % right"
            targets.append((target, f"{share:.1f} % of {counts.total()}", share >= LEAST_COMMON))
    for target, measured, met in targets:
        print(f"{target} | {measured} | {'met' if met else 'missed'}")
    return [{"target": t, "measured": m, "met": met} for t, m, met in targets]


if __name__ == "__main__":
    sys.exit(main())
