"""The HTML page of an evaluation: each failure with its picture and what was read on it."""

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.evaluate import Judged

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>fundocr evaluate</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }
article { display: grid; grid-template-columns: 20rem 1fr; gap: 1.5rem; margin: 2rem 0;
  border-top: 1px solid #8884; padding-top: 1rem }
img { width: 100% } .wrong h2 { color: #c33 } td, th { text-align: left; padding-right: 1rem }
</style>"""


def write_page(file: Path, judged: "list[Judged]", folder: Path | None) -> None:
    """Write the page; pictures are linked where they stand, relative to the page."""
    failures = [one for one in judged if one.verdict != "right"]
    failures.sort(key=lambda one: one.verdict, reverse=True)
    parts = [_HEAD, f"<h1>{len(failures)} of {len(judged)} pages not right</h1>"]
    parts += [_failure(one, file.parent, folder) for one in failures]
    file.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _failure(one: "Judged", place: Path, folder: Path | None) -> str:
    picture = ""
    if folder is not None:
        link = os.path.relpath(folder / one.name, place)
        picture = f'<img src="{escape(link)}" alt="" loading="lazy">'
    detail = one.answer.get("detail", {})
    facts = {
        "truth": one.truth,
        "answer": one.answer.get("data"),
        "reason": one.answer.get("code") or detail.get("reason"),
        "code read": detail.get("fund_code"),
        "share read": detail.get("hold_share"),
        "candidates": detail.get("candidates"),
        "checks": detail.get("checks"),
    }
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
    )
    title = f"{escape(one.verdict)}: {escape(one.name)}"
    return (
        f'<article class="{one.verdict}"><div>{picture}</div>'
        f"<div><h2>{title}</h2><table>{rows}</table></div></article>"
    )
