"""天天基金: orange head, dense, many numbers."""

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
    inline,
    link_row,
    name,
    note,
    rows,
    tabs,
    tone,
)
from evals.screens.themes import dark, light, mix

_ORANGE = (
    light("#ff5b16", header="#ff6a21", header_end="#ff4a12"),
    dark("#ff7a3d", header="#5c2a14"),
)
_WHITE = light("#ff5b16"), dark("#ff7a3d")


def _holding(c: Canvas, brief: Brief) -> float:
    """Three labels in a row, their three values in the row below."""
    position = brief.position
    y = head(c, brief, "单只基金持仓", 88)
    c.box(0, y, WIDTH, y + 84, c.theme.card)
    name(c, brief, EDGE, y + 28, size=17, room=330)
    y += 92
    money_cells = brief.money_cells(unit="")
    c.box(0, y, WIDTH, y + 74, c.theme.card)
    grid(c, y + 8, money_cells[:3], columns=3, edge=EDGE, height=58, size=17)
    y += 82
    cells = [*brief.share_cells(), brief.nav_cell("单位净值"), money_cells[4], money_cells[3]]
    if brief.decoys:
        cells += [brief.frozen_cell(), Cell(label="待确认份额", value="0.00")]
    cells = cells[: len(cells) // 3 * 3] or cells
    c.box(0, y, WIDTH, y + 16 + 54 * (-(-len(cells) // 3)), c.theme.card)
    y = grid(c, y + 8, cells, columns=3, edge=EDGE, height=54, size=14) + 16
    c.box(0, y, WIDTH, y + 178, c.theme.card)
    y = tabs(c, y, ("收益曲线", "资产曲线", "净值曲线", "估值图"), size=13)
    y = chart(c, y + 2, brief, height=130) + 12
    c.box(0, y, WIDTH, y + 92, c.theme.card)
    y = link_row(c, y + 2, "交易明细", f"最近交易{position.day:%Y%m%d}" if brief.decoys else "")
    y = link_row(c, y, "我的定投") + 8
    return bottom_bar(c, y, ("定投", "卖出", "追加"))


def _redeem(c: Canvas, brief: Brief) -> float:
    """The form to sell: label and share in one text, and a decoy or two."""
    y = head(c, brief, "卖出基金", 88, right="说明") + 12
    card(c, y, 84)
    name(c, brief, EDGE + 10, y + 28, size=17, room=310)
    y += 96
    card(c, y, 196)
    c.text(EDGE + 10, y + 28, "卖出份额", size=15, bold=True)
    shown = brief.share_cells()
    c.text(EDGE + 10, y + 70, "请输入卖出份数", size=20, colour=c.theme.grey)
    c.text(WIDTH - EDGE - 12, y + 70, "份", size=16, align="right")
    c.line((EDGE + 10, y + 94), (WIDTH - EDGE - 10, y + 94))
    if shown:
        between = brief.pick((" ", "：", ""), 1)
        inline(c, EDGE + 10, y + 114, shown[-1:], size=14, between=between)
    for step, text in enumerate(("1/4", "1/3", "1/2", "全部")):
        x = EDGE + 10 + step * 82
        c.box(x, y + 138, x + 72, y + 172, c.theme.soft, radius=6)
        c.text(x + 36, y + 155, text, size=14, colour=c.theme.brand, align="centre")
    y += 208
    cells = [brief.nav_cell("单位净值")]
    if brief.decoys:
        cells += [
            Cell(label="最低持有份额", value=brief.pick(("10.00份", "1.00份", "100.00份"), 2)),
            Cell(
                label="卖出至", value=brief.pick(("活期宝", "工商银行(6217)", "招商银行(尾号0934)"))
            ),
        ]
    card(c, y, 44 * len(cells) + 8)
    y = rows(c, y + 4, cells) + 12
    warning = "卖出后预计T+1日确认，以当日净值计算"
    return bottom_bar(c, note(c, y, (warning, "持有不满7日赎回费率为1.50%")), ("确认卖出",))


def _list(c: Canvas, brief: Brief) -> float:
    """Several holdings, each with its code and its share."""
    positions = (brief.position, *brief.others)
    y = head(c, brief, "我的基金", 176)
    on = c.theme.on_header
    c.text(EDGE, y + 20, "总资产(元)", size=12, colour=on)
    total = sum(p.amount for p in positions)
    c.text(EDGE, y + 52, f"{total:,.2f}", size=29, bold=True, colour=on)
    y = 184
    for p in positions:
        c.box(0, y, WIDTH, y + 112, c.theme.card)
        c.text(EDGE, y + 24, p.fund.name, size=15, bold=True, role="name", room=230)
        c.text(
            WIDTH - EDGE,
            y + 24,
            p.fund.code,
            size=12,
            colour=c.theme.grey,
            align="right",
            role="code",
        )
        shares = [
            Cell(label=label.text, value=brief.number(p.held), role="share")
            for label in brief.labels
        ]
        cells = [
            *shares,
            Cell(label="持有金额", value=money(p.amount)),
            Cell(label="持有收益", value=signed(p.profit), tone=p.profit),
        ]
        grid(c, y + 44, cells, columns=3, edge=EDGE, height=56, size=14)
        y += 120
    return note(c, y + 10, ("数据仅供参考，以基金公司为准",), centred=True)


def _market(c: Canvas, brief: Brief) -> float:
    """A fund's page in the shop: a code and many numbers, nothing that anybody holds."""
    position, grey = brief.position, c.theme.grey
    y = head(c, brief, "基金详情", 88)
    c.box(0, y, WIDTH, y + 176, c.theme.card)
    y = name(c, brief, EDGE, y + 26, size=18)
    colour = tone(c, position.day_rate)
    c.text(EDGE, y + 30, percent(position.day_rate), size=28, bold=True, colour=colour)
    c.text(EDGE, y + 62, "日涨跌幅", size=12, colour=grey)
    c.text(WIDTH - EDGE, y + 30, str(position.nav), size=22, bold=True, align="right")
    c.text(
        WIDTH - EDGE, y + 62, f"单位净值 {position.day:%m-%d}", size=12, colour=grey, align="right"
    )
    y = tabs(c, 88 + 184, ("业绩走势", "累计收益", "历史净值"))
    y = chart(c, y, brief, height=160) + 10
    cells = [
        Cell(label="起购金额", value="10.00元"),
        Cell(label="最低持有份额", value="10.00份"),
        Cell(label="基金规模", value=f"{position.amount % 90 + 1}亿元"),
        Cell(label="成立时间", value=f"{position.day.replace(year=2016):%Y%m%d}"),
    ]
    c.box(0, y, WIDTH, y + 44 * len(cells) + 8, mix(c.theme.card, c.theme.page, 1))
    y = rows(c, y + 4, cells, edge=EDGE) + 10
    return bottom_bar(c, y, ("加自选", "定投", "购买"))


LAYOUTS = (
    Layout(
        name="tiantian_holding",
        draw=_holding,
        themes=_ORANGE,
        held_out=False,
        tags=("label_above", "columns3"),
        shows=("held", "both"),
        code_styles=("brackets", "wide_brackets", "below", "glued"),
    ),
    Layout(
        name="tiantian_redeem",
        draw=_redeem,
        themes=_WHITE,
        held_out=False,
        tags=("inline", "form"),
        shows=("available",),
        code_styles=("brackets", "same_line", "below"),
    ),
    Layout(
        name="tiantian_list",
        draw=_list,
        themes=_ORANGE,
        held_out=False,
        tags=("list", "negative"),
        shows=("held",),
        refused="MANY_CODES",
        rows=3,
        lists_codes=True,
        lists_shares=True,
    ),
    Layout(
        name="tiantian_market",
        draw=_market,
        themes=_WHITE,
        held_out=True,
        tags=("negative",),
        code_styles=("below", "brackets", "same_line"),
        refused="NO_SHARE",
    ),
)
