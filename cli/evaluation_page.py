"""The HTML page of an evaluation: the counts, and each failure with its picture, on which the lines
that were read are outlined, and those lines as a table. A case has no picture: its lines are drawn.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from cli.judge import JUDGEMENTS, Judged, counts, counts_by, sentence
from postprocess.evidence import HIDDEN
from postprocess.types import Line, Page

# How the page of an evaluation looks, and the little that moves on it.

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #888; --code: #2f7de1; --share: #d97706;
  --candidate: #a855f7; --wrong: #d32f2f; --missed: #b7791f; --right: #2e7d32 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 78rem;
  padding: 0 1.5rem }
h1 { font-size: 1.4rem; margin: 1rem 0 .25rem } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
h2 small { color: var(--quiet); font-weight: normal }
table { border-collapse: collapse; font-size: .85rem }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top }
thead th { border-bottom: 1px solid var(--line); color: var(--quiet); font-weight: 500 }
.counts { display: flex; flex-wrap: wrap; gap: 1rem 3rem; align-items: start }
.counts td:not(:first-child), .counts th:not(:first-child) { text-align: right;
  font-variant-numeric: tabular-nums }
.counts td.none { color: var(--quiet); opacity: .5 } td.wrong { color: var(--wrong) }
td.missed { color: var(--missed) }
.badge { color: #fff; border-radius: .3rem; padding: .05rem .5rem; font-size: .85rem;
  background: var(--quiet) }
.wrong .badge { background: var(--wrong) } .missed .badge { background: var(--missed) }
article { display: grid; grid-template-columns: minmax(14rem, 25rem) 1fr; gap: 2rem;
  border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1.5rem }
figure { margin: 0; position: relative; align-self: start } img { width: 100%; display: block }
svg { width: 100%; display: block } svg.over { position: absolute; inset: 0; height: 100% }
svg.drawn { border: 1px solid var(--line); background: #fff } svg text { fill: #222 }
polygon { fill: transparent; stroke: #8a8a8a88; stroke-width: 1px;
  vector-effect: non-scaling-stroke }
g.code polygon { stroke: var(--code); stroke-width: 2.5px }
g.share polygon { stroke: var(--share); stroke-width: 2.5px }
g.candidate polygon { stroke: var(--candidate); stroke-width: 2px; stroke-dasharray: 5 3 }
g.lit polygon { fill: #ffd60055; stroke: #e0a800; stroke-width: 2.5px }
.plain th { color: var(--quiet); font-weight: 500; white-space: nowrap }
.lines { max-height: 34rem; overflow: auto; margin-top: .8rem; border: 1px solid var(--line);
  border-radius: .4rem; padding: 0 .6rem } .lines table { width: 100% }
.lines thead th { position: sticky; top: 0; background: Canvas; padding-top: .3rem }
.lines td:first-child { color: var(--quiet); width: 2rem }
.lines td:nth-child(2) { white-space: pre-wrap; overflow-wrap: anywhere }
tr.lit { background: #ffd60033 } tr.code td:nth-child(2) { color: var(--code) }
tr.share td:nth-child(2) { color: var(--share) }
tr.candidate td:nth-child(2) { color: var(--candidate) }
tr.code td, tr.share td, tr.candidate td { font-weight: 600 }
.key span { margin-right: 1.2rem } .key i { display: inline-block; width: 1.2rem; height: .7rem;
  border: 2.5px solid; margin-right: .35rem }
@media (max-width: 50rem) { article { grid-template-columns: 1fr } }
"""

KEY = (
    '<p class="key"><span><i style="color: var(--code)"></i>line of the code</span>'
    '<span><i style="color: var(--share)"></i>line of the share</span>'
    '<span><i style="color: var(--candidate); border-style: dashed"></i>a candidate</span></p>'
)

SCRIPT = """
for (const article of document.querySelectorAll("article")) {
  const light = (event, on) => {
    const line = event.target.closest("[data-line]")?.dataset.line;
    if (line === undefined) return;
    for (const part of article.querySelectorAll(`[data-line="${line}"]`))
      part.classList.toggle("lit", on);
  };
  article.addEventListener("mouseover", event => light(event, true));
  article.addEventListener("mouseout", event => light(event, false));
}
"""


_ORDER = {"wrong": 0, "missed": 1, "right": 2}
_SEPARATORS = re.compile(r"[,，\s]")
_RUN = re.compile(r"[0-9.]*[0-9]")


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
    body = [KEY]
    for heading, group in groups.items():
        failures = sorted(
            (one for one in group if one.verdict != "right"), key=lambda one: _ORDER[one.verdict]
        )
        body.append(f"<section><h1>{escape(heading)}</h1>{_summary(group)}")
        body += [_failure(one, file.parent) for one in failures]
        body.append("</section>")
    file.write_text(
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        + "\n".join(body)
        + f"\n<script>{SCRIPT}</script>\n</html>\n",
        encoding="utf-8",
    )


def _summary(judged: Sequence[Judged]) -> str:
    tables = [
        _counts("layout", judged, lambda one: one.layout),
        _counts("reason", judged, lambda one: one.why),
        _counts("model and rules", judged, lambda one: one.versions),
    ]
    return f'<p>{sentence(counts(judged))}</p><div class="counts">{"".join(tables)}</div>'


def _counts(title: str, judged: Sequence[Judged], key: Callable[[Judged], str]) -> str:
    head = "".join(f"<th>{verdict}</th>" for verdict in JUDGEMENTS)
    rows = "".join(
        f"<tr><td>{escape(name or '–')}</td>"
        + "".join(f'<td class="{v if found[v] else "none"}">{found[v]}</td>' for v in JUDGEMENTS)
        + "</tr>"
        for name, found in counts_by(judged, key).items()
    )
    return f"<table><thead><tr><th>{title}</th>{head}</tr></thead>{rows}</table>"


def _failure(one: Judged, place: Path) -> str:
    detail: dict[str, Any] = one.answer.get("detail") or {}
    title = (
        f'<h2><span class="badge">{one.verdict}</span> {escape(one.name)} '
        f"<small>{escape(' · '.join(filter(None, (one.layout, one.why))))}</small></h2>"
    )
    lines = one.page.lines if one.page else ()
    kinds = [_kind(line, detail) for line in lines]
    return (
        f'<article class="{one.verdict}">{_figure(one, place, kinds)}'
        f'<div class="facts">{title}{_facts(one, detail)}{_lines(lines, kinds)}</div></article>'
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


def _figure(one: Judged, place: Path, kinds: Sequence[str]) -> str:
    picture = ""
    if one.picture is not None:
        link = os.path.relpath(one.picture, place)
        picture = f'<img src="{escape(link)}" alt="{escape(one.name)}" loading="lazy">'
    # Of a picture that was turned to be read the places are none of the one that is shown.
    fits = one.page is not None and not (one.picture and one.page.turned)
    overlay = _overlay(one.page, kinds, drawn=one.picture is None) if one.page and fits else ""
    return f"<figure>{picture}{overlay}</figure>"


def _overlay(page: Page, kinds: Sequence[str], *, drawn: bool) -> str:
    """The lines' outlines over the picture, in its pixels; drawn: with their texts, on nothing."""
    shapes = []
    for index, (line, kind) in enumerate(zip(page.lines, kinds, strict=True)):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line.quad)
        shape = f'<polygon points="{points}"><title>{escape(_told(line))}</title></polygon>'
        if drawn:
            shape += _text(line)
        shapes.append(f'<g class="{kind}" data-line="{index}">{shape}</g>')
    name = "drawn" if drawn else "over"
    return (
        f'<svg class="{name}" viewBox="0 0 {max(page.width, 1)} {max(page.height, 1)}">'
        f"{''.join(shapes)}</svg>"
    )


def _text(line: Line) -> str:
    (x, top), (right, _), (_, bottom), _ = line.quad
    return (
        f'<text x="{x:.1f}" y="{bottom - 0.2 * (bottom - top):.1f}" '
        f'font-size="{0.8 * abs(bottom - top):.1f}" textLength="{abs(right - x):.1f}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(line.text)}</text>'
    )


def _facts(one: Judged, detail: dict[str, Any]) -> str:
    candidates = detail.get("candidates") or {}
    rows = {
        "truth": _values(one.truth),
        "answer": _values(one.answer.get("data") or {}),
        "reason": one.why,
        "code read": _read(detail.get("fund_code")),
        "share read": _read(detail.get("hold_share")),
        "codes": ", ".join(candidates.get("fund_codes", ())),
        "shares": ", ".join(candidates.get("hold_shares", ())),
        "holdings": "; ".join(" ".join(row.values()) for row in candidates.get("holdings", ())),
        "checks": ", ".join(f"{k} {v}" for k, v in (detail.get("checks") or {}).items()),
    }
    shown = ((name, value) for name, value in rows.items() if value)
    return f'<table class="plain">{_rows(shown)}</table>'


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in pairs
    )


def _values(values: Mapping[str, str]) -> str:
    code, share = values.get("fund_code", ""), values.get("hold_share", "")
    return f"{code} · {share}" if code or share else "no answer"


def _read(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    label = f" at {found['label']}" if found.get("label") else ""
    return f"{found['text']}{label} ({found['confidence']})"


def _told(line: Line) -> str:
    return f"{line.text} ({line.confidence:.3f})"


def _lines(lines: Sequence[Line], kinds: Sequence[str]) -> str:
    if not lines:
        return ""
    rows = "".join(
        f'<tr class="{kind}" data-line="{index}"><td>{index + 1}</td><td>{escape(line.text)}</td>'
        f"<td>{line.confidence:.3f}</td><td>{escape(line.second or '')}</td></tr>"
        for index, (line, kind) in enumerate(zip(lines, kinds, strict=True))
        if line.text.strip(HIDDEN)
    )
    head = "<tr><th></th><th>line</th><th>confidence</th><th>second reading</th></tr>"
    return f'<div class="lines"><table><thead>{head}</thead>{rows}</table></div>'
