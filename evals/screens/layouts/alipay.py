"""蚂蚁财富 in Alipay: blue, white cards, roomy."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import Align, Canvas, Layout
from evals.screens.facts import money, percent, signed
from evals.screens.parts import (
    EDGE,
    bottom_bar,
    card,
    chart,
    grid,
    head,
    link_row,
    name,
    note,
    rows,
    tabs,
    tone,
)
from evals.screens.themes import dark, light

_BLUE = light("#1677ff", header="#1677ff", header_end="#4b97ff"), dark("#3c8cff", header="#1a3c70")
_WHITE = light("#1677ff"), dark("#3c8cff")


def _detail(c: Canvas, brief: Brief) -> float:
    """The amount on blue, below it labels above values in three columns."""
    position, on = brief.position, c.theme.on_header
    y = head(c, brief, "持有详情", 268) + 20
    y = name(c, brief, EDGE + 6, y, size=17, colour=on, soft=on)
    c.text(EDGE + 6, y + 12, f"金额(元) {position.day:%m-%d}", size=12, colour=on)
    c.text(EDGE + 6, y + 44, money(position.amount), size=32, bold=True, colour=on)
    money_cells = brief.money_cells()
    plain = [Cell(label=m.label, value=m.value) for m in money_cells[1:4]]
    grid(c, y + 66, plain, columns=3, edge=EDGE + 6, height=50, colour=on, soft=on)
    y = 268 + 12
    shares = brief.share_cells()
    cells = [brief.nav_cell(), money_cells[4], *shares]
    cells = cells[-brief.variant % len(cells) :] + cells[: -brief.variant % len(cells)]
    if brief.decoys:
        cells += [brief.frozen_cell(), Cell(label="日涨跌幅", value=percent(position.day_rate))]
    card(c, y, 14 + 58 * -(-len(cells) // 3))
    y = grid(c, y + 8, cells, columns=3) + 18
    card(c, y, 190)
    y = tabs(c, y + 2, ("业绩走势", "净值走势", "我的收益"))
    y = chart(c, y + 4, brief, height=136) + 20
    card(c, y, 92)
    y = link_row(c, y + 2, "交易记录", brief.pick(("1笔交易进行中", "查看全部"), 2))
    y = link_row(c, y, "分红方式", "红利再投资") + 16
    return bottom_bar(c, y, ("卖出", "定投", "买入"))


def _asset(c: Canvas, brief: Brief) -> float:
    """The asset page: one row for each number."""
    position = brief.position
    y = head(c, brief, "资产详情", 88)
    c.box(0, y, 375, y + 136, c.theme.card)
    y = name(c, brief, EDGE + 6, y + 24, size=18, room=330)
    c.text(EDGE + 6, y + 10, "持有收益(元)", size=12, colour=c.theme.grey)
    profit = position.profit
    c.text(EDGE + 6, y + 38, signed(profit), size=27, bold=True, colour=tone(c, profit))
    y = 88 + 146
    money_cells = brief.money_cells()
    cells = [money_cells[0], *brief.share_cells(), brief.nav_cell(), *money_cells[2:]]
    if brief.decoys:
        cells += [brief.frozen_cell(), Cell(label="待确认金额(元)", value="0.00")]
    card(c, y, 44 * len(cells) + 8)
    y = rows(c, y + 4, cells) + 16
    card(c, y, 92)
    y = link_row(c, y + 2, "收益明细")
    y = link_row(c, y, "交易规则", "买入费率1折") + 8
    y = note(c, y, ("市场有风险，投资需谨慎。数据以基金公司确认为准",))
    return bottom_bar(c, y, ("转换", "卖出", "买入"))


def _list(c: Canvas, brief: Brief) -> float:
    """All holdings: names, amounts and gains, neither codes nor shares."""
    on = c.theme.on_header
    positions = (brief.position, *brief.others)
    y = head(c, brief, "基金", 216)
    c.text(EDGE + 6, y + 18, "总资产(元)", size=12, colour=on)
    total = sum(p.amount for p in positions)
    c.text(EDGE + 6, y + 48, f"{total:,.2f}", size=30, bold=True, colour=on)
    day = sum(p.day_profit for p in positions)
    c.text(EDGE + 6, y + 88, f"昨日收益 {day:+,.2f}", size=13, colour=on)
    y = 216 + 12
    card(c, y, 54 + 76 * len(positions))
    for x, text in ((EDGE + 10, "名称"), (250, "金额/昨日收益"), (352, "持有收益/率")):
        align: Align = "left" if x < 50 else "right"
        c.text(x, y + 22, text, size=12, colour=c.theme.grey, align=align)
    y += 42
    for p in positions:
        c.line((EDGE + 10, y), (352, y))
        c.text(EDGE + 10, y + 26, p.fund.name, size=15, bold=True, role="name", room=150)
        c.text(EDGE + 10, y + 52, p.fund.kind, size=11, colour=c.theme.grey)
        c.text(262, y + 26, money(p.amount), size=14, align="right", room=90)
        colour = tone(c, p.day_profit)
        c.text(262, y + 52, signed(p.day_profit), size=13, colour=colour, align="right", room=90)
        colour = tone(c, p.profit)
        c.text(352, y + 26, signed(p.profit), size=14, colour=colour, align="right", room=82)
        c.text(352, y + 52, percent(p.profit_rate), size=13, colour=colour, align="right")
        y += 76
    return note(c, y + 30, ("没有更多了",), centred=True)


LAYOUTS = (
    Layout(
        name="alipay_detail",
        draw=_detail,
        themes=_BLUE,
        held_out=True,
        tags=("label_above", "columns3"),
        shows=("held", "both"),
        code_styles=("below", "kind", "brackets", "suffix"),
    ),
    Layout(
        name="alipay_asset",
        draw=_asset,
        themes=_WHITE,
        held_out=False,
        tags=("label_left",),
        shows=("available", "held", "both"),
        code_styles=("below", "same_line", "kind", "labelled"),
    ),
    Layout(
        name="alipay_list",
        draw=_list,
        themes=_BLUE,
        held_out=True,
        tags=("list", "negative"),
        refused="NO_CODE",
        rows=4,
    ),
)
