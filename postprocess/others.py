"""Whether a code is another fund's, or an index's: 推荐, 转入, 跟踪指数 and the like lead to it."""

import re

from postprocess.geometry import TokenGrid
from postprocess.labels import Role
from postprocess.name_at_code import line_above, line_of
from postprocess.names import (
    is_exchange_traded,
    is_full_name,
    is_name,
)
from postprocess.normalize import compact, normalize
from postprocess.tokens import Token

OTHERS_WORDS = (
    *(
        "搜索",
        "热搜",
        "推荐",
        "热销",
        "热门",
        "爆款",
        "好基",
        "广告",
        "跟踪",
        "标的",
    ),
    *("基准", "目标ETF", "定投到", "买入至", "重仓", "同类", "对比", "相似"),
    *(
        "还买了",
        "还会买",
        "专享",
        "更多Y",
        "卖出至",
        "卖出到",
        "赎回至",
        "赎回到",
        "转至",
        "到账",
        "存入",
        "更多基金",
        "更多产品",
        "还看了",
        "看过",
        "也在买",
        "也买",
        "大家都在",
        "人气",
        "榜",
        "股票代码",
        "债券代码",
    ),
    *(
        "指数代码",
        "其他份额",
        "其它份额",
        "其他类",
        "关联",
        "相关基金",
        "相关产品",
        "替代",
        "换成",
        "更换为",
    ),
    *(
        "本周",
        "每周",
        "今日热",
        "新发",
        "认购",
        "预约",
        "猜你",
        "为你",
        "为您",
        "看好",
        "机会",
        "直播",
        "讨论",
    ),
    *(
        "社区",
        "热议",
        "评论",
        "大V",
        "晒单",
        "组合持仓",
        "持股",
        "成分",
        "托管",
        "管理人",
        "销售机构",
        "TA代码",
    ),
)
"""Words that lead to something that is not the holding of the page."""
_LEADS_AWAY = re.compile("|".join(OTHERS_WORDS))
_OWN = re.compile("(?:企业|个人|机构|渠道)专享")
"""Whom a fund is sold to: a mark beside its code."""
_ATTRIBUTE = re.compile("跟踪|标的|基准|目标ETF|指数代码")
_OFFERED = re.compile("抢购|申购费|优惠|立即|限时")
"""What is said in the line of a fund that one may buy."""
_ADVERTS = frozenset({"广告", "推广"})
_SENTENCE = re.compile(r"[，。!！?？;；【】$#@]|请|勿|您|我")
_LONG_LINE = 24
"""Characters of a line with marks of a sentence from which on it is one."""
_STOCKS = re.compile("(?:股票|债券)名称|重仓|十大(?:持仓|持股|股票)")


def is_others(grid: TokenGrid, token: Token, name: Token | None) -> bool:
    """True where words in the code's line, before it in its row, or in a title above say so."""
    line = normalize("".join(line.text for line in token.lines))
    if (
        _leads_away(_OWN.sub("", line))
        or _OFFERED.search(line)
        or "$" in line
        or (_SENTENCE.search(line) and len(line) > _LONG_LINE)
    ):
        return True
    for mate in grid.row(token):
        if mate.number is None and mate.right <= token.left and _leads_away(mate.part.text):
            return True
    if is_attribute(grid, token):
        return True
    return _is_among_stocks(grid, name or token) or _leads_away(_title(grid, name or token))


def is_attribute(grid: TokenGrid, token: Token) -> bool:
    """True for 跟踪指数 中证白酒(399997): a row of what is said of the fund."""
    words = [mate.part.text for mate in grid.row(token) if mate.right <= token.left]
    above = grid.above(token)
    words += [above.part.text] if above is not None and above.number is None else []
    return any(_ATTRIBUTE.search(compact(word)) for word in words)


def _is_among_stocks(grid: TokenGrid, name: Token) -> bool:
    """Whether what has no fund's whole name stands below the title of what a fund owns."""
    words = line_of(name)
    if is_full_name(words) or is_exchange_traded(words):
        return False
    return any(_STOCKS.search(token.part.text) for token in grid.tokens if token.bottom < name.top)


def _leads_away(words: str) -> bool:
    return _LEADS_AWAY.search(compact(words)) is not None


def _title(grid: TokenGrid, token: Token) -> str:
    """The words of the nearest line above that is no label and no name of a fund; with what marks
    it as an advert at its right."""
    above = line_above(grid, token)
    if above is None or above.number is not None or above.role is not Role.TEXT:
        return ""
    if is_name(above.part.text) and not _leads_away(above.part.text):  # 本周精选 is none
        return ""
    marks = [mate.part.text for mate in grid.row(above) if compact(mate.part.text) in _ADVERTS]
    return " ".join((normalize(above.lines[0].text), *marks))
