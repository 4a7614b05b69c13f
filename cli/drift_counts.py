"""What changed between two times: more refusals, labels that nobody saw before, less confidence."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.statistics import Window
from postprocess.evidence import page_from_json
from postprocess.labels import SHARE_WORDS, Role
from postprocess.segments import segments
from postprocess.types import Page

# A share of refusals has moved where chance alone would move it so far once in some 15,000 times
# (two proportions, normal approximation), and by at least so many points.
_SIGMAS = 4.0
_POINTS = 0.02
_CONFIDENCE = 0.01
_FEW = 30
_LONGEST_LABEL = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A share of all rows (0–1), or a mean, then and now. what: in words; rows: now."""

    what: str
    before: float
    now: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLabel:
    """Words beside numbers that no page of the time before had. rows: pages of the sample with it.
    known: whether the rules take it for a label."""

    text: str
    first_seen: datetime
    rows: int
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneLabel:
    """Words beside numbers that many pages of the time before had, and none has now. rows: pages of
    the sample of that time with it."""

    text: str
    last_seen: datetime
    rows: int


def moved(before: Window, now: Window) -> Iterator[Moved]:
    """Refusals by reason, by host and by url_type, and confidence by model, where they moved."""
    for reason in sorted({one for one in before.reasons | now.reasons if one}):
        yield from _share(
            f"refused: {reason}",
            (before.rows, before.reasons[reason]),
            (now.rows, now.reasons[reason]),
        )
    for title, then, present in (
        ("host", before.hosts, now.hosts),
        ("url_type", before.url_types, now.url_types),
    ):
        for name in sorted(present):
            known = then.get(
                name, (before.rows, sum(before.reasons.values()) - before.reasons[None])
            )
            yield from _share(f"refusals of {title} {name}", known, present[name])
    for model in sorted(now.confidence):
        mean, count = now.confidence[model]
        others = before.confidence.get(model)
        if others and min(count, others[1]) >= _FEW and abs(mean - others[0]) >= _CONFIDENCE:
            yield Moved(what=f"confidence of {model}", before=others[0], now=mean, rows=count)


def new_labels(before: Window, now: Window) -> list[NewLabel]:
    """Label-like words of now's pages that none of the pages before has, most frequent first."""
    old = {text for _, evidence in before.pages for text in labels_of(evidence)}
    labels: dict[str, NewLabel] = {}
    for made, evidence in now.pages:
        for text, known in labels_of(evidence).items():
            if text in old:
                continue
            label = labels.get(text)
            labels[text] = NewLabel(
                text=text,
                first_seen=min(made, label.first_seen) if label else made,
                rows=label.rows + 1 if label else 1,
                known=known,
            )
    return sorted(labels.values(), key=lambda label: (-label.rows, label.text))


def gone_labels(before: Window, now: Window) -> list[GoneLabel]:
    """Label-like words of enough pages before that none of now's pages has, most frequent first."""
    left = {text for _, evidence in now.pages for text in labels_of(evidence)}
    seen: dict[str, list[datetime]] = {}
    for made, evidence in before.pages:
        for text in labels_of(evidence).keys() - left:
            seen.setdefault(text, []).append(made)
    gone = [
        GoneLabel(text=text, last_seen=max(times), rows=len(times))
        for text, times in seen.items()
        if len(times) >= _FEW
    ]
    return sorted(gone, key=lambda label: (-label.rows, label.text))


def labels_of(evidence: dict[str, Any]) -> dict[str, bool]:
    """The words of a kept page that look like a label of shares; whether the rules know each."""
    if not evidence.get("lines"):
        return {}
    page: Page = page_from_json(evidence)
    return {
        text: part.role not in (Role.TEXT, Role.DOUBTFUL)
        for line in page.lines
        for part in segments(line.text)
        if part.number is None
        and any(word in (text := part.text.strip(" :：()（）")) for word in SHARE_WORDS)
        and len(text) <= _LONGEST_LABEL
    }


def _share(what: str, before: tuple[int, int], now: tuple[int, int]) -> Iterator[Moved]:
    """before, now: rows and, of them, those that count."""
    (n, k), (m, j) = before, now
    if min(n, m) < _FEW:
        return
    then, present = k / n, j / m
    whole = (k + j) / (n + m)
    spread = math.sqrt(whole * (1 - whole) * (1 / n + 1 / m))
    if abs(present - then) >= _POINTS and abs(present - then) > _SIGMAS * spread:
        yield Moved(what=what, before=then, now=present, rows=m)
