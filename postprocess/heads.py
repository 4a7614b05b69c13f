"""Cuts a page into blocks: what is said of one fund, from its name or code to the next one's."""

import re
from dataclasses import dataclass, replace

from postprocess.fund_code import Code, Standing
from postprocess.geometry import TokenGrid
from postprocess.labels import FIELDS, Role
from postprocess.names import HOUSES, is_full_name
from postprocess.normalize import compact, normalize
from postprocess.tokens import Token, same_row
from postprocess.types import Line

_DIGITS_BEHIND = re.compile("(?<=[A-FHIORY])[0-9]{2,4}$")
"""Of a watermark: no name goes on behind its class."""
_CLASS = re.compile("[A-FHIY](?=类?$)")
_CUT_BRACKET = re.compile(r"[(\[][A-Z]*$")
"""Where a name was cut off: its last letter is no class."""
_MISREAD = 1
"""Characters of a fund's name that may be others where it stands a second time."""
_BELOW = 3.0
"""Heights of a name between it and the code below it, at most."""
_TALK = re.compile(
    r"(?:基金|最新|全部|精选|热门|精彩)?(?:讨论区?|评论区?|热评|基金吧|股吧|社区|大家(?:都?在)?[说聊]|基金吧讨论|圈子|晒单|问答)"
    r"[(·:]?(?:[0-9.]+万?条?)?\)?[>》]?"
)
"""Titles of what others write."""
_MORE = re.compile("(?:查看)?(?:更多|全部).{0,4}[>》]?|[0-9]*条|我要评论|写评论|发布|发帖|去看看")
_NAME_COLUMN = re.compile("(?:证券|基金|股票|产品)?名称")
_LISTED = 2
"""Names beside a fund that make a list of them."""
_PANES_APART = 4.0
"""Heights between the left edges of a list and of what it leads to, at least."""
_ARCHIVED = re.compile(
    "基金(?:全称|类型|规模|经理|管理人|托管人)|产品(?:全称|类型)|成立(?:日期|时间)|管理人|托管人|业绩(?:比较)?基准|风险等级"
)
_ARCHIVED_ROWS = 2
"""Rows of an archive beside that of the code."""
_ARCHIVE = 12.0
"""Heights around the code in which they stand."""
_OF_HOLDINGS = frozenset(
    {Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.HELD, Role.HELD_IF_SHARES, Role.DOUBTFUL}
    | {Role.LATER, Role.FROZEN, Role.AMOUNT, Role.COST}
)
_ROW = 0.4
"""Share of a row's text that may begin above a head and still stand beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The begin of a block. code: None where a name stands alone."""

    top: float
    left: float
    height: float
    name: str
    code: Code | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is said of one fund: a head, and the lines from it down to the next head.

    is_of_table: its labels stand above it, and may be those of other rows too.
    """

    head: Head
    lines: tuple[Line, ...]
    is_of_table: bool = False


def heads_of(grid: TokenGrid, codes: tuple[Code, ...]) -> list[Head]:
    """The heads of a page from the top. A code in a row of its own, behind a label, belongs to the
    name that stands above it."""
    heads = [
        _head(code.token, code.top, _words(code.name), code)
        for code in codes
        if code.standing > Standing.DAMAGED and not code.is_attribute
    ]
    named = {id(code.name) for code in codes if code.name is not None}
    in_lines = {id(line) for code in codes for line in code.token.lines}
    for token in grid.tokens:
        if not _begins_a_block(grid, token) or id(token) in named:
            continue
        if not any(id(line) in in_lines for line in token.lines):
            words = _words(token)
            if not any(_is_same(words, head.name) for head in heads if head.top <= token.top):
                heads.append(_head(token, token.top, words, None))
    heads.sort(key=lambda head: (head.top, head.left))
    return _joined(heads)


def detail_pane(grid: TokenGrid, heads: list[Head]) -> TokenGrid | None:
    """The right part of a wide page that lists what somebody owns at the left, without codes, and
    shows one of it at the right; None where it is no such page."""
    own = next((head.code for head in heads if head.code and not head.code.is_others), None)
    if not grid.is_wide or own is None:
        return None
    left = min(token.left for token in (own.token, own.name) if token is not None)
    listed = [head for head in heads if head.left < left - _PANES_APART * head.height]
    if len(listed) < _LISTED or any(head.code is not None for head in listed):
        return None
    if max(h.left for h in listed) - min(h.left for h in listed) > listed[0].height:
        return None
    edge = left - own.token.height
    lines = {id(line): line for t in grid.tokens if t.left >= edge for line in t.lines}
    return grid.of(tuple(lines.values()))


def _joined(heads: list[Head]) -> list[Head]:
    """With labelled codes put to the name above them, where both may be one fund's."""
    found: list[Head] = []
    for head in heads:
        code, before = head.code, found[-1] if found else None
        if (
            code is not None
            and before is not None
            and before.code is None
            and not code.is_others
            and _belongs(head, before)
        ):
            found[-1] = replace(before, code=code)
        elif found and _is_archived(head, found[0]):
            found[0] = replace(found[0], code=code)
        else:
            found.append(head)
    return found


def _is_archived(head: Head, first: Head) -> bool:
    """Whether a code behind its label, in the archive at the foot, stands beside the very name that
    the page begins with."""
    code = head.code
    return (
        code is not None
        and code.standing is Standing.LABELLED
        and not code.is_others
        and first.code is None
        and first.name == head.name
    )


def _belongs(head: Head, before: Head) -> bool:
    """Whether a code is that of the name above it: it stands right below, or behind a label."""
    if not is_full_name(head.name):
        if head.top - before.top <= _BELOW * before.height:
            return True
        return head.code is not None and head.code.standing is Standing.LABELLED
    return _is_same(head.name, before.name)


def block_of(grid: TokenGrid, heads: list[Head], at: int) -> Block:
    """The block of one of the heads; in a table its row and the row of labels above."""
    return _until(grid, heads[at], heads[at + 1 :])


def past_adverts(grid: TokenGrid, heads: list[Head], at: int) -> Block | None:
    """The block of one of the heads with what follows the adverts of other funds behind it; None
    where no advert does."""
    after = [head for head in heads[at + 1 :] if head.top > heads[at].top]
    if not after or after[0].code is None or not after[0].code.is_others:
        return None
    others = [head for head in after if head.code is None or not head.code.is_others]
    return _until(grid, heads[at], others)


def with_what_is_above(grid: TokenGrid, heads: list[Head], at: int) -> Block | None:
    """The block of a code that stands in the archive at the foot of a page whose head is cut off:
    基金代码 beside 基金全称 and 成立日期, and no number of a holding below. All above it is said of
    the same fund where no other one is named there; None where it is no such code."""
    code = heads[at].code
    if at or code is None or code.standing is not Standing.LABELLED:
        return None
    block = block_of(grid, heads, at)
    below = [t for t in grid.of(block.lines).tokens if t.bottom > heads[at].top]
    if any(token.role in _OF_HOLDINGS and len(token.part.text) > 1 for token in below):
        return None
    near = (t for t in grid.tokens if abs(t.middle - code.token.middle) <= _ARCHIVE * t.height)
    rows = [token for token in near if _ARCHIVED.match(compact(token.part.text))]
    if len(rows) < _ARCHIVED_ROWS:
        return None
    above = [t for t in grid.tokens if t.middle < heads[at].top]
    lines = {id(line): line for token in above for line in token.lines}
    return Block(head=heads[at], lines=(*lines.values(), *block.lines))


def _until(grid: TokenGrid, head: Head, others: list[Head]) -> Block:
    """From a head down to the first of the others below it."""
    begin = head.top - _ROW * head.height
    end = min(
        (other.top - _ROW * other.height for other in others if other.top > head.top),
        default=float("inf"),
    )
    end = min(end, _list_below(grid, head), _talk_below(grid, head))
    inside = [token for token in grid.tokens if begin <= token.top and token.middle < end]
    labels = _labels_of_table(grid, head, inside)
    lines = {id(line): line for token in (*labels, *inside) for line in token.lines}
    return Block(head=head, lines=tuple(lines.values()), is_of_table=bool(labels))


def _talk_below(grid: TokenGrid, head: Head) -> float:
    """Where others begin to talk below a holding, of what they own: 讨论区 28条."""
    tops = [
        token.top
        for token in grid.tokens
        if token.top > head.top
        and _TALK.fullmatch(compact(normalize(token.lines[0].text)))
        and all(_MORE.fullmatch(compact(mate.part.text)) for mate in _others_in_row(grid, token))
    ]
    return min(tops, default=float("inf"))


def _others_in_row(grid: TokenGrid, token: Token) -> list[Token]:
    """What stands beside a line of words: tabs, among others."""
    return [
        mate
        for mate in grid.row(token)
        if mate.lines[0] is not token.lines[0] and mate.number is None and not mate.part.noise
    ]


def _list_below(grid: TokenGrid, head: Head) -> float:
    """Where a table of all that somebody owns begins (名称/市值, 盈亏, 持仓/可用) below a form that
    sells of one fund and says how much of it can be sold; infinite where there is none."""
    tops = [
        token.top
        for token in grid.tokens
        if token.top > head.top
        and _NAME_COLUMN.match(token.part.text)
        and sum(mate.role in FIELDS for mate in grid.row(token)) > 1
    ]
    first = min(tops, default=float("inf"))
    can_be_sold = any(
        head.top < token.top < first and "卖" in token.part.text
        for token in grid.tokens
        if token.role in (Role.AVAILABLE, Role.AVAILABLE_IF_SHARES)
    )
    return first if can_be_sold else float("inf")


def _labels_of_table(grid: TokenGrid, head: Head, inside: list[Token]) -> list[Token]:
    """Labels above a head whose numbers stand in the head's own row."""
    first = [t for t in inside if t.middle <= head.top + 1.2 * head.height]
    numbers = [t for t in first if t.number is not None and not t.number.digits]
    if not numbers:
        return []
    above = [t for t in grid.tokens if t.middle < head.top and t.number is None]
    shares = [t for t in above if t.role in (Role.AVAILABLE, Role.HELD) or t.role in FIELDS]
    if not shares:
        return []
    last = max(shares, key=lambda t: t.middle)
    row = [t for t in above if t is last or same_row(t, last)]
    return row if sum(t.role in FIELDS for t in row) > 1 else []


def _head(token: Token, top: float, name: str, code: Code | None) -> Head:
    return Head(top=top, left=token.left, height=token.height, name=name, code=code)


def _begins_a_block(grid: TokenGrid, token: Token) -> bool:
    """A fund's name that fills its line and is no value of a row."""
    if token.number is not None or not token.first or token.role in FIELDS:
        return False
    if not is_full_name(_DIGITS_BEHIND.sub("", _words(token))):
        return False
    left = grid.left_of(token)
    return left is None or left.number is not None


def _words(token: Token | None) -> str:
    return "" if token is None else compact(normalize(token.lines[0].text))


def _is_same(one: str, other: str) -> bool:
    """Whether two names are one fund's: the longer one has all characters of the shorter one but
    a misread one, in their order, and begins as it does. Another class is another fund."""
    one, other = _CUT_BRACKET.sub("", one), _CUT_BRACKET.sub("", other)
    classes = {seen.group() for name in (one, other) if (seen := _CLASS.search(name))}
    if len(classes) > 1:
        return False
    short, long = sorted((one, other), key=len)
    if short and short in long:
        return True
    if not short or long[: len(_house(short))] != _house(short):
        return False
    at = found = 0
    for character in short:
        place = long.find(character, at)
        if place >= 0:
            found, at = found + 1, place + 1
    return found >= len(short) - _MISREAD


def _house(name: str) -> str:
    return next((house for house in HOUSES if name.startswith(house)), "")
