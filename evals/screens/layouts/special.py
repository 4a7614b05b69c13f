"""Pages out of the usual: a sheet over a page, hidden amounts, an order's result, a long name."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import money, percent, signed
from evals.screens.parts import EDGE, bottom_bar, card, grid, head, link_row, name, note, rows, tone
from evals.screens.themes import dark, light, mix

_SNOW = light("#2f6fee"), dark("#5088f5")
_BLUE = light("#1677ff", header="#1677ff", header_end="#4b97ff"), dark("#3c8cff", header="#1a3c70")
_ORANGE = light("#ff5b16"), dark("#ff7a3d")
_TEAL = light("#0e8f9c"), dark("#3fb6c2")


def _sheet(c: Canvas, brief: Brief) -> float:
    """A sheet to sell from, slid over a page of which the head still shows."""
    position = brief.position
    dim = mix(c.theme.text, c.theme.page, 0.45)
    y = head(c, brief, "持仓详情", 88)
    y = name(c, brief, EDGE, y + 26, size=17, colour=dim, soft=dim)
    c.text(EDGE, y + 26, money(position.amount), size=28, bold=True, colour=dim)
    c.text(EDGE, y + 54, "持有金额(元)", size=12, colour=dim)
    c.text(WIDTH - EDGE, y + 26, signed(position.day_profit), size=17, colour=dim, align="right")
    c.text(WIDTH - EDGE, y + 54, "日收益(元)", size=12, colour=dim, align="right")
    y = max(y + 110, c.height - 430)
    c.box(0, y, WIDTH, y + 1200, c.theme.card, radius=14)
    c.text(WIDTH / 2, y + 28, "卖出", size=17, bold=True, align="centre")
    c.text(WIDTH - EDGE, y + 28, "取消", size=14, colour=c.theme.grey, align="right")
    y += 62
    x = EDGE
    for cell in brief.share_cells():
        width = c.text(x, y, cell.label, size=13, colour=c.theme.grey, role="label", room=96)
        x += width + 6
        x += c.text(x, y, cell.value, size=13, role=cell.role, room=78) + 18
    y += 30
    c.text(EDGE, y + 24, "卖出份额", size=15)
    c.text(WIDTH - EDGE, y + 24, "请输入份额", size=15, colour=c.theme.grey, align="right")
    c.line((EDGE, y + 48), (WIDTH - EDGE, y + 48))
    y += 56
    for step, text in enumerate(("1/4", "1/2", "3/4", "全部")):
        left = EDGE + step * 88
        c.box(left, y, left + 78, y + 34, c.theme.soft, radius=6)
        c.text(left + 39, y + 17, text, size=14, colour=c.theme.brand, align="centre")
    y += 46
    cells = [brief.nav_cell("参考净值")]
    if brief.decoys:
        cells += [brief.frozen_cell(), Cell(label="最低保留份额", value="10.00份")]
    y = rows(c, y, cells, edge=EDGE, size=13, height=38)
    y = note(c, y, ("15:00前卖出，按今日净值确认",))
    return bottom_bar(c, y, ("确认卖出",))


def _hidden(c: Canvas, brief: Brief) -> float:
    """The eye is closed: stars stand for every number that is somebody's."""
    position, on = brief.position, c.theme.on_header
    y = head(c, brief, "持有详情", 250) + 20
    y = name(c, brief, EDGE + 6, y, size=17, colour=on, soft=on)
    c.text(EDGE + 6, y + 12, f"金额(元) {position.day:%m-%d}", size=12, colour=on)
    c.text(EDGE + 6, y + 44, "****", size=30, bold=True, colour=on)
    y = 250 + 12
    cells = [
        *(Cell(label=cell.label, value="****", role="share") for cell in brief.share_cells()),
        Cell(label="持有收益(元)", value="****"),
        brief.nav_cell(),
        Cell(label="日涨跌幅", value=percent(position.day_rate), tone=position.day_rate),
        Cell(label="持仓成本价", value="****"),
    ]
    card(c, y, 14 + 58 * -(-len(cells) // 3))
    y = grid(c, y + 8, cells, columns=3) + 18
    card(c, y, 92)
    y = link_row(c, y + 2, "交易记录")
    y = link_row(c, y, "收益明细") + 12
    return bottom_bar(c, y, ("卖出", "定投", "买入"))


def _order(c: Canvas, brief: Brief) -> float:
    """The result of an order to sell: its shares are on their way, nobody holds them."""
    position = brief.position
    y = head(c, brief, "交易详情", 88) + 10
    card(c, y, 150)
    c.disc(WIDTH / 2, y + 40, 18, c.theme.brand)
    c.text(WIDTH / 2, y + 82, brief.pick(("卖出成功", "申请已受理")), size=18, align="centre")
    text = f"卖出份额 {brief.number(position.held)}"
    c.text(WIDTH / 2, y + 118, text, size=14, colour=c.theme.grey, align="centre")
    y += 162
    card(c, y, 76)
    name(c, brief, EDGE + 10, y + 26, size=16, room=310)
    y += 88
    day = position.day
    cells = [
        Cell(label="交易类型", value="卖出"),
        Cell(label="确认份额", value=brief.number(position.held)),
        Cell(label="确认净值", value=str(position.nav)),
        Cell(label="确认金额", value=f"{money(position.amount)}元"),
        Cell(label="手续费", value="0.00元"),
        Cell(label="申请时间", value=f"{day} {brief.clock}:07"),
        Cell(label="交易单号", value=f"{day:%Y%m%d}{brief.variant % 10**10:010d}"),
    ]
    card(c, y, 44 * len(cells) + 8)
    y = rows(c, y + 4, cells) + 12
    return note(c, y, ("到账时间以银行处理为准",))


def _wrapped(c: Canvas, brief: Brief) -> float:
    """A long name in two lines, labels with a help sign, values with their unit beside them."""
    position = brief.position
    y = head(c, brief, "产品详情", 88)
    c.box(0, y, WIDTH, y + 132, c.theme.card)
    fund = position.fund
    cut = len(fund.name) - 4
    c.text(EDGE, y + 26, f"{fund.name[:cut]}证券投资", size=17, bold=True, role="name", room=250)
    c.text(EDGE, y + 52, f"基金{fund.name[cut:]}", size=17, bold=True)
    if brief.show_code:
        code = fund.code if brief.code_style == "below" else f"产品代码 {fund.code}"
        c.text(EDGE, y + 80, code, size=12, colour=c.theme.grey, role="code")
    c.text(EDGE, y + 106, f"{fund.kind}  R3中风险", size=11, colour=c.theme.grey)
    y += 142
    cells = [
        *brief.share_cells(),
        brief.money_cells()[0],
        brief.nav_cell("单位净值"),
        Cell(label="浮动盈亏(元)", value=signed(position.profit), tone=position.profit),
    ]
    if brief.decoys:
        cells.insert(1, Cell(label="待确认份额", value="0.00"))
    c.box(0, y, WIDTH, y + 50 * len(cells), c.theme.card)
    for cell in cells:
        role = "label" if cell.role else ""
        grey = c.theme.grey
        x = EDGE + c.text(EDGE, y + 25, cell.label, size=14, colour=grey, role=role) + 9
        c.frame(x - 5, y + 20, x + 5, y + 30, grey, radius=5)
        c.text(x, y + 25, "?", size=7, colour=grey, align="centre")
        colour = tone(c, cell.tone)
        c.text(
            WIDTH - EDGE, y + 25, cell.value, size=15, colour=colour, align="right", role=cell.role
        )
        y += 50
    return bottom_bar(c, note(c, y + 8, ("产品风险等级以销售机构评定为准",)), ("赎回", "申购"))


LAYOUTS = (
    Layout(
        name="xueqiu_sheet",
        draw=_sheet,
        themes=_SNOW,
        held_out=False,
        tags=("label_left", "sheet", "form"),
        shows=("available", "both"),
        code_styles=("same_line", "brackets", "below"),
    ),
    Layout(
        name="alipay_hidden",
        draw=_hidden,
        themes=_BLUE,
        held_out=True,
        tags=("negative", "hidden"),
        shows=("held", "both"),
        code_styles=("below", "brackets", "kind"),
        refused="NO_SHARE",
    ),
    Layout(
        name="tiantian_order",
        draw=_order,
        themes=_ORANGE,
        held_out=False,
        tags=("negative", "order"),
        code_styles=("brackets", "below", "same_line"),
        refused="NO_SHARE",
    ),
    Layout(
        name="fundhouse_wrapped",
        draw=_wrapped,
        themes=_TEAL,
        held_out=True,
        tags=("label_left", "wrapped"),
        shows=("available", "held", "both"),
        code_styles=("below", "product"),
    ),
)
