"""The HTML page of an evaluation: the counts, and each failure with its picture, on which the lines
that were read are outlined, and those lines as a table. A case has no picture: its lines are drawn.

How it looks stands in cli/templates; here stands what is shown.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.judge import JUDGEMENTS, Judged, Judgement, counts, counts_by, sentence
from postprocess.evidence import HIDDEN
from postprocess.types import Line

_TEMPLATES = Path(__file__).parent / "templates"
_ORDER = {"wrong": 0, "missed": 1, "right": 2}
_SEPARATORS = re.compile(r"[,，\s]")
_RUN = re.compile(r"[0-9.]*[0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlined:
    """A line that was read: as text, and where it stands as SVG wants it.

    kind: what it is to the answer: `code`, `share`, `candidate`, or nothing. x, y, size, length: of
    its text where that is drawn, in pixels. is_shown: whether the table has it.
    """

    index: int
    kind: str
    text: str
    confidence: str
    second: str
    is_shown: bool
    points: str
    x: str
    y: str
    size: str
    length: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """What the page shows of one. link: to its picture, relative to the page; empty: none."""

    verdict: str
    name: str
    note: str
    link: str
    has_outlines: bool
    width: int
    height: int
    facts: Mapping[str, str]
    lines: Sequence[_Outlined]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A heading with the counts and failures of its own."""

    heading: str
    sentence: str
    counts: Mapping[str, Mapping[str, Counter[Judgement]]]
    failures: Sequence[_Failure]


def rendered(template: str, **values: object) -> str:
    """A page of cli/templates, whatever stands in the values escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def write_page(
    file: Path,
    judged: Sequence[Judged],
    *,
    title: str = "fundocr evaluate",
    sections: Mapping[str, Sequence[Judged]] | None = None,
) -> None:
    """Write the page, wrong answers first; pictures are linked where they stand, relative to it.

    sections: further groups with counts of their own, by heading; their failures follow.
    """
    groups = {title: judged, **(sections or {})}
    shown = [_group(heading, group, file.parent) for heading, group in groups.items()]
    page = rendered("evaluation.html", title=title, groups=shown, verdicts=JUDGEMENTS)
    file.write_text(page, encoding="utf-8")


def _group(heading: str, judged: Sequence[Judged], place: Path) -> _Group:
    failures = (result for result in judged if result.verdict != "right")
    return _Group(
        heading=heading,
        sentence=sentence(counts(judged)),
        counts={
            "layout": counts_by(judged, lambda result: result.layout),
            "reason": counts_by(judged, lambda result: result.why),
            "model and rules": counts_by(judged, lambda result: result.versions),
        },
        failures=[
            _failure(result, place)
            for result in sorted(failures, key=lambda result: _ORDER[result.verdict])
        ],
    )


def _failure(result: Judged, place: Path) -> _Failure:
    detail: dict[str, Any] = result.answer.get("detail") or {}
    lines = result.page.lines if result.page else ()
    return _Failure(
        verdict=result.verdict,
        name=result.name,
        note=" · ".join(filter(None, (result.layout, result.why))),
        link=os.path.relpath(result.picture, place) if result.picture is not None else "",
        # Of a picture that was turned to be read the places are none of the one that is shown.
        has_outlines=result.page is not None and not (result.picture and result.page.turned),
        width=max(result.page.width, 1) if result.page else 1,
        height=max(result.page.height, 1) if result.page else 1,
        facts=_facts(result, detail),
        lines=[_outlined(index, line, detail) for index, line in enumerate(lines)],
    )


def _outlined(index: int, line: Line, detail: dict[str, Any]) -> _Outlined:
    (x, top), (right, _), (_, bottom), _ = line.quad
    return _Outlined(
        index=index,
        kind=_kind(line, detail),
        text=line.text,
        confidence=f"{line.confidence:.3f}",
        second=line.second or "",
        is_shown=bool(line.text.strip(HIDDEN)),
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in line.quad),
        x=f"{x:.1f}",
        y=f"{bottom - 0.2 * (bottom - top):.1f}",
        size=f"{0.8 * abs(bottom - top):.1f}",
        length=f"{abs(right - x):.1f}",
    )


def _kind(line: Line, detail: dict[str, Any]) -> str:
    """What a line is to the answer: `code`, `share`, `candidate`, or nothing."""
    for kind, key in (("code", "fund_code"), ("share", "hold_share")):
        box = (detail.get(key) or {}).get("box")
        if box and _covers(box, line):
            return kind
    candidates = detail.get("candidates") or {}
    values = {*candidates.get("fund_codes", ()), *candidates.get("hold_shares", ())}
    runs = _RUN.findall(_SEPARATORS.sub("", line.text))
    return "candidate" if values & set(runs) else ""


def _covers(box: Sequence[Sequence[float]], line: Line) -> bool:
    """True where the middle of the line lies in the box."""
    x, y = (sum(point[k] for point in line.quad) / 4 for k in (0, 1))
    xs, ys = zip(*box, strict=True)
    return bool(min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys))


def _facts(result: Judged, detail: dict[str, Any]) -> dict[str, str]:
    """What is known of one, by name; what is empty is left out."""
    candidates = detail.get("candidates") or {}
    rows = {
        "truth": _values(result.truth),
        "answer": _values(result.answer.get("data") or {}),
        "reason": result.why,
        "code read": _read(detail.get("fund_code")),
        "share read": _read(detail.get("hold_share")),
        "codes": ", ".join(candidates.get("fund_codes", ())),
        "shares": ", ".join(candidates.get("hold_shares", ())),
        "holdings": "; ".join(" ".join(row.values()) for row in candidates.get("holdings", ())),
        "checks": ", ".join(f"{k} {v}" for k, v in (detail.get("checks") or {}).items()),
    }
    return {name: value for name, value in rows.items() if value}


def _values(values: Mapping[str, str]) -> str:
    code, share = values.get("fund_code", ""), values.get("hold_share", "")
    return f"{code} · {share}" if code or share else "no answer"


def _read(value: dict[str, Any] | None) -> str:
    if not value:
        return ""
    label = f" at {value['label']}" if value.get("label") else ""
    return f"{value['text']}{label} ({value['confidence']})"
