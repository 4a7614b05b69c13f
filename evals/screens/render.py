"""Renders a screen with its truth from one brief and one layout."""

from datetime import timedelta
from decimal import Decimal

from evals.screens.brief import Brief
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import cents
from evals.screens.parts import EDGE, card, note
from evals.screens.screen import REFUSED, Screen, Truth

# What a long screenshot shows below the holding: past orders, notices, questions; all decoys.

_QUESTIONS = (
    "什么时候可以看到收益？",
    "交易日15:00前提交，T+1日确认，T+2日可查看收益",
    "为什么资产与持有份额乘以净值不一致？",
    "在途资金和未确认的交易不计入资产",
    "赎回费怎么收？",
    "持有不满7日1.50%，满7日不满365日0.50%",
)


def tail(c: Canvas, y: float, brief: Brief) -> float:
    """Draw past orders and questions from y on and return the y below."""
    y = _orders(c, y + 12, brief)
    y += 12
    card(c, y, 44 + 24 * len(_QUESTIONS))
    c.text(EDGE + 10, y + 22, "常见问题", size=15, bold=True)
    for index, text in enumerate(_QUESTIONS):
        colour = c.theme.grey if index % 2 else c.theme.text
        c.text(EDGE + 10, y + 50 + 24 * index, text, size=12, colour=colour, room=320)
    y += 56 + 24 * len(_QUESTIONS)
    return note(c, y, ("基金过往业绩不预示未来表现，投资需谨慎", "客服电话 95000-6"), centred=True)


def _orders(c: Canvas, y: float, brief: Brief) -> float:
    position = brief.position
    orders = 4 + brief.variant % 4
    card(c, y, 44 + 62 * orders)
    c.text(EDGE + 10, y + 22, "交易记录", size=15, bold=True)
    y += 40
    for index in range(orders):
        day = position.day - timedelta(days=13 * index + 2)
        paid = Decimal(100 * (index + 1))
        c.text(EDGE + 10, y + 18, ("买入", "定投", "分红")[index % 3], size=14)
        c.text(EDGE + 10, y + 42, f"{day:%Y-%m-%d} 14:3{index}:08", size=11, colour=c.theme.grey)
        c.text(WIDTH - EDGE - 10, y + 18, f"{paid:,.2f}元", size=14, align="right")
        confirmed = f"确认份额 {cents(paid / position.nav)}份"
        c.text(WIDTH - EDGE - 10, y + 42, confirmed, size=11, colour=c.theme.grey, align="right")
        c.line((EDGE + 10, y), (WIDTH - EDGE - 10, y))
        y += 62
    return y + 4


def render(
    layout: Layout, brief: Brief, *, dark: bool, face: str, width: int, height: float = 812.0,
    blank: bool = False,
) -> Screen:  # fmt: skip
    """Draw a brief.

    face: a key of `evals.screens.fonts.FACES`; FontMissing where its package is not installed.
    width: pixels. height: points at a width of 375; the picture is longer where the content is.
    blank: nothing is drawn, for those who ask only what stands where.
    """
    theme = layout.themes[dark]
    canvas = Canvas(
        width=width, theme=theme, face=face, height=height, long=brief.long, blank=blank
    )
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
