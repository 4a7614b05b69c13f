"""What kind of page it is: only a holding, and a form that sells from one, have an answer."""

import re
from functools import lru_cache

from postprocess.geometry import TokenGrid
from postprocess.labels import FIELDS, Role
from postprocess.names import is_exchange_traded, is_full_name
from postprocess.normalize import compact, normalize
from postprocess.tokens import Token
from postprocess.types import PageKind

ANSWERED = frozenset({PageKind.HOLDING, PageKind.LIST, PageKind.SELL, PageKind.CONVERSION})
"""Kinds whose shares are somebody's holding."""

_TITLES: dict[PageKind, tuple[str, ...]] = {
    PageKind.SELL: ("卖出", "赎回", "基金卖出", "基金赎回", "快速赎回", "普通赎回", "我要赎回"),
    PageKind.CONVERSION: ("基金转换", "转换", "超级转换", "极速转换", "产品转换"),
    PageKind.PURCHASE: (
        "买入",
        "申购",
        "认购",
        "购买",
        "基金买入",
        "基金申购",
        "定投",
        "新建定投",
        "确认购买",
        "立即购买",
    ),
    PageKind.PROFILE: (
        "基金概况",
        "基金档案",
        "基金资料",
        "产品概况",
        "基金公告",
        "基金规模",
        "持有人结构",
    ),
    PageKind.OTHER: (
        *("收益计算器", "定投计算器", "费率计算器", "基金计算器", "计算器", "收益试算"),
        *("帮助中心", "使用帮助", "操作指引", "使用教程", "新手教程", "基金比较", "基金对比"),
        *("基金PK", "已清仓", "历史持仓", "清仓分析"),
    ),
    PageKind.CONFIRMATION: ("确认单", "交易确认单"),
    PageKind.ORDER: (
        *(
            "交易详情",
            "订单详情",
            "交易记录",
            "委托详情",
            "委托查询",
            "成交详情",
        ),
        *(
            "分红记录",
            "分红详情",
            "申请详情",
            "受理结果",
            "交易结果",
            "提交成功",
            "赎回成功",
            "申请已受理",
            "当日委托",
            "历史成交",
        ),
    ),
}
"""What stands alone in a line at the head of a page."""

_KIND_OF_TITLE = {title: kind for kind, titles in reversed(_TITLES.items()) for title in titles}
"""Of a title that two kinds have, the first one's."""

_ORDER_LABELS = (
    *(
        "申请时间",
        "确认时间",
        "业务类型",
        "订单号",
        "订单编号",
        "委托编号",
        "委托时间",
        "确认净值",
        "确认金额",
        "成交价格",
    ),
    *(
        "申请份额",
        "确认份额",
        "成交均价",
        "成交时间",
        "手续费",
        "交易状态",
        "到账账户",
        "申请金额",
        "交易类型",
        "交易金额",
    ),
    *("每份分红", "权益登记日", "权益份额", "除息日", "红利发放"),
)
_PURCHASE_LABELS = (
    "买入金额",
    "申购金额",
    "认购金额",
    "购买金额",
    "定投金额",
    "付款方式",
    "支付方式",
    "委托买入",
    "可得份额",
)
_PROFILE_LABELS = (
    *(
        "成立日期",
        "成立时间",
        "基金规模",
        "资产规模",
        "基金管理人",
        "基金托管人",
        "管理费率",
        "托管费率",
        "基金全称",
    ),
    *("产品规模", "最新规模", "份额规模", "管理人", "托管人", "发行日期", "首募规模"),
)
_HOLDING_LABELS = (
    "持有收益",
    "持仓收益",
    "持有金额",
    "持仓金额",
    "成本",
    "持有天数",
    "昨日收益",
    "日收益",
    "市值",
    "浮动盈亏",
)
_WEALTH_OF_NO_FUND = ("业绩比较基准", "业绩基准", "理财详情", "理财持仓")
"""Of a wealth product, where no fund's name stands on the page."""
_WEALTH_HOUSE = re.compile(
    r"(?:[工农中交邮苏宁南徽北上杭青]银|建信|招银|光大|平安|兴银|信银|浦银|民生|华夏|广银|渝农商|汇华)理财"
)
_SOMEBODY_ELSES = re.compile(
    r"(?:TA|[他她]|[爸妈]爸?妈?|父亲|母亲|老公|老婆|儿子|女儿|孩子)的(?:持仓|持有|基金|组合|实盘|账户)$"
    r"|大V|实盘|跟投|晒单|模拟(?:持仓|组合|盘|交易|收益)|体验金|示例图|示例数据|仅供演示|新手指引"
    r"|(?:亲情|家庭|亲子)账户|代为管理|授权查看|(?:我的|查看)客户|客户(?:持仓|资产|基金)"
    r"|^[\u3400-\u9fff]{1,4}(?<![我您你])的持仓$",
    re.IGNORECASE,
)
"""On pages that show what somebody else owns, or nobody."""
_NOBODYS = re.compile(
    r"样例|虚构|如下图|示意图|演示数据|手动(?:录入|记账)|(?:自行|手动)填写|按住说话"
    r"|计算结果|试算结果|清仓(?:日期|收益率)|资产管理计划|集合资管|私募证券|共同持有|联名账户|图片来自|我的卡券|适用产品|分享图|长按识别"
)
"""What is said where no holding is shown as it is: a made-up one, one that somebody typed or told,
one that is gone, or a product that is no public fund."""
_HOW_TO = re.compile("(?:问[:：])?如何|怎么")
_WRITTEN = re.compile(
    "原创|先上图|.*来自(?:Android|iPhone)|.*晒一下|.*的截图|.*截图公开", re.IGNORECASE
)
"""Above a holding in what somebody has written about it."""
_TABS = frozenset({"实盘", "晒单"})
_BESIDE_A_TAB = 2
_LINKS = 0.65
"""Share of a phone's width right of which no title begins."""
_CJK = re.compile("[\u3400-\u9fff]")
_CODE = re.compile(r"\(?[0-9]{6}\)?")
_OF_HOLDINGS = frozenset({Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.HELD})
_TITLE = 8
"""Characters of a title or a button, at most."""
_MOST_ORDER_LABELS = 3
_WEALTH = (
    "理财产品",
    "理财登记",
    "登记编码",
    "起息日",
    "产品到期",
    "积存金",
    "克重",
    "克数",
    "提金",
    "纸黄金",
)
_SECURITIES = (
    *(
        "逆回购",
        "转债",
        "股票持仓",
        "可卖股数",
        "最新价",
        "现价",
        "涨停",
        "跌停",
        "委托价格",
        "买一",
        "卖一",
        "每手",
    ),
)

WORDS = (
    *(title for titles in _TITLES.values() for title in titles),
    *(*_ORDER_LABELS, *_PURCHASE_LABELS, *_PROFILE_LABELS, *_HOLDING_LABELS),
    *(*_WEALTH, *_WEALTH_OF_NO_FUND, *_SECURITIES, "转出", "转入"),
)
"""All that a page's kind is told by."""


def page_kind(grid: TokenGrid) -> PageKind:
    """The kind of a page by its title and by the labels on it."""
    words = [compact(token.part.text) for token in grid.tokens if token.number is None]
    text = " ".join(words)
    lines = [_without_code(token.lines[0].text) for token in grid.tokens if token.first]
    names = any(is_full_name(line) or is_exchange_traded(line) for line in lines)
    wealth = _WEALTH if names else (*_WEALTH, *_WEALTH_OF_NO_FUND)
    is_wealth = any(word in text for word in wealth) and not any("基金" in word for word in words)
    if is_wealth or (not names and _WEALTH_HOUSE.search(text)):
        return PageKind.OTHER
    if any(_is_somebody_elses(grid, token) for token in grid.tokens):
        return PageKind.OTHER
    if any(_NOBODYS.search(line) for line in lines):
        return PageKind.OTHER
    fields = (t for t in grid.tokens if t.role in FIELDS)
    first = min(
        (t.middle for t in fields if _title_kind(_text(t)) is not PageKind.OTHER),
        default=float("inf"),
    )
    head = [
        compact(t.part.text)
        for t in grid.tokens
        if t.number is None and t.middle < first and not _is_tab(grid, t)
    ]
    above = [_text(t) for t in grid.tokens if t.middle <= first]
    if any(_HOW_TO.match(word) or _WRITTEN.match(word) for word in above):
        return PageKind.OTHER
    title = next((word for word in head if _title_kind(word)), "")
    kind = _title_kind(title)
    if kind is PageKind.CONFIRMATION:
        return kind
    if kind is PageKind.OTHER:
        return kind
    if kind is PageKind.ORDER or _lists_orders(grid):
        return PageKind.ORDER
    has_available = any(t.role in (Role.AVAILABLE, Role.AVAILABLE_IF_SHARES) for t in grid.tokens)
    if kind is PageKind.PROFILE:
        return PageKind.PROFILE
    if kind is PageKind.PURCHASE or (_count(words, _PURCHASE_LABELS) and not has_available):
        return PageKind.PURCHASE
    if any(word in text for word in _SECURITIES) and not names:
        return PageKind.OTHER
    if (
        _count(words, _PROFILE_LABELS) >= 2
        and not _count(words, _HOLDING_LABELS)
        and not has_available
    ):
        return PageKind.PROFILE
    if any(w.startswith("转出") for w in words) and any(w.startswith("转入") for w in words):
        return PageKind.CONVERSION
    return kind if kind in ANSWERED and kind is not None else PageKind.HOLDING


def _is_somebody_elses(grid: TokenGrid, token: Token) -> bool:
    if token.number is not None:
        return False
    word = _text(token)
    if len(word) > _TITLE or not _SOMEBODY_ELSES.search(word):
        return False
    # 净值, 累计收益, 实盘: what others do, behind a tab.
    mates = [t for t in grid.row(token) if t.number is None and not t.part.noise]
    return word not in _TABS or len(mates) < _BESIDE_A_TAB


def _is_tab(grid: TokenGrid, token: Token) -> bool:
    """Whether a title stands among others (which of them is chosen is told by colour alone), or is
    a link to another page: it stands right of the title, or at the right edge."""
    row = grid.row(token)
    if not grid.is_wide and token.left > _LINKS * grid.width:
        return True
    if grid.is_wide and any(_title_kind(_text(t)) for t in (grid.below(token),) if t):
        return True  # the menu at the side of a trading client
    titles = [t for t in row if _title_kind(compact(t.part.text))]
    left = (t for t in row if t.right < token.left and t.number is None and not t.part.noise)
    return bool(titles) or any(len(_CJK.findall(t.part.text)) > 1 for t in left)


def _lists_orders(grid: TokenGrid) -> bool:
    """Whether the page tells of an order: three of its labels, and none of a holding above."""
    orders = [t for t in grid.tokens if t.number is None and _text(t).startswith(_ORDER_LABELS)]
    if len(orders) < _MOST_ORDER_LABELS:
        return False
    first = min(t.top for t in orders)
    return not any(t.role in _OF_HOLDINGS and t.bottom < first for t in grid.tokens)


def _text(token: Token) -> str:
    return compact(token.part.text)


def _title_kind(word: str) -> PageKind | None:
    return _KIND_OF_TITLE.get(word)


@lru_cache(maxsize=4096)
def _without_code(line: str) -> str:
    return _CODE.sub("", compact(normalize(line)))


def _count(words: list[str], labels: tuple[str, ...]) -> int:
    return sum(word.startswith(labels) for word in words)
