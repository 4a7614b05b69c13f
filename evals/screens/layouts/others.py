"""Screens that people send by mistake: a chat, a bill."""

from evals.screens.brief import Brief, Cell
from evals.screens.canvas import WIDTH, Canvas, Layout
from evals.screens.facts import money
from evals.screens.parts import EDGE, card, head, link_row, note, rows
from evals.screens.themes import dark, light

_CHAT = light("#07c160"), dark("#06ae56")
_BILL = light("#1677ff"), dark("#3c8cff")


def _chat(c: Canvas, brief: Brief) -> float:
    """Two people talk, a text message with a code of six digits among it."""
    position = brief.position
    y = head(c, brief, brief.pick(("理财交流群(128)", "小周", "妈妈")), 88) + 16
    c.text(WIDTH / 2, y, f"昨天 {brief.clock}", size=11, colour=c.theme.grey, align="centre")
    y += 26
    said = (
        (False, "基金今天涨了没有？"),
        (True, f"涨了，我那只赚了{money(abs(position.day_profit))}"),
        (False, f"【银行】验证码{position.fund.code}，请勿泄露"),
        (True, "可以先拿着，不急着卖"),
        (False, f"好，等净值到{position.nav}再说"),
        (True, "晚上一起吃饭吗"),
    )
    for mine, text in said:
        width = c.width(text, size=15) + 24
        x = WIDTH - EDGE - 44 - width if mine else EDGE + 44
        face = WIDTH - EDGE - 18 if mine else EDGE + 18
        c.box(face - 18, y, face + 18, y + 36, c.theme.brand if mine else c.theme.grey, radius=5)
        bubble = ("#1f7a45" if c.theme.dark else "#95ec69") if mine else c.theme.card
        c.box(x, y, x + width, y + 38, bubble, radius=6)
        c.text(x + 12, y + 19, text, size=15)
        y += 62
    y = max(y, c.height - 76)
    c.box(0, y, WIDTH, y + 76, c.theme.card)
    c.box(EDGE + 34, y + 10, WIDTH - EDGE - 70, y + 46, c.theme.soft, radius=6)
    c.text(WIDTH - EDGE - 34, y + 28, "发送", size=15, colour=c.theme.brand, align="centre")
    return y + 76


def _bill(c: Canvas, brief: Brief) -> float:
    """The receipt of a payment."""
    position = brief.position
    y = head(c, brief, "账单详情", 88) + 10
    amount = money(position.amount)
    cells = [
        Cell(label="支付时间", value=f"{position.day} {brief.clock}:26"),
        Cell(label="付款方式", value=f"储蓄卡(尾号{brief.variant % 9000 + 1000})"),
        Cell(label="商品说明", value=brief.pick(("超市购物", "基金买入", "话费充值"), 1)),
        Cell(label="订单号", value=f"{position.day:%Y%m%d}22001{brief.variant % 10**9:09d}"),
        Cell(label="商家订单号", value=f"T{brief.variant % 10**12:012d}"),
    ]
    card(c, y, 150 + 44 * len(cells))
    c.text(
        WIDTH / 2, y + 36, brief.pick(("便利超市", "生活缴费", "某某商城")), size=16, align="centre"
    )
    c.text(WIDTH / 2, y + 82, f"-{amount}", size=32, bold=True, align="centre")
    c.text(WIDTH / 2, y + 118, "交易成功", size=14, colour=c.theme.grey, align="centre")
    y = rows(c, y + 142, cells) + 20
    card(c, y, 92)
    y = link_row(c, y + 2, "账单分类", "日用百货")
    y = link_row(c, y, "对此订单有疑问")
    return note(c, y + 20, ("申请电子回单",), centred=True)


LAYOUTS = (
    Layout(
        name="chat",
        draw=_chat,
        themes=_CHAT,
        held_out=True,
        tags=("negative", "not_a_fund"),
        refused="NO_CODE",
    ),
    Layout(
        name="bill",
        draw=_bill,
        themes=_BILL,
        held_out=False,
        tags=("negative", "not_a_fund"),
        refused="NO_CODE",
    ),
)
