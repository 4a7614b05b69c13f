"""招商银行: red, rows of a bank's product page."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import money, percent, signed
from evals.screens.parts import (
    EDGE,
    bottom_bar,
    card,
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

_WHITE = light("#c8102e"), dark("#e0455a")
_RED = light("#c8102e", header="#c8152d", header_end="#dd3a4c"), dark("#e0455a", header="#541520")


def _rows(c: Canvas, brief: Brief) -> float:
    """Product code and shares as rows, label left, value right."""
    position = brief.position
    y = head(c, brief, "我的基金", 88)
    c.box(0, y, WIDTH, y + 172, c.theme.card)
    y = name(c, brief, EDGE, y + 26, size=18)
    c.text(EDGE, y + 12, "参考市值(元)", size=12, colour=c.theme.grey)
    c.text(EDGE, y + 42, money(position.amount), size=30, bold=True)
    colour = tone(c, position.profit)
    c.text(EDGE, y + 78, "持仓收益", size=12, colour=c.theme.grey)
    c.text(EDGE + 58, y + 78, signed(position.profit), size=13, colour=colour)
    c.text(
        WIDTH - EDGE, y + 78, percent(position.profit_rate), size=13, colour=colour, align="right"
    )
    y = 88 + 182
    cells = [*brief.share_cells(), brief.nav_cell("单位净值")]
    if brief.decoys:
        cells += [
            brief.frozen_cell(),
            Cell(label="交易账户", value=f"一卡通(尾号{brief.variant % 9000 + 1000})"),
        ]
    cells += [Cell(label="分红方式", value="现金分红")]
    c.box(0, y, WIDTH, y + 48 * len(cells), c.theme.card)
    y = rows(c, y, cells, height=48, edge=EDGE, size=15) + 10
    c.box(0, y, WIDTH, y + 92, c.theme.card)
    y = link_row(c, y + 2, "交易明细")
    y = link_row(c, y, "产品说明书") + 8
    y = note(c, y, ("基金有风险，投资需谨慎", "本产品由基金管理公司发行与管理"))
    return bottom_bar(c, y, ("赎回", "申购"))


def _columns(c: Canvas, brief: Brief) -> float:
    """A card of two columns, labels above values."""
    position, on = brief.position, c.theme.on_header
    y = head(c, brief, "持仓详情", 210) + 18
    y = name(c, brief, EDGE, y, size=17, colour=on, soft=on)
    c.text(EDGE, y + 16, money(position.amount), size=31, bold=True, colour=on)
    c.text(EDGE, y + 46, "总市值(元)", size=12, colour=on)
    y = 210 + 10
    money_cells = brief.money_cells()
    shares = brief.share_cells()
    cells = [
        money_cells[1],
        *shares[:1],
        money_cells[2],
        *shares[1:],
        brief.nav_cell(),
        money_cells[4],
    ]
    if brief.decoys:
        cells += [brief.frozen_cell(), Cell(label="待确认份额", value="0.00")]
    card(c, y, 16 + 60 * -(-len(cells) // 2))
    y = grid(c, y + 8, cells, columns=2, height=60, size=17) + 20
    card(c, y, 136)
    y = link_row(c, y + 2, "收益明细")
    y = link_row(c, y, "定投管理", "0个计划")
    y = link_row(c, y, "历史净值", str(position.nav)) + 14
    return bottom_bar(c, y, ("卖出", "定投", "买入"))


def _balance(c: Canvas, brief: Brief) -> float:
    """A bank account: a balance that may be used, no fund."""
    y = head(c, brief, "账户明细", 88)
    balance = brief.position.amount
    c.box(0, y, WIDTH, y + 150, c.theme.card)
    tail = brief.variant % 9000 + 1000
    c.text(EDGE, y + 28, f"储蓄卡(尾号{tail})", size=15)
    c.text(EDGE, y + 62, brief.pick(("可用余额", "可用余额(元)")), size=13, colour=c.theme.grey)
    c.text(EDGE, y + 98, f"¥{money(balance)}", size=30, bold=True)
    c.text(EDGE, y + 130, "活期余额", size=12, colour=c.theme.grey)
    c.text(WIDTH - EDGE, y + 130, f"¥{money(balance)}", size=13, align="right")
    y = tabs(c, 88 + 158, ("全部", "收入", "支出"))
    c.box(0, y, WIDTH, y + 4 + 68 * len(brief.others), c.theme.card)
    for index, other in enumerate(brief.others):
        middle = y + 34 + 68 * index
        what = ("工资", "转账汇款", "快捷支付", "利息", "信用卡还款")[(brief.variant + index) % 5]
        c.text(EDGE, middle - 11, what, size=15)
        c.text(
            EDGE, middle + 13, f"{other.day:%Y-%m-%d} 10:{index + 21}", size=12, colour=c.theme.grey
        )
        c.text(
            WIDTH - EDGE,
            middle,
            signed(other.profit),
            size=16,
            align="right",
            colour=tone(c, other.profit),
        )
    return note(c, y + 16 + 68 * len(brief.others), ("仅显示最近三个月的明细",), centred=True)


LAYOUTS = (
    Layout(
        name="cmb_rows",
        draw=_rows,
        themes=_WHITE,
        held_out=False,
        tags=("label_left", "product_code"),
        shows=("available", "held", "both"),
        code_styles=("product", "product", "labelled", "suffix"),
    ),
    Layout(
        name="cmb_columns",
        draw=_columns,
        themes=_RED,
        held_out=True,
        tags=("label_above", "columns2"),
        shows=("held", "both", "available"),
        code_styles=("suffix", "brackets", "product"),
    ),
    Layout(
        name="cmb_balance",
        draw=_balance,
        themes=_WHITE,
        held_out=False,
        tags=("negative", "not_a_fund", "cash"),
        refused="NO_CODE",
        rows=5,
    ),
)
