"""理财通 in WeChat, and 京东金融: wallets that sell funds."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import money, percent
from evals.screens.parts import (
    EDGE,
    bottom_bar,
    card,
    chart,
    grid,
    head,
    inline,
    link_row,
    name,
    note,
    tabs,
    tone,
)
from evals.screens.themes import dark, light

_GOLD = light("#b8873b"), dark("#d3a55c")
_BLUE = light("#2b6de5", header="#2b6de5", header_end="#3f86f2"), dark("#4d8bf5", header="#1c3561")
_RED = light("#e4393c"), dark("#f0595b")


def _value_above(c: Canvas, brief: Brief) -> float:
    """Large values with small grey labels underneath."""
    position = brief.position
    y = head(c, brief, "持有产品", 88) + 10
    card(c, y, 214)
    y = name(c, brief, EDGE + 10, y + 28, size=17)
    c.text(WIDTH / 2, y + 34, money(position.amount), size=32, bold=True, align="centre")
    c.text(WIDTH / 2, y + 64, "持有金额(元)", size=12, colour=c.theme.grey, align="centre")
    money_cells = brief.money_cells()
    grid(c, y + 88, money_cells[1:4], columns=3, value_above=True, centred=True)
    y = 88 + 10 + 226
    cells = [*brief.share_cells(), brief.nav_cell("基金净值"), money_cells[4]]
    if brief.decoys:
        cells.append(brief.frozen_cell())
    cells = cells[brief.variant % 2 :] + cells[: brief.variant % 2]
    columns = 2 if len(cells) in (2, 4) else 3
    card(c, y, 18 + 58 * -(-len(cells) // columns))
    y = grid(c, y + 8, cells, columns=columns, value_above=True, centred=True) + 20
    card(c, y, 136)
    y = link_row(c, y + 2, "交易记录")
    y = link_row(c, y, "定投计划", "去设置")
    y = link_row(c, y, "产品详情", position.fund.kind) + 14
    y = note(c, y, ("资金由基金公司及托管银行保障安全",), centred=True)
    return bottom_bar(c, y, ("取出", "买入"))


def _inline(c: Canvas, brief: Brief) -> float:
    """`label value  label value` in one line of text."""
    position, on = brief.position, c.theme.on_header
    y = head(c, brief, "基金持仓", 226) + 16
    name(c, brief, EDGE + 4, y, size=17, colour=on, soft=on)
    c.text(EDGE + 4, y + 54, f"资产(元) {position.day:%m-%d}", size=12, colour=on)
    c.text(EDGE + 4, y + 88, money(position.amount), size=31, bold=True, colour=on)
    y = 226 + 10
    nav = Cell(label="基金净值", value=f"{position.nav} ({position.day:%m-%d})")
    shares = brief.share_cells()
    if len(shares) == 2:
        card(c, y, 82)
        inline(c, EDGE + 10, y + 26, shares, size=13)
        inline(c, EDGE + 10, y + 56, [nav], size=13)
        y += 94
    else:
        card(c, y, 52)
        inline(c, EDGE + 10, y + 26, [*shares, nav], size=13)
        y += 64
    money_cells = brief.money_cells()
    card(c, y, 74)
    grid(c, y + 8, money_cells[1:4], columns=3)
    y += 86
    card(c, y, 196)
    y = tabs(c, y + 2, ("近一月", "近三月", "近一年", "全部"), active=1, size=13)
    y = chart(c, y + 4, brief, height=140) + 22
    if brief.decoys:
        decoy = f"{brief.variant % 3 + 1}笔赎回中合计{position.nav * 3:.2f}份"
        card(c, y, 46)
        y = link_row(c, y + 1, "进行中的交易", decoy) + 12
    return bottom_bar(c, y, ("卖出", "买入"))


def _summary(c: Canvas, brief: Brief) -> float:
    """京东金融: a short list of `label：value` texts."""
    position = brief.position
    y = head(c, brief, "我的持仓", 88) + 10
    card(c, y, 166)
    y = name(c, brief, EDGE + 10, y + 28, size=16)
    c.text(EDGE + 10, y + 18, "持有总额(元)", size=12, colour=c.theme.grey)
    c.text(EDGE + 10, y + 48, money(position.amount), size=28, bold=True)
    colour = tone(c, position.day_rate)
    c.text(
        WIDTH - EDGE - 10, y + 50, percent(position.day_rate), size=17, colour=colour, align="right"
    )
    c.text(WIDTH - EDGE - 10, y + 20, "日涨幅", size=12, colour=c.theme.grey, align="right")
    y = 88 + 10 + 178
    money_cells = brief.money_cells(unit="")
    cells = [money_cells[1], *brief.share_cells(), brief.nav_cell(), money_cells[4]]
    if brief.decoys:
        cells.insert(1, brief.frozen_cell())
    card(c, y, 20 + 30 * len(cells))
    y += 25
    for cell in cells:
        inline(
            c,
            EDGE + 10,
            y,
            [cell],
            size=14,
            between=brief.pick(("：", ": "), 1),
            colour=c.theme.text,
        )
        y += 30
    y += 8
    card(c, y, 192)
    y = tabs(c, y + 2, ("收益走势", "净值走势"))
    y = chart(c, y + 4, brief, height=134) + 20
    return bottom_bar(c, y, ("赎回", "申购"))


LAYOUTS = (
    Layout(
        name="licaitong_value_above",
        draw=_value_above,
        themes=_GOLD,
        held_out=True,
        tags=("value_above", "columns3"),
        shows=("held", "both", "available"),
        code_styles=("below", "kind", "wide_brackets"),
    ),
    Layout(
        name="licaitong_inline",
        draw=_inline,
        themes=_BLUE,
        held_out=False,
        tags=("inline",),
        shows=("held", "available", "both"),
        code_styles=("same_line", "brackets", "below", "glued"),
    ),
    Layout(
        name="jd_summary",
        draw=_summary,
        themes=_RED,
        held_out=True,
        tags=("inline", "colon"),
        shows=("held", "both"),
        code_styles=("below", "labelled", "suffix"),
    ),
)
