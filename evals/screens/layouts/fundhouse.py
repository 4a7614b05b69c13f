"""Fund companies' own apps: plain pages, forms to redeem and to convert."""

from decimal import Decimal

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import cents, money, percent, signed
from evals.screens.parts import (
    EDGE,
    bottom_bar,
    card,
    head,
    inline,
    link_row,
    name,
    note,
    rows,
    tone,
)
from evals.screens.themes import dark, light

_GREEN = light("#0b8a5f", header="#0b8a5f", header_end="#2fa87c"), dark("#33b184", header="#0f4a37")
_NAVY = light("#1f4e9e"), dark("#5f8fe0")
_PURPLE = light("#6b46c1"), dark("#9a7be8")


def _card(c: Canvas, brief: Brief) -> float:
    """One number below the other, each under its label."""
    position, on = brief.position, c.theme.on_header
    y = head(c, brief, "资产详情", 180) + 18
    name(c, brief, EDGE + 4, y, size=18, colour=on, soft=on)
    c.text(EDGE + 4, y + 52, f"净值日期 {position.day}", size=12, colour=on)
    y = 180 + 12
    cells = [*brief.share_cells(), brief.money_cells()[0], brief.nav_cell("单位净值")]
    if brief.decoys:
        cells.append(brief.frozen_cell())
    card(c, y, 68 * len(cells) + 10)
    y += 8
    for index, cell in enumerate(cells):
        c.text(
            EDGE + 12,
            y + 20,
            cell.label,
            size=13,
            colour=c.theme.grey,
            role="label" if cell.role else "",
        )
        c.text(
            EDGE + 12, y + 46, cell.value, size=21 if cell.role else 17, bold=True, role=cell.role
        )
        if index:
            c.line((EDGE + 12, y), (WIDTH - EDGE - 12, y))
        y += 68
    y += 14
    card(c, y, 96)
    profit = position.profit
    c.text(EDGE + 12, y + 28, "浮动盈亏(元)", size=13, colour=c.theme.grey)
    c.text(EDGE + 12, y + 62, signed(profit), size=22, bold=True, colour=tone(c, profit))
    c.text(
        WIDTH - EDGE - 12,
        y + 62,
        percent(position.profit_rate),
        size=16,
        colour=tone(c, profit),
        align="right",
    )
    y = note(c, y + 108, ("以上数据仅供参考，最终以登记机构确认结果为准",))
    return bottom_bar(c, y, ("赎回", "转换", "申购"))


def _redeem(c: Canvas, brief: Brief) -> float:
    """The form to redeem: the share stands in a row above the field, a pending order below."""
    position = brief.position
    y = head(c, brief, "赎回", 88, right="赎回规则")
    c.box(0, y, WIDTH, y + 76, c.theme.card)
    name(c, brief, EDGE, y + 26, size=17)
    y += 86
    c.box(0, y, WIDTH, y + 180, c.theme.card)
    shares = brief.share_cells()
    y = rows(c, y + 2, shares[-1:], edge=EDGE, size=15)
    c.text(EDGE, y + 22, "赎回份额", size=15)
    c.box(EDGE, y + 44, WIDTH - EDGE, y + 92, c.theme.soft, radius=6)
    c.text(EDGE + 12, y + 68, "请输入赎回份额，最低1.00份", size=14, colour=c.theme.grey)
    c.text(WIDTH - EDGE - 12, y + 68, "全部赎回", size=14, colour=c.theme.brand, align="right")
    if brief.decoys:
        pending = cents(position.nav * Decimal("2.4"))
        c.text(EDGE, y + 112, f"1笔赎回中合计{pending}份", size=12, colour=c.theme.grey)
    y = 88 + 86 + 190
    cells = [
        Cell(label="赎回方式", value=brief.pick(("普通赎回", "快速赎回"))),
        Cell(label="巨额赎回", value="顺延赎回"),
        Cell(label="到账银行卡", value=f"中国银行(尾号{brief.variant % 9000 + 1000})"),
        brief.nav_cell(),
    ]
    c.box(0, y, WIDTH, y + 46 * len(cells), c.theme.card)
    y = rows(c, y, cells, height=46, edge=EDGE) + 10
    y = note(c, y, ("15:00前提交的申请按当日净值确认", "预计两个工作日内到账"))
    return bottom_bar(c, y, ("下一步",))


def _convert(c: Canvas, brief: Brief) -> float:
    """The form to convert: shares in two texts beside each other, the target still empty."""
    y = head(c, brief, "基金转换", 88) + 10
    card(c, y, 132)
    c.text(EDGE + 10, y + 22, "转出基金", size=12, colour=c.theme.grey)
    below = name(c, brief, EDGE + 10, y + 48, size=16)
    x = EDGE + 10.0
    for cell in brief.share_cells():
        gap = brief.pick((" ", "：", ":"), 1)
        text = f"{cell.label}{gap}{cell.value}"
        x += (
            c.text(x, below + 14, text, size=12.5, colour=c.theme.grey, role="share", room=160) + 14
        )
    y += 144
    card(c, y, 76)
    c.text(EDGE + 10, y + 24, "转入基金", size=12, colour=c.theme.grey)
    y = link_row(c, y + 30, "请选择转入基金") + 14
    card(c, y, 100)
    c.text(EDGE + 10, y + 26, "转出份额(份)", size=14)
    c.text(EDGE + 10, y + 66, "0.00", size=26, bold=True, colour=c.theme.grey)
    c.text(WIDTH - EDGE - 10, y + 66, "全部转出", size=14, colour=c.theme.brand, align="right")
    y += 112
    cells = [brief.nav_cell("参考净值")]
    if brief.decoys:
        cells += [brief.frozen_cell(), Cell(label="转换费率", value="0.15%")]
    card(c, y, 44 * len(cells) + 4)
    y = rows(c, y + 2, cells) + 12
    return bottom_bar(c, y, ("确认转换",))


def _two_cards(c: Canvas, brief: Brief) -> float:
    """The same fund bought with two bank cards: two available shares, so no single answer."""
    position = brief.position
    y = head(c, brief, "选择赎回账户", 88)
    c.box(0, y, WIDTH, y + 76, c.theme.card)
    name(c, brief, EDGE, y + 26, size=17)
    y += 88
    for index, bank in enumerate(("工商银行", "建设银行")):
        share = cents(position.held * (index + 1)) + index
        card(c, y, 106)
        c.disc(EDGE + 20, y + 30, 11, c.theme.brand)
        c.text(
            EDGE + 40, y + 30, f"{bank}(尾号{(brief.variant + 777 * index) % 9000 + 1000})", size=15
        )
        cells = [
            Cell(label=label.text, value=brief.number(share), role="share")
            for label in brief.labels
        ]
        inline(c, EDGE + 12, y + 72, cells, size=14, between="  ")
        c.text(
            WIDTH - EDGE - 12,
            y + 72,
            f"约{money(share * position.nav)}元",
            size=12,
            colour=c.theme.grey,
            align="right",
        )
        y += 118
    return note(c, y, ("不同银行卡买入的份额需分别赎回",))


LAYOUTS = (
    Layout(
        name="fundhouse_card",
        draw=_card,
        themes=_GREEN,
        held_out=False,
        tags=("label_above", "columns1"),
        shows=("available", "held", "both"),
        code_styles=("labelled", "labelled", "brackets", "kind"),
    ),
    Layout(
        name="fundhouse_redeem",
        draw=_redeem,
        themes=_NAVY,
        held_out=True,
        tags=("label_left", "form"),
        shows=("available",),
        code_styles=("labelled", "wide_brackets", "suffix"),
    ),
    Layout(
        name="fundhouse_convert",
        draw=_convert,
        themes=_PURPLE,
        held_out=True,
        tags=("inline", "form"),
        shows=("available", "both"),
        code_styles=("brackets", "below", "same_line"),
    ),
    Layout(
        name="fundhouse_two_cards",
        draw=_two_cards,
        themes=_NAVY,
        held_out=True,
        tags=("inline", "negative"),
        shows=("available",),
        code_styles=("labelled", "brackets"),
        refused="MANY_SHARES",
    ),
)
