"""Which six digits on a page are a fund's code, and whose.

What a number looks like does not tell: 202015 and 163407 are codes, and 143005 is a time. A code
stands behind 基金代码, or in, beside, above or below a fund's name. Digits that nothing tells apart
are no code; and a code is another fund's where words such as 推荐, 转入 or 跟踪指数 lead to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from postprocess.geometry import TokenGrid, gap
from postprocess.labels import Role
from postprocess.name_at_code import EDGES, line_of, name_at, words_around
from postprocess.names import (
    HOUSES,
    is_chip,
    is_full_name,
    is_name,
    is_short_name,
)
from postprocess.normalize import compact, normalize
from postprocess.numbers import LIKE_DIGITS
from postprocess.others import is_attribute, is_others
from postprocess.tokens import Token

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
_LETTERS = r"[(\[]?[LFQEDIOTREU]{0,5}[)\]]?"
_REST = re.compile(
    _LETTERS
    + r"(?:(?:[0-9]+天|[一二三两六九]个?[年月])(?:滚动)?持有期?|发起式?|联接|混合|股票|债券|指数)?"
    + _LETTERS
    + "[A-FHIORY]?类?"
)
_ENGLISH_LABEL = frozenset({"fund", "product", "code", "no"})
_BEFORE = re.compile(
    r"(?:#|No\.?|OF|SH|SZ|代码|[A-Z]类?(?:份额)?|前端|后端|[-–—|(\[/·:\s])*", re.IGNORECASE
)
"""What may stand before a code of its own."""
_OFF_EXCHANGE = re.compile(r"^\s*[0-9]{6}\.OF(?![A-Z])")
"""A code as data providers write a fund's that is not traded: it says itself what it is."""
_DIGITS = 6
_LIKE_CODE = re.compile(r"(?=(?:.*[0-9]){4})[0-9OoQDlI|SBZ]+")
_FAR = 8.0
"""Heights between words and digits of one row from which on they are no words of theirs."""
_NEXT = 0.8
"""Heights between digits and the label above that they belong to, at most."""


_CLASSES = re.compile(
    "[0-9]{6}[(]?(?:[A-Y][)]?类?|[前后][端收]费?[)]?)[^0-9]{0,4}[0-9]{6}[(]?(?:[A-Y]|[前后][端收])"
)


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


def find_codes(grid: TokenGrid) -> tuple[Code, ...]:
    """The codes of a page from the top, each value once, in its surest place."""
    codes: dict[str, Code] = {}
    for code in (*_found(grid), *_damaged_ones(grid)):
        known = codes.get(code.value)
        if known is None or _rank(known) < _rank(code):
            codes[code.value] = code
    found = sorted(codes.values(), key=lambda code: (code.token.middle, code.token.left))
    if not any(code.standing > Standing.DAMAGED for code in found):
        return ()
    return tuple(found)


def _rank(code: Code) -> tuple[bool, bool, int]:
    # 债券型 beside a code tells that it is one, and of no name.
    has_name = code.name is not None and is_name(line_of(code.name))
    return not code.is_others, has_name, code.standing


def _found(grid: TokenGrid) -> Iterator[Code]:
    labelled = _labelled(grid)
    for token in grid.tokens:
        number = token.number
        if number is None or not number.digits:
            continue
        name = name_at(grid, token)
        if id(token) in labelled:
            standing = Standing.LABELLED
        elif (
            (name is not None and not _is_other_number(grid, token, name))
            or _follows_a_code(grid, token)
            or _is_one_of_classes(grid, token)
            or _OFF_EXCHANGE.search(normalize(token.lines[0].text))
        ):
            standing = Standing.NAMED
        else:
            continue
        yield Code(
            value=token.part.text,
            token=token,
            standing=standing,
            name=name,
            is_others=is_others(grid, token, name),
            is_attribute=is_attribute(grid, token),
        )


def _follows_a_code(grid: TokenGrid, token: Token) -> bool:
    """True for digits that fill their line right below other six digits: perhaps the code."""
    above = grid.above(token)
    return (
        token.first
        and token.last
        and above is not None
        and above.number is not None
        and above.number.digits
        and grid.left_of(token) is None
        and name_at(grid, above) is not None
    )


def _is_one_of_classes(grid: TokenGrid, token: Token) -> bool:
    """True for 008279(A) / 008280(C): codes of two classes of one fund."""
    row = [token, *grid.row(token)]
    if sum(mate.number is not None and mate.number.digits for mate in row) < len("AC"):
        return False
    return _CLASSES.search("".join(normalize(mate.lines[0].text) for mate in row)) is not None


def _damaged_ones(grid: TokenGrid) -> Iterator[Code]:
    for token in grid.tokens:
        line = token.lines[0].text.strip(EDGES) if token.first else ""
        if len(line) == _DIGITS and not line.isdigit() and _LIKE_CODE.fullmatch(line):
            value = line.translate(LIKE_DIGITS)
            yield Code(value=value, token=token, standing=Standing.DAMAGED)


def _labelled(grid: TokenGrid) -> set[int]:
    """Digits that belong to a label such as 基金代码, by their identity; below it in a table all
    that stand in its column."""
    found = set()
    for label in grid.tokens:
        if label.role is not Role.CODE or _is_of_an_english_sentence(label):
            continue
        right = grid.right_of(label)
        if right is not None and right.number is not None:
            found.add(id(right))
            continue
        below = grid.below(label)
        while below is not None and below.number is not None and below.number.digits:
            found.add(id(below))
            below = grid.below(below)
    return found


def _is_of_an_english_sentence(label: Token) -> bool:
    """Your code is 482913."""
    words = re.findall("[A-Za-z]+", normalize(label.lines[0].text))
    return label.part.text.isascii() and not {word.lower() for word in words} <= _ENGLISH_LABEL


def _is_other_number(grid: TokenGrid, token: Token, name: Token) -> bool:
    """True where the words before the digits make them a number of their own."""
    before, _ = words_around(token)
    if name is not token and before and _ends_a_name(line_of(name), before):
        return False
    if before and not (
        is_name(before) or is_short_name(before) or is_chip(before) or _BEFORE.fullmatch(before)
    ):
        return True
    if not before:
        left = grid.left_of(token)
        if left is not None and grid.is_wide and token.left - left.right > _FAR * token.height:
            left = None  # of another column
        words = "" if left is None else line_of(left)
        if len(compact(words)) == 1:
            left = None  # an arrow back, or another sign
        if left is not None and left.number is None and not (is_name(words) or is_chip(words)):
            return left.role is not Role.CODE
    above = grid.above(token)
    if above is not None and above.number is None and gap(above, token) <= _NEXT * token.height:
        before = before or above.part.text
    return _has_no_code_word(before) and not compact(before).startswith(HOUSES)


def _ends_a_name(above: str, before: str) -> bool:
    """Whether words before a code are the rest of the name in the line above: 成长混合( / LOF)A."""
    return _REST.fullmatch(compact(before)) is not None and is_full_name(above + before)


def _has_no_code_word(words: str) -> bool:
    words = compact(words)
    return any(word in words for word in NO_CODE_WORDS)
