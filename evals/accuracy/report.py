"""What was seen, counted: by split, layout and reason, for each rule set; misreads; thresholds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.judge import JUDGEMENTS, Judged, Judgement, judge
from evals.accuracy.misread import KINDS
from evals.accuracy.reading import JUDGED, Seen, answer
from evals.accuracy.threshold import (
    THRESHOLDS,
    Sight,
    line_sights,
    mean,
    passed,
    value_sights,
    weakest,
)
from evals.screens.screen import Screen
from pipeline.extractor import Extracted
from pipeline.response import extraction_body
from postprocess.extract import RULES
from postprocess.types import Page

Counts = dict[str, int]
Table = dict[str, Any]
"""Nested dicts of counts, as JSON has them."""


def judged(one: Seen, rules: str, folder: Path | None = None) -> Judged:
    """The verdict on one screen; folder: where its picture was put."""
    found = verdict_of(one.screen, one.extracted[rules])
    name = f"{one.number:05d}_{found.name}.png"
    return replace(
        found,
        name=name,
        page=_shown(one, one.extracted[rules]),
        picture=folder / name if folder else None,
    )


def verdict_of(screen: Screen, extracted: Extracted) -> Judged:
    """What was extracted on a screen held against what it shows."""
    truth = {"fund_code": screen.truth.fund_code, "hold_share": screen.truth.hold_share}
    body = extraction_body(extracted.extraction, extracted.page, source="ocr")
    return Judged(
        name=screen.layout,
        truth=truth,
        layout=screen.layout,
        answer=body,
        verdict=judge(truth, body),
        page=extracted.page,
    )


def usual(seen: Sequence[Seen]) -> Table:
    """Verdicts of each rule set, in all, by split, by layout and by reason."""
    report: Table = {}
    for name in RULES:
        report[name] = {"all": _zeros(), "split": {}, "layout": {}, "reason": {}}
        for one in seen:
            verdict = judged(one, name)
            of = report[name]
            of["all"][verdict.verdict] += 1
            for table, key in (
                ("split", "held out" if one.screen.held_out else "tuning"),
                ("layout", one.screen.layout),
                ("reason", verdict.why),
            ):
                of[table].setdefault(key, _zeros())[verdict.verdict] += 1
    return report


def second_reading(seen: Iterable[Seen]) -> Table:
    """What the second reading costs and catches.

    good: pages answered rightly by the first reading alone; refused: those of them that are
    refused with the second one. planted: by kind of misread, how many there were, and how many
    were refused by the checks alone and with the second reading.
    """
    good, refused, wrong_alone = 0, 0, 0
    planted = {kind: Counter[str]() for kind in KINDS}
    reasons: Counter[str] = Counter()
    for one in seen:
        alone, now = (
            verdict_of(one.screen, extracted) for extracted in (one.alone, one.extracted[JUDGED])
        )
        wrong_alone += alone.verdict == "wrong"
        if alone.verdict == "right" and alone.answer["flag"]:
            good += 1
            refused += not now.answer["flag"]
        for misread, checked, twice in one.planted:
            truth = one.screen.truth.fund_code, one.screen.truth.hold_share
            count = planted[misread.kind]
            count["planted"] += 1
            count["refused by checks"] += answer(checked.extraction) == ("", "")
            count["refused"] += answer(twice.extraction) == ("", "")
            count["wrong"] += answer(twice.extraction) not in (("", ""), truth)
            reasons[str(twice.extraction.reason or "answered")] += 1
    return {
        "good": good,
        "good_refused": refused,
        "wrong_without": wrong_alone,
        "planted": {kind: dict(found) for kind, found in planted.items()},
        "planted_reasons": dict(reasons.most_common()),
    }


def thresholds(seen: Sequence[Seen]) -> Table:
    """By threshold of confidence: wrong ones let through, right ones refused."""
    sights = {
        "lines by their weakest digit": list(line_sights(seen, weakest)),
        "lines by their mean": list(line_sights(seen, mean)),
        "values": list(value_sights(seen)),
    }
    return {name: _threshold_table(found) for name, found in sights.items()}


def failures(seen: Iterable[Seen], corpus: str) -> list[Table]:
    """Each screen that the judged rules did not get right, with what tells it apart."""
    found = []
    for one in seen:
        verdict = judged(one, JUDGED)
        if verdict.verdict != "right":
            found.append(
                {
                    "corpus": corpus,
                    "screen": one.number,
                    "layout": one.screen.layout,
                    "labels": list(one.screen.labels),
                    "tags": sorted(one.screen.tags),
                    "verdict": verdict.verdict,
                    "reason": verdict.why,
                    "truth": verdict.truth,
                    "answer": verdict.answer["data"],
                }
            )
    return found


def _shown(one: Seen, extracted: Extracted) -> Page:
    """All that was read, with the second readings."""
    lines = (
        replace(line, second=kept.second)
        for line, kept in zip(one.first.lines, extracted.page.lines, strict=True)
    )
    return replace(one.first, lines=tuple(lines))


def _threshold_table(sights: Sequence[Sight]) -> Table:
    rows = []
    for threshold in THRESHOLDS:
        wrong, right = passed(sights, threshold)
        rows.append({"threshold": threshold, "wrong_passed": wrong, "right_refused": right})
    total = len(sights)
    return {"total": total, "wrong": sum(not one.right for one in sights), "rows": rows}


def _zeros() -> dict[Judgement, int]:
    return dict.fromkeys(JUDGEMENTS, 0)
