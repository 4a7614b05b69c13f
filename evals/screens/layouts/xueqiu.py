"""雪球 and 蛋卷基金: investors' apps."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
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
    tabs,
    tone,
)
from evals.screens.themes import dark, light

_EGG = light("#f4a300"), dark("#f7b733")
_SNOW = light("#2f6fee"), dark("#5088f5")


def _danjuan(c: Canvas, brief: Brief) -> float:
    """Name and code at the top, values above their labels in two or three columns."""
    position = brief.position
    y = head(c, brief, "我的持仓", 88)
    c.box(0, y, WIDTH, y + 240, c.theme.card)
    y = name(c, brief, EDGE, y + 26, size=17, room=340)
    c.text(EDGE, y + 30, money(position.amount), size=30, bold=True)
    c.text(EDGE, y + 58, "持有市值(元)", size=12, colour=c.theme.grey)
    colour = tone(c, position.day_profit)
    c.text(
        WIDTH - EDGE,
        y + 30,
        signed(position.day_profit),
        size=20,
        bold=True,
        colour=colour,
        align="right",
        room=120,
    )
    c.text(WIDTH - EDGE, y + 58, "日收益(元)", size=12, colour=c.theme.grey, align="right")
    y += 84
    money_cells = brief.money_cells(unit="")
    cells = [
        money_cells[1],
        money_cells[3],
        *brief.share_cells(),
        brief.nav_cell("净值"),
        money_cells[4],
    ]
    if brief.decoys:
        cells.append(brief.frozen_cell())
    columns = 2 if len(cells) == 4 else 3
    bottom = y + 58 * -(-len(cells) // columns)
    c.box(0, y - 10, WIDTH, bottom + 8, c.theme.card)
    y = grid(c, y, cells, columns=columns, value_above=True, edge=EDGE) + 18
    c.box(0, y, WIDTH, y + 182, c.theme.card)
    y = tabs(c, y, ("收益走势", "净值走势", "调仓记录"))
    y = chart(c, y + 2, brief, height=132) + 14
    c.box(0, y, WIDTH, y + 48, c.theme.card)
    y = link_row(c, y + 2, "交易记录", f"{position.day:%Y.%m.%d}") + 12
    return bottom_bar(c, y, ("卖出", "买入"))


def _pairs(c: Canvas, brief: Brief) -> float:
    """Two label–value pairs in each row."""
    position = brief.position
    y = head(c, brief, "基金持仓", 88) + 10
    card(c, y, 150)
    y = name(c, brief, EDGE + 8, y + 26, size=17)
    c.text(
        EDGE + 8,
        y + 34,
        signed(position.profit),
        size=28,
        bold=True,
        colour=tone(c, position.profit),
    )
    c.text(
        EDGE + 8, y + 66, f"累计盈亏 {percent(position.profit_rate)}", size=12, colour=c.theme.grey
    )
    y = 88 + 10 + 162
    money_cells = brief.money_cells(unit="")
    shares = brief.share_cells()
    cells = [*shares[:1], brief.nav_cell("净值"), *shares[1:], money_cells[0], money_cells[4]]
    cells.append(Cell(label="日盈亏", value=signed(position.day_profit), tone=position.day_profit))
    if brief.decoys:
        cells.append(brief.frozen_cell())
    lines = -(-len(cells) // 2)
    card(c, y, 12 + 38 * lines)
    for index, cell in enumerate(cells):
        row, column = divmod(index, 2)
        x0, x1 = (EDGE + 8, 182.0) if not column else (198.0, WIDTH - EDGE - 8)
        middle = y + 6 + 38 * row + 19
        role = "label" if cell.role else ""
        width = c.text(x0, middle, cell.label, size=12, colour=c.theme.grey, role=role, room=84)
        c.text(
            x1, middle, cell.value, size=13, colour=tone(c, cell.tone), align="right",
            role=cell.role, room=x1 - x0 - width - 8,
        )  # fmt: skip
    y += 12 + 38 * lines + 12
    card(c, y, 186)
    y = tabs(c, y + 2, ("走势", "讨论", "公告", "档案"))
    y = chart(c, y + 4, brief, height=126) + 22
    y = note(c, y, (f"数据更新于 {position.day:%Y-%m-%d} 20:26:11",), centred=True)
    return bottom_bar(c, y, ("减仓", "加仓"))


LAYOUTS = (
    Layout(
        name="danjuan_holding",
        draw=_danjuan,
        themes=_EGG,
        held_out=False,
        tags=("value_above", "columns3"),
        shows=("held", "both"),
        code_styles=("same_line", "suffix", "below"),
    ),
    Layout(
        name="xueqiu_pairs",
        draw=_pairs,
        themes=_SNOW,
        held_out=False,
        tags=("label_left", "pairs"),
        shows=("held", "both", "available"),
        code_styles=("brackets", "same_line", "below"),
    ),
)
