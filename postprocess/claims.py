"""Collects the numbers at each label of shares, and how sure each is one of shares."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from postprocess.geometry import TokenGrid, same_column
from postprocess.labels import CASH, COST, FIELDS, Role, role_of
from postprocess.normalize import compact, normalize
from postprocess.numbers import Number
from postprocess.pairing import Pair, pair
from postprocess.segments import segments
from postprocess.tokens import Token, same_row

AVAILABLE = frozenset({Role.AVAILABLE, Role.AVAILABLE_IF_SHARES})
HELD = frozenset({Role.HELD, Role.HELD_IF_SHARES})
SHARES = AVAILABLE | HELD | {Role.DOUBTFUL, Role.LATER}
"""Roles of labels whose numbers are looked at."""
_IN_ONE_CELL = SHARES | {Role.FROZEN, Role.COST, Role.NAV, Role.AMOUNT}
"""What may stand with shares in one cell of a table."""
_LABELS = SHARES | {Role.FIELD}
"""Roles of what may be a label of shares to the letter, or one that was read with another."""
_SLASH = re.compile(r"\s?[/|]\s?")
_SLASHES = 1
"""Other heads of two in a row that tell of a table whose cells have two lines."""
_OF_A_FUND = re.compile("持有|持仓|基金")
_BESIDE_SHARES = ("金额", "市值", "收益", "持有收益", "累计收益", "盈亏", "成本", "净值")
"""Heads of columns beside which 份额 is what is owned."""
_AVAILABLE_SHARES = re.compile("可(?:用|卖|取|赎回?|卖出|转出)(?:份额|份数|数量|余额)")
_QUOTA = re.compile("额度不超过|单日.{0,8}(?:限额|额度|上限)|限额说明")
_MARK = re.compile(r"[,。!?;]|我|咱|大家")
_CJK = re.compile("[\u3400-\u9fff]")
_PAUSE = re.compile("[,。!?;]")
_WORDS_OF_A_SENTENCE, _WORDS_OF_WHO_SPEAKS = 6, 2
"""Characters beside labels and numbers; of somebody who says I."""
_BALANCES = frozenset({Role.HELD, Role.HELD_IF_SHARES, Role.FROZEN})
_ACCOUNT = re.compile("账号|账户|卡号|帐号|帐户")
_PERIOD = re.compile("(?:[0-9]天|[一二三两六九]个?[月年])(?:滚动)?持有(?![份收金])")
_CLASS = re.compile("[A-Z]类?份额|(?:个人)?养老金?(?:专属|专享)份额")
_FROM = re.compile("[起后]可|到期|解锁日|解禁")
_BARE = re.compile("(?:我的|当前)?(?:持有|持仓|拥有)")
"""Labels that may also be a tab or a title."""
_AFTER = ("赎回后", "卖出后", "转换后", "交易后", "买入后", "确认后", "预计")
"""Titles of what will be."""
_EXCHANGE_TRADED = re.compile(r"ETF(?!联接)|LOF|REIT")
_OF_SHARES = ("盈亏", "现价", "市价", "盈亏比例", "净值", "IOPV")
"""Ends of labels that stand on pages of shares alone."""
_IN_UNITS = re.compile(r"[(\[]份[)\]]$")
_NET_VALUE_PLACES = 3
_NET_VALUES_BELOW = 100
"""A number of that many places below it is a net value unless it stands right behind its label, or
that says that it is in 份."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A number of shares and its label. placed: it is sure that the number is the label's."""

    label: Token
    token: Token
    number: Number
    placed: bool

    @property
    def values(self) -> tuple[str, ...]:
        """Normalised: one, or all that an ambiguous one may mean."""
        return (self.number.value,) if self.number.kind == "sure" else self.number.candidates

    @property
    def sure(self) -> bool:
        """True where it is the label's and has one meaning."""
        return self.placed and self.number.kind == "sure"

    @property
    def available(self) -> bool:
        """True for shares that may be sold now."""
        return self.label.role in AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What stands at one label.

    shares: none, the one, or several of which one is meant. doubtful: the label may be one of
    available shares, or not. unread: it must have a number of shares, and none was read.
    """

    label: Token
    shares: tuple[Share, ...]
    doubtful: bool
    unread: bool
    later: bool = False


def claims_at(grid: TokenGrid, token: Token) -> tuple[Claim, ...]:
    """What stands at a token that is a label, or two of them."""
    if token.role not in _LABELS and not _SLASH.search(token.part.text):
        return ()
    if is_of_a_name(token) or _is_a_class(grid, token):
        return ()
    two = _of_two(grid, token)
    if two and not any(claim.unread for claim in two):
        return two
    if token.role is Role.FIELD and _begins_with_available(token.part.text):
        return (*two, Claim(label=token, shares=(), doubtful=True, unread=True))
    return (*two, _claim(grid, token)) if token.role in SHARES else two


def _begins_with_available(text: str) -> bool:
    """Whether the label of available shares and the next column's were read as one."""
    label = _AVAILABLE_SHARES.match(text)
    return label is not None and role_of(text[label.end() :]) in FIELDS


def shares_at(grid: TokenGrid, label: Token) -> tuple[Share, ...]:
    """The share that stands at a label; several where it is not sure which; none."""
    return _shares(grid, label, pair(grid, label))


def _of_two(grid: TokenGrid, token: Token) -> tuple[Claim, ...]:
    """Those of a label such as 持仓/可用, whose numbers stand in one cell: 79300/1000."""
    words = _SLASH.split(token.part.text)
    if token.number is not None or len(words) != 2:
        return ()
    roles = [role_of(word) for word in words]
    if not set(roles) <= _IN_ONE_CELL or not any(role in SHARES for role in roles):
        return ()
    found = pair(grid, token)
    if len(found.rivals) > 2:
        return ()  # a list of holdings
    second = _behind_a_slash(grid, found.value) or _in_second_line(grid, token, found.value)
    numbers = _numbers_of_two(found.value, *found.rivals, second)
    labels = [
        replace(token, role=_as_sure(role), part=replace(token.part, text=word))
        for role, word in zip(roles, words, strict=True)
    ]
    claims = []
    for label, number in zip(labels, numbers or (None, None), strict=True):
        if label.role not in SHARES:
            continue
        share = None if number is None else share_of(label, number, True)
        claims.append(
            Claim(
                label=label,
                shares=() if share is None else (share,),
                doubtful=False,
                unread=share is None,
            )
        )
    return tuple(claims)


def _behind_a_slash(grid: TokenGrid, value: Token | None) -> Token | None:
    """What goes on in the line below: 253.60 above /357.18."""
    below = None if value is None else grid.below(value)
    if below is None or below.number is None:
        return None
    return below if below.lines[0].text.strip() == f"/{below.part.text}" else None


def _in_second_line(grid: TokenGrid, label: Token, value: Token | None) -> Token | None:
    """What stands below in the same cell of a table all of whose cells have two lines: 名称/代码,
    份额/可用, 净值/成本."""
    if value is None or same_row(label, value) or value.top < label.top:
        return None
    heads = sum(_SLASH.search(mate.part.text) is not None for mate in grid.row(label))
    below = grid.below(value)
    if heads < _SLASHES or below is None or below.number is None or below.number.digits:
        return None
    near = below.top - value.bottom < value.height
    return below if near and same_column(value, below) else None


def _as_sure(role: Role) -> Role:
    """持仓/可用 says of both that they are shares."""
    return {
        Role.AVAILABLE_IF_SHARES: Role.AVAILABLE,
        Role.HELD_IF_SHARES: Role.HELD,
    }.get(role, role)


def _numbers_of_two(*values: Token | None) -> tuple[Token, Token] | None:
    """Two numbers in one, or one above the other; None where there are not just two."""
    tokens = [value for value in values if value is not None]
    if len(tokens) == 2:
        return tokens[0], tokens[1]
    if len(tokens) != 1:
        return None
    found = []
    for text in _SLASH.split(tokens[0].part.text):
        parts = segments(text)
        if len(parts) != 1 or parts[0].number is None:
            return None
        number = replace(parts[0].number, digits=False)
        found.append(
            replace(tokens[0], part=replace(tokens[0].part, text=text), number=number, value=number)
        )
    return (found[0], found[1]) if len(found) == 2 else None


def _claim(grid: TokenGrid, label: Token) -> Claim:
    found = pair(grid, label)
    shares = _shares(grid, label, found)
    later = label.role is Role.LATER or _follows_a_day(grid, label) or any(map(_is_later, shares))
    doubtful = label.role is Role.DOUBTFUL or later or _is_of_a_day(grid, label)
    doubtful = doubtful or ("最多" in label.part.text and _has_quota(grid))
    if _is_of_a_coupon(grid, label):
        return Claim(label=label, shares=(), doubtful=False, unread=False)
    if _is_qualified(grid, label):
        return Claim(label=label, shares=(), doubtful=False, unread=label.role in HELD)
    if label.role is Role.AVAILABLE_IF_SHARES and not all(s.number.unit for s in shares):
        doubtful = doubtful or not _is_among_shares(grid, label)
    unread = not shares and (
        label.role is Role.AVAILABLE
        # 可用 ¥5.00 is cash; 可用 and nothing may be a share that was not read.
        or (
            label.role is Role.AVAILABLE_IF_SHARES
            and found.value is None
            and not found.rivals
            and "用" in label.part.text  # 可赎回 is a mark as well
        )
        or (doubtful and any(part in label.part.text for part in "份额"))
    )
    return Claim(label=label, shares=shares, doubtful=doubtful, unread=unread, later=later)


def _is_later(share: Share) -> bool:
    """Whether what stands behind a number says that it is another day's:
    299.25(2027-11-10起可赎回)."""
    behind = normalize(share.token.lines[-1].text).partition(share.token.part.text)[2]
    return share.available and _FROM.search(_PAUSE.split(behind)[0]) is not None


def _has_quota(grid: TokenGrid) -> bool:
    """Whether a sentence tells of a day's quota: 本次最多可取 is no more than that."""
    lines = {token.lines[0].text for token in grid.tokens}
    return any(_QUOTA.search(normalize(line)) for line in lines)


def _is_of_a_coupon(grid: TokenGrid, label: Token) -> bool:
    """满10,000元可用."""
    before = grid.left_of(label)
    return (
        label.role is Role.AVAILABLE_IF_SHARES
        and before is not None
        and before.lines[0] is label.lines[0]
        and before.number is not None
        and before.number.unit == "元"
    )


def is_said(label: Token) -> bool:
    """Whether a label is part of a sentence, such as somebody's comment."""
    line = normalize(label.lines[0].text)
    rest = "".join(p.text for p in segments(line) if p.number is None and p.role is Role.TEXT)
    least = _WORDS_OF_WHO_SPEAKS if "我" in line and _PAUSE.search(line) else _WORDS_OF_A_SENTENCE
    return _MARK.search(line) is not None and len(_CJK.findall(rest)) >= least


def _is_a_class(grid: TokenGrid, label: Token) -> bool:
    """Whether a label is a mark beside a code, Y份额 or 养老金专属份额, without a number."""
    if not _CLASS.fullmatch(label.part.text):
        return False
    found = pair(grid, label)
    return not any(t.number and not t.number.digits for t in (found.value, *found.rivals) if t)


def is_of_a_name(label: Token) -> bool:
    """Whether a word of owning is part of a fund's name: 中证同业存单指数7天持有."""
    if label.role is not Role.HELD_IF_SHARES:
        return False
    return _PERIOD.search(normalize(label.lines[0].text)) is not None


def _is_among_shares(grid: TokenGrid, label: Token) -> bool:
    """Whether a block says of shares what it has of: 可用 beside 持有份额, and no word of money in
    the label's own line."""
    line = normalize(label.lines[0].text)
    if any(word in line for word in CASH):
        return False
    roles = {token.role for token in grid.tokens if token is not label}
    cash = (t for t in grid.tokens if t.role is Role.CASH and not _ACCOUNT.search(t.part.text))
    if any(pair(grid, token).value is not None for token in cash):
        return False
    if _BARE.fullmatch(compact(label.part.text)):
        beside = {token.role for token in grid.row(label)}
        return bool(beside & {Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.COST})
    beside_held = {token.role for token in grid.row(label)}
    if Role.HELD in beside_held and beside_held & {Role.COST, Role.NAV}:
        return True
    if label.part.text.strip(": ").endswith("余额") and "份额" not in label.part.text:
        # Of shares only where what is owned or frozen is told as a balance too, or it is a part.
        return _is_a_part(grid, label) or any(
            token.role in _BALANCES and token.part.text.strip(": ").endswith("余额")
            for token in grid.tokens
            if token is not label
        )
    if label.part.text.strip(": ") == "份额" and any(
        compact(mate.part.text).startswith(_BESIDE_SHARES) for mate in grid.row(label)
    ):
        return True
    if label.role is Role.HELD_IF_SHARES:
        return bool(roles & {Role.AVAILABLE, Role.COST, Role.NAV}) or _counts_too(grid, label)
    if any(t.role is Role.AMOUNT and _OF_A_FUND.search(t.part.text) for t in grid.tokens):
        return True  # 市值 alone may be an account's
    return bool(roles & {Role.HELD, Role.COST}) or _counts_too(grid, label)


def _is_a_part(grid: TokenGrid, label: Token) -> bool:
    """Whether a label's number and another one on the page add up to that of a label of shares."""
    part = _sure(pair(grid, label).value)
    wholes = (
        _sure(pair(grid, token).value)
        for token in grid.tokens
        if token is not label and token.part.text.strip(": ").endswith("份额")
    )
    rests = {whole - part for whole in wholes if part and whole and whole > part}
    return bool(rests) and any(_sure(token) in rests for token in grid.tokens)


def _sure(token: Token | None) -> Decimal | None:
    number = None if token is None else token.number
    is_sure = number is not None and number.kind == "sure" and number.share
    return Decimal(number.value) if number and is_sure else None


def _counts_too(grid: TokenGrid, label: Token) -> bool:
    """Whether both what is owned and what can be used is told in numbers of something, beside the
    price of one."""
    roles = {token.role for token in grid.tokens}
    words = [token.part.text for token in grid.tokens if token.number is None]
    if any(word.endswith(_OF_SHARES) or word.startswith(COST) for word in words):
        return True
    orders = (t.part.text for t in grid.tokens if t.role is Role.FIELD)
    if any(word in label for label in orders for word in ("份额", "份数")):
        return True
    if any(_EXCHANGE_TRADED.search(word) for word in words):
        return "卖" in label.part.text or label.part.text.endswith(("数量", "股数"))
    both = {Role.HELD_IF_SHARES, Role.AVAILABLE_IF_SHARES} <= roles
    return both and sum(word.endswith("数量") for word in words) > 1


def _is_qualified(grid: TokenGrid, label: Token) -> bool:
    """Whether words before a label, in its line or in a title of their own above, make its number
    another's: 全市场 总份额, 赎回后."""
    before = grid.left_of(label)
    if before is not None and before.lines[0] is label.lines[0] and before.number is None:
        role = role_of(before.part.text + label.part.text)
        if role is Role.FIELD:
            return True
    title = grid.above(label)
    return title is not None and compact(title.part.text) in _AFTER


def _follows_a_day(grid: TokenGrid, label: Token) -> bool:
    """Whether a day stands before a label of available shares in its line: it is that day's."""
    return label.role in AVAILABLE and any(
        mate.role is Role.DAY
        and mate.lines[0] is label.lines[0]
        and mate.right <= label.left + label.height
        for mate in grid.row(label)
    )


def _is_of_a_day(grid: TokenGrid, label: Token) -> bool:
    """Whether the number of a column of available shares stands behind a day in its row."""
    value = pair(grid, label).value if label.role in AVAILABLE else None
    return (
        value is not None
        and not same_row(value, label)
        and any(m.role is Role.DAY and m.right <= value.left for m in grid.row(value))
    )


def _shares(grid: TokenGrid, label: Token, found: Pair) -> tuple[Share, ...]:
    tokens = (found.value,) if found.value is not None else found.rivals
    placed = found.value is not None
    if label.role is Role.HELD_IF_SHARES and not _is_among_shares(grid, label):
        tokens = tuple(t for t in tokens if t.number and t.number.unit in ("份", "股"))
    shares = (share_of(label, token, placed) for token in tokens)
    return tuple(share for share in shares if share is not None)


def share_of(label: Token, token: Token, placed: bool) -> Share | None:
    """None where the number is none of shares."""
    number = token.number
    if number is None or not number.share:
        return None
    is_beside = token.lines[0] is label.lines[-1] or _IN_UNITS.search(label.part.text)
    if _is_net_value(number) and not is_beside:
        return None
    return Share(label=label, token=token, number=number, placed=placed)


def _is_net_value(number: Number) -> bool:
    places = number.places >= _NET_VALUE_PLACES and not number.unit
    return places and Decimal(number.value) < _NET_VALUES_BELOW
