"""Stock brokers' apps: tables."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import money, percent, signed
from evals.screens.parts import EDGE, bottom_bar, grid, head, link_row, name, note, rows, tabs, tone
from evals.screens.themes import dark, light

_RED = light("#d7332f", header="#d7332f"), dark("#ec5650", header="#4a1716")
_STEEL = light("#2a5caa"), dark("#5f93e6")


def _table(c: Canvas, brief: Brief) -> float:
    """A head row of column names and one row of numbers."""
    position = brief.position
    y = head(c, brief, "场外基金", 88)
    c.box(0, y, WIDTH, y + 150, c.theme.card)
    money_cells = brief.money_cells(unit="")
    c.text(EDGE, y + 24, "基金市值(元)", size=12, colour=c.theme.grey)
    c.text(EDGE, y + 54, money(position.amount), size=27, bold=True)
    grid(c, y + 82, money_cells[1:4], columns=3, edge=EDGE, height=54)
    y = tabs(c, y + 158, ("持仓", "委托", "成交", "撤单"))
    name(c, brief, EDGE, y + 26, size=16)
    y += 74
    shares = brief.share_cells()
    cells = [*shares, brief.nav_cell("净值"), Cell(label="成本价", value=str(position.cost_price))]
    if brief.decoys and len(cells) < 4:
        cells.append(brief.frozen_cell())
    c.box(0, y, WIDTH, y + 30, c.theme.soft)
    width = (WIDTH - 2 * EDGE) / len(cells)
    for index, cell in enumerate(cells):
        x = EDGE + width * (index + 1)
        role = "label" if cell.role else ""
        c.text(
            x,
            y + 15,
            cell.label,
            size=12,
            colour=c.theme.grey,
            align="right",
            role=role,
            room=width - 6,
        )
        c.text(x, y + 54, cell.value, size=14, align="right", role=cell.role, room=width - 6)
    c.line((0, y + 78), (WIDTH, y + 78))
    y = rows(c, y + 82, [Cell(label="最新市值", value=money(position.amount))], edge=EDGE)
    y = note(c, y + 6, (f"委托编号 {position.day:%Y%m%d}{brief.variant % 10**8:08d}",))
    return bottom_bar(c, y, ("赎回", "申购"))


def _list(c: Canvas, brief: Brief) -> float:
    """A table of several funds: name over code, share over net value, gain over rate."""
    y = head(c, brief, "基金持仓", 88)
    c.box(0, y, WIDTH, y + 30, c.theme.soft)
    grey = c.theme.grey
    label = brief.labels[0].text if brief.labels else "市值"
    c.text(EDGE, y + 15, "名称/代码", size=12, colour=grey)
    c.text(248, y + 15, f"{label}", size=12, colour=grey, align="right", role="label")
    c.text(WIDTH - EDGE, y + 15, "盈亏/比例", size=12, colour=grey, align="right")
    y += 30
    for p in (brief.position, *brief.others):
        c.box(0, y, WIDTH, y + 70, c.theme.card)
        c.text(EDGE, y + 24, p.fund.name, size=14, bold=True, role="name", room=138)
        c.text(EDGE, y + 49, p.fund.code, size=12, colour=grey, role="code")
        c.text(248, y + 24, brief.number(p.held), size=14, align="right", role="share", room=90)
        c.text(248, y + 49, str(p.nav), size=12, colour=grey, align="right")
        colour = tone(c, p.profit)
        c.text(
            WIDTH - EDGE, y + 24, signed(p.profit), size=14, colour=colour, align="right", room=96
        )
        c.text(WIDTH - EDGE, y + 49, percent(p.profit_rate), size=12, colour=colour, align="right")
        c.line((EDGE, y + 70), (WIDTH, y + 70))
        y += 71
    return link_row(c, y + 8, "查看历史持仓")


LAYOUTS = (
    Layout(
        name="broker_table",
        draw=_table,
        themes=_RED,
        held_out=True,
        tags=("label_above", "table"),
        shows=("both", "held", "available"),
        code_styles=("below", "labelled", "brackets"),
    ),
    Layout(
        name="broker_list",
        draw=_list,
        themes=_STEEL,
        held_out=True,
        tags=("list", "table", "negative"),
        shows=("held",),
        refused="MANY_CODES",
        rows=4,
        lists_codes=True,
        lists_shares=True,
    ),
)
