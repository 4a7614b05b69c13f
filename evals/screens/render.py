"""One brief and one layout → one screen with its truth."""

from evals.screens.brief import Brief
from evals.screens.canvas import Canvas
from evals.screens.layout import Layout
from evals.screens.screen import REFUSED, Screen, Truth
from evals.screens.sections import tail


def render(
    layout: Layout, brief: Brief, *, dark: bool, face: str, width: int, height: float = 812.0
) -> Screen:
    """Draw a brief.

    face: a key of `evals.screens.fonts.FACES`; FontMissing where its package is not installed.
    width: pixels. height: points at a width of 375; the picture is longer where the content is.
    """
    theme = layout.themes[dark]
    canvas = Canvas(width=width, theme=theme, face=face, height=height, long=brief.long)
    bottom = layout.draw(canvas, brief)
    if brief.long:
        bottom = tail(canvas, bottom, brief)
    picture, texts = canvas.finish(bottom)
    labels = brief.labels if layout.shows else ()
    reason = _reason(layout, brief)
    tags = [*layout.tags, "dark" if dark else "light", f"face:{face}", f"width:{width}"]
    if any(text.role == "code" for text in texts) and not layout.rows:
        tags.append(f"code:{brief.code_style}")
    tags += ["two_labels"] * (len(labels) == 2) + ["long"] * brief.long
    tags += ["amount_of_day_before"] * brief.position.of_day_before
    return Screen(
        picture=picture,
        truth=REFUSED
        if reason
        else Truth(fund_code=brief.position.fund.code, hold_share=brief.answer),
        layout=layout.name,
        held_out=layout.held_out or any(label.held_out for label in labels),
        texts=texts,
        labels=tuple(label.text for label in labels),
        reason=reason,
        holdings=_holdings(layout, brief),
        tags=tuple(tags),
    )


def _reason(layout: Layout, brief: Brief) -> str:
    if layout.refused:
        return layout.refused
    if not brief.show_code:
        return "NO_CODE"
    return "" if brief.show_share else "NO_SHARE"


def _holdings(layout: Layout, brief: Brief) -> tuple[tuple[str, str, str], ...]:
    if "list" not in layout.tags:
        return ()
    plain = brief.plain
    return tuple(
        (
            p.fund.code if layout.lists_codes else "",
            p.fund.name,
            plain(p.held) if layout.lists_shares else "",
        )
        for p in (brief.position, *brief.others)
    )
