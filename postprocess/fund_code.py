"""Which six digits on a page are a fund's code, and whose.

What a number looks like does not tell: 202015 and 163407 are codes, and 143005 is a time. A code
stands behind 基金代码, or in, beside, above or below a fund's name. Digits that nothing tells apart
are no code; and a code is another fund's where words such as 推荐, 转入 or 跟踪指数 lead to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from postprocess.geometry import Sheet, Token, gap, is_flush
from postprocess.labels import FIELDS, Role, role_of
from postprocess.names import (
    HOUSES,
    is_chip,
    is_exchange_traded,
    is_full_name,
    is_name,
    is_short_name,
)
from postprocess.normalize import compact, normalize
from postprocess.numbers import LIKE_DIGITS


class Standing(IntEnum):
    """How surely six digits are a code."""

    DAMAGED = 0
    """They fill a line, and some were read as letters: they never answer."""
    NAMED = 1
    """They stand in or beside a fund's name."""
    LABELLED = 2
    """They stand behind 基金代码."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Six digits and where they stand. name: the token with the fund's name; None where the label
    alone tells. is_others: words around say that it is no holding's. is_attribute: it is that of an
    index or a target, told among what is said of the holding."""

    value: str
    token: Token
    standing: Standing
    name: Token | None = None
    is_others: bool = False
    is_attribute: bool = False

    @property
    def top(self) -> float:
        """Where the fund's head begins: at its name, where that stands above the code."""
        tops = [self.token.top] + ([self.name.top] if self.name is not None else [])
        return min(tops)


NO_CODE_WORDS = (
    *(
        "验证码",
        "校验码",
        "动态码",
        "邀请码",
        "取件码",
        "口令",
        "密码",
        "订单",
        "单号",
        "流水",
        "工号",
    ),
    *(
        "尾号",
        "卡号",
        "账号",
        "帐号",
        "电话",
        "热线",
        "客服",
        "手机",
        "邮编",
        "学号",
        "证号",
        "编码",
    ),
    *("合同", "协议", "委托", "股东", "客户号", "客户经理", "交流群", "QQ", "微信", "房间", "人数"),
    *(
        "人次",
        "浏览",
        "关注",
        "粉丝",
        "已售",
        "销量",
        "排名",
        "热度",
        "金额",
        "余额",
        "份额",
        "时间",
    ),
    *("日期", "成立", "积分", "笔数", "目标"),
)
"""Words before six digits that make them something else than a code."""

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

_ATTRIBUTE = re.compile("跟踪|标的|基准|目标ETF|指数代码")
_OFFERED = re.compile("抢购|申购费|优惠|立即|限时")
"""What is said in the line of a fund that one may buy."""
_LETTERS = r"[(\[]?[LFQEDIOTREU]{0,5}[)\]]?"
_REST = re.compile(
    _LETTERS
    + r"(?:(?:[0-9]+天|[一二三两六九]个?[年月])(?:滚动)?持有期?|发起式?|联接|混合|股票|债券|指数)?"
    + _LETTERS
    + "[A-FHIORY]?类?"
)
_ADVERTS = frozenset({"广告", "推广"})
_SENTENCE = re.compile(r"[，。!！?？;；【】$#@]|请|勿|您|我")
_ENGLISH_LABEL = frozenset({"fund", "product", "code", "no"})
_LONG_LINE = 24
"""Characters of a line with marks of a sentence from which on it is one."""
_EDGES = " ::|·-–—/()[]<>【】,.#>"
_BEFORE = re.compile(
    r"(?:#|No\.?|OF|SH|SZ|代码|[A-Z]类?(?:份额)?|前端|后端|[-–—|(\[/·:\s])*", re.IGNORECASE
)
"""What may stand before a code of its own."""
_STOCKS = re.compile("(?:股票|债券)名称|重仓|十大(?:持仓|持股|股票)")
_KIND = re.compile("型|风险")
_OTHER_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
_DIGITS = 6
_LIKE_CODE = re.compile(r"(?=(?:.*[0-9]){4})[0-9OoQDlI|SBZ]+")
_NEAR = 1.6
"""Heights between a code and its name above or below, at most."""
_FAR = 8.0
"""Heights between words and digits of one row from which on they are no words of theirs."""
_NEXT = 0.8
"""Heights between digits and the label above that they belong to, at most."""
_NAME_LINES = 3


def find_codes(sheet: Sheet) -> tuple[Code, ...]:
    """The codes of a page from the top, each value once, in its surest place."""
    codes: dict[str, Code] = {}
    for code in (*_found(sheet), *_damaged_ones(sheet)):
        known = codes.get(code.value)
        if known is None or _rank(known) < _rank(code):
            codes[code.value] = code
    found = sorted(codes.values(), key=lambda code: (code.token.middle, code.token.left))
    if not any(code.standing > Standing.DAMAGED for code in found):
        return ()
    return tuple(found)


def _rank(code: Code) -> tuple[bool, bool, int]:
    return not code.is_others, code.name is not None, code.standing


def _found(sheet: Sheet) -> Iterator[Code]:
    labelled = _labelled(sheet)
    for token in sheet.tokens:
        number = token.number
        if number is None or not number.digits:
            continue
        name = _name(sheet, token)
        if id(token) in labelled:
            standing = Standing.LABELLED
        elif (name is not None and not _is_other_number(sheet, token, name)) or _follows_a_code(
            sheet, token
        ):
            standing = Standing.NAMED
        else:
            continue
        yield Code(
            value=token.part.text,
            token=token,
            standing=standing,
            name=name,
            is_others=_is_others(sheet, token, name),
            is_attribute=_is_attribute(sheet, token),
        )


def _follows_a_code(sheet: Sheet, token: Token) -> bool:
    """True for digits that fill their line right below other six digits: perhaps the code."""
    above = sheet.above(token)
    return (
        token.first
        and token.last
        and above is not None
        and above.number is not None
        and above.number.digits
        and sheet.left_of(token) is None
        and _name(sheet, above) is not None
    )


def _damaged_ones(sheet: Sheet) -> Iterator[Code]:
    for token in sheet.tokens:
        line = token.lines[0].text.strip(_EDGES) if token.first else ""
        if len(line) == _DIGITS and not line.isdigit() and _LIKE_CODE.fullmatch(line):
            value = line.translate(LIKE_DIGITS)
            yield Code(value=value, token=token, standing=Standing.DAMAGED)


def _labelled(sheet: Sheet) -> set[int]:
    """Digits that belong to a label such as 基金代码, by their identity; below it in a table all
    that stand in its column."""
    found = set()
    for label in sheet.tokens:
        if label.role is not Role.CODE or _is_of_an_english_sentence(label):
            continue
        right = sheet.right_of(label)
        if right is not None and right.number is not None:
            found.add(id(right))
            continue
        below = sheet.below(label)
        while below is not None and below.number is not None and below.number.digits:
            found.add(id(below))
            below = sheet.below(below)
    return found


def _is_of_an_english_sentence(label: Token) -> bool:
    """Your code is 482913."""
    words = re.findall("[A-Za-z]+", normalize(label.lines[0].text))
    return label.part.text.isascii() and not {word.lower() for word in words} <= _ENGLISH_LABEL


def _name(sheet: Sheet, token: Token) -> Token | None:
    """The token with the fund's name: in the code's line, beside, above or below it."""
    before, after = _around(token)
    for mate in sheet.row(token):
        if mate.number is None and mate.lines[0] not in token.lines and is_name(_line(mate)):
            return mate
    if is_name(before) or is_full_name(after) or is_exchange_traded(after) or is_short_name(before):
        return token
    near = [t for t in (sheet.above(token), sheet.below(token)) if t is not None]
    for other in near:
        words = normalize(other.lines[0].text)
        if is_name(_without_digits(words)) and gap(token, other) <= _NEAR * max(
            token.height, other.height
        ):
            return other
    title = _title_above(sheet, token) or _line_of_name_above(sheet, token)
    if title is not None:
        return title
    wrapped = _wrapped_name(sheet, token)
    if wrapped is not None:
        return wrapped
    beside = [before, after, *(_line(mate) for mate in sheet.row(token) if mate.number is None)]
    has_kind = any(is_chip(words) and _KIND.search(words) for words in beside)
    return token if has_kind else None  # the name is cut off: 011608 混合型


def _title_above(sheet: Sheet, token: Token) -> Token | None:
    """A fund's whole name in the middle of the row above a code that stands alone at the left."""
    if not (token.first and token.last) or sheet.row(token):
        return None
    above = _line_above(sheet, token)
    if above is None or not is_full_name(_line(above)):
        return None
    return above if token.left < above.left and gap(token, above) <= 2 * token.height else None


def _line_of_name_above(sheet: Sheet, token: Token) -> Token | None:
    """A fund's whole name right above a line that begins with the code and goes on with other
    things, as their lines stand."""
    above = _line_above(sheet, token) if token.first and not token.last else None
    if above is None or not is_full_name(_line(above)) or gap(token, above) > _NEAR * token.height:
        return None
    (left, _), (right, _), *_ = token.lines[0].quad
    (other_left, _), (other_right, _), *_ = above.lines[0].quad
    shared = min(right, other_right) - max(left, other_left)
    return above if shared > min(right - left, other_right - other_left) / 2 else None


def _wrapped_name(sheet: Sheet, token: Token) -> Token | None:
    """The first line of a name that stands above a code in two or three lines, of which the last
    one may end in front of the code."""
    (words, _), at = _around(token), token
    left = min(mate.left for mate in (token, *sheet.row(token)) if mate.lines[0] is token.lines[0])
    for _ in range(_NAME_LINES):
        above = [
            other
            for other in sheet.around(at, 2.5)
            if other.first
            and other.middle < at.top
            and gap(other, at) <= 0.9 * max(other.height, at.height)
            and is_flush(other, at if at is not token else other)
            and abs(other.left - left) <= 2 * token.height
        ]
        if not above:
            return None
        at = max(above, key=lambda other: other.middle)
        mates = (mate for mate in sheet.row(at) if mate.lines[0] is not at.lines[0])
        if role_of(_line(at)) in FIELDS or any(mate.role in FIELDS for mate in mates):
            return None
        words = _line(at) + words
        if compact(words).startswith(HOUSES):
            return at if is_full_name(words) else None
    return None


def _line(token: Token) -> str:
    return normalize("".join(line.text for line in token.lines)).strip(_EDGES)


def _around(token: Token) -> tuple[str, str]:
    line = normalize("".join(line.text for line in token.lines))
    before, _, after = line.partition(token.part.text)
    before = _OTHER_CODE.split(before)[-1]
    return before.strip(_EDGES), after.strip(_EDGES)


def _without_digits(words: str) -> str:
    return words.strip(_EDGES)


def _is_other_number(sheet: Sheet, token: Token, name: Token) -> bool:
    """True where the words before the digits make them a number of their own."""
    before, _ = _around(token)
    if name is not token and before and _ends_a_name(_line(name), before):
        return False
    if before and not (
        is_name(before) or is_short_name(before) or is_chip(before) or _BEFORE.fullmatch(before)
    ):
        return True
    if not before:
        left = sheet.left_of(token)
        if left is not None and sheet.is_wide and token.left - left.right > _FAR * token.height:
            left = None  # of another column
        words = "" if left is None else _line(left)
        if left is not None and left.number is None and not (is_name(words) or is_chip(words)):
            return left.role is not Role.CODE
    above = sheet.above(token)
    if above is not None and above.number is None and gap(above, token) <= _NEXT * token.height:
        before = before or above.part.text
    return _has_no_code_word(before) and not compact(before).startswith(HOUSES)


def _ends_a_name(above: str, before: str) -> bool:
    """Whether words before a code are the rest of the name in the line above: 成长混合( / LOF)A."""
    return _REST.fullmatch(compact(before)) is not None and is_full_name(above + before)


def _has_no_code_word(words: str) -> bool:
    words = compact(words)
    return any(word in words for word in NO_CODE_WORDS)


def _is_others(sheet: Sheet, token: Token, name: Token | None) -> bool:
    """True where words in the code's line, before it in its row, or in a title above say so."""
    line = normalize("".join(line.text for line in token.lines))
    if (
        _leads_away(line)
        or _OFFERED.search(line)
        or "$" in line
        or (_SENTENCE.search(line) and len(line) > _LONG_LINE)
    ):
        return True
    for mate in sheet.row(token):
        if mate.number is None and mate.right <= token.left and _leads_away(mate.part.text):
            return True
    if _is_attribute(sheet, token):
        return True
    return _is_among_stocks(sheet, name or token) or _leads_away(_title(sheet, name or token))


def _is_attribute(sheet: Sheet, token: Token) -> bool:
    """True for 跟踪指数 中证白酒(399997): a row of what is said of the fund."""
    words = [mate.part.text for mate in sheet.row(token) if mate.right <= token.left]
    above = sheet.above(token)
    words += [above.part.text] if above is not None and above.number is None else []
    return any(_ATTRIBUTE.search(compact(word)) for word in words)


def _is_among_stocks(sheet: Sheet, name: Token) -> bool:
    """Whether what has no fund's whole name stands below the title of what a fund owns."""
    words = _line(name)
    if is_full_name(words) or is_exchange_traded(words):
        return False
    return any(_STOCKS.search(token.part.text) for token in sheet.tokens if token.bottom < name.top)


def _leads_away(words: str) -> bool:
    words = compact(words)
    return any(word in words for word in OTHERS_WORDS)


def _title(sheet: Sheet, token: Token) -> str:
    """The words of the nearest line above that is no label and no name of a fund; with what marks
    it as an advert at its right."""
    above = _line_above(sheet, token)
    if above is None or above.number is not None or above.role is not Role.TEXT:
        return ""
    if is_name(above.part.text) and not _leads_away(above.part.text):  # 本周精选 is none
        return ""
    marks = [mate.part.text for mate in sheet.row(above) if compact(mate.part.text) in _ADVERTS]
    return " ".join((normalize(above.lines[0].text), *marks))


def _line_above(sheet: Sheet, token: Token | None) -> Token | None:
    """The nearest token of words or numbers above, anywhere in the width, within a few heights."""
    if token is None:
        return None
    reach = 4 * token.height
    above = [
        other
        for other in sheet.around(token, 4.5)
        if other.bottom <= token.top + 0.3 * token.height
        and token.top - other.bottom <= reach
        and not other.part.noise
    ]
    return max(above, key=lambda other: (other.bottom, -other.left), default=None)
