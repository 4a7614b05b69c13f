"""The shares that a page shows, and which of them is the answer.

Available shares are asked for. Held shares are the answer only where the page has no label of
available ones; two labels with the same number are one.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from postprocess.confidence import LOW_LINE
from postprocess.geometry import Sheet, Token, is_flush, same_column, same_row
from postprocess.labels import CASH, COST, Role, role_of
from postprocess.names import is_chip
from postprocess.normalize import compact, normalize
from postprocess.numbers import Number
from postprocess.pairing import Pair, pair, pairs_of
from postprocess.segments import segments
from postprocess.types import Reason

_AVAILABLE = frozenset({Role.AVAILABLE, Role.AVAILABLE_IF_SHARES})
_HELD = frozenset({Role.HELD, Role.HELD_IF_SHARES})
SHARES = _AVAILABLE | _HELD | {Role.DOUBTFUL, Role.LATER}
"""Roles of labels whose numbers are looked at."""

_IN_ONE_CELL = SHARES | {Role.FROZEN, Role.COST, Role.NAV, Role.AMOUNT}
"""What may stand with shares in one cell of a table."""
_SLASH = re.compile(r"\s?[/|]\s?")
_OF_A_FUND = re.compile("持有|持仓|基金")
_BESIDE_SHARES = ("金额", "市值", "收益", "持有收益", "累计收益", "盈亏", "成本", "净值")
"""Heads of columns beside which 份额 is what is owned."""
_MARK = re.compile(r"[,。!?;]|我|咱|大家")
_CJK = re.compile("[\u3400-\u9fff]")
_PAUSE = re.compile("[,。!?;]")
_WORDS_OF_A_SENTENCE, _WORDS_OF_WHO_SPEAKS = 6, 3
"""Characters beside labels and numbers; of somebody who says I."""
_BALANCES = frozenset({Role.HELD, Role.HELD_IF_SHARES, Role.FROZEN})
_KEPT = re.compile("冻结|锁|质押|封闭|限售|占用|受限|限制|持有期|在途")
"""Words of what is owned and cannot be used; what is not confirmed yet is not owned yet."""
_IN_TRANSIT = re.compile("(?:赎回|卖出|转出|转换)在途")
_ACCOUNT = re.compile("账号|账户|卡号|帐号|帐户")
_PERIOD = re.compile("(?:[0-9]天|[一二三两六九]个?[月年])(?:滚动)?持有(?![份收金])")
_CLASS = re.compile("[A-Z]类?份额")
_KEPT_IN = re.compile("[(](?:含|包含|包括).{0,4}(?:冻结|质押|锁定|卖出|赎回|转换|在途)")
_BUYING = re.compile("买入|申购|认购|定投|购买")
_PAPERS = re.compile("份(?:保单|合同|协议|报告|文件|资料|问卷|公告)")
_FROM = re.compile("[起后]可|到期|解锁日|解禁")
_ORDERED = re.compile(
    "确认|成功|交易|买入|卖出|申购|赎回|定投|分红|转换|转[入出]|再投|最[低少]|[至不]少|起"
)
"""Words beside a number of shares that was ordered, or of a bound of orders."""
_BARE = re.compile("(?:我的|当前)?(?:持有|持仓|拥有)")
"""Labels that may also be a tab or a title."""
_TIERS = re.compile("费率|期限|天数|持有时间")
_PLACES = 2
_AFTER = ("赎回后", "卖出后", "转换后", "交易后", "买入后", "确认后", "预计")
"""Titles of what will be."""
_EXCHANGE_TRADED = re.compile(r"ETF(?!联接)|LOF|REIT")
_OF_SHARES = ("盈亏", "现价", "市价", "盈亏比例", "净值", "IOPV")
"""Ends of labels that stand on pages of shares alone."""
_NEAR = 14.0
"""Heights around a held share within which another one may stand."""
_SAME_SIZE = 0.4
_NETWORK = re.compile(r"[2-6]G\+?$")
_NET_VALUE_PLACES = 3
_NET_VALUES_BELOW = 100
"""A number of that many places below it is a net value unless it stands right behind its label."""


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
        return self.label.role in _AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What the page says of shares.

    found: the shares to choose from, the answer alone where there is one. reason: why there is
    none. others: shares that do not count, but that may explain the amount.
    """

    found: tuple[Share, ...]
    reason: Reason | None
    others: tuple[Share, ...] = ()


def find_shares(sheet: Sheet) -> Shares:
    """Choose among all numbers that stand at a label of shares."""
    claims = [claim for token in sheet.tokens for claim in _claims(sheet, token)]
    # What somebody says that he owns is no field of the page; what can be sold may be told so.
    claims = [c for c in claims if c.label.role not in _HELD or not is_said(c.label)]
    claims = _without_tiers(sheet, claims)
    available = [c for c in claims if c.label.role in _AVAILABLE and not c.doubtful]
    held = [claim for claim in claims if claim.label.role in _HELD]
    doubtful = [claim for claim in claims if claim.doubtful]
    if any(claim.shares for claim in available):
        return _available_ones(available, held, doubtful)
    decided = _held_ones(held, [*available, *doubtful])
    if decided.reason is None:
        first = decided.found[0]
        orphans = _without_label(sheet, first)
        if orphans or _is_partly_kept(sheet, first) or _has_more(sheet, first):
            return Shares(found=(*decided.found, *orphans), reason=Reason.NO_SHARE)
    return decided


def _is_partly_kept(sheet: Sheet, held: Share) -> bool:
    """Whether some of what is owned cannot be used, and is told in shares: 冻结份额 300.00. What
    was ordered and is not confirmed is no part of it, unless the held shares' label says so."""
    in_held = _KEPT_IN.search(normalize(held.label.lines[0].text)) is not None
    for label in sheet.tokens:
        if label.role is Role.FROZEN and in_held:
            pass
        elif not _KEPT.search(label.part.text) or (
            label.role is not Role.FROZEN
            and (label.role is not Role.FIELD or not _IN_TRANSIT.search(label.part.text))
        ):
            continue
        found = pair(sheet, label)
        numbers = [t.number for t in (found.value, *found.rivals) if t is not None and t.number]
        numbers = [n for n in numbers if "在途" not in label.part.text or not _is_bought(sheet, n)]
        if any(n.share and not n.digits and n.kind == "sure" and Decimal(n.value) for n in numbers):
            return True
    return False


def _without_tiers(sheet: Sheet, claims: list["_Claim"]) -> list["_Claim"]:
    """Without the columns of a table of fees, where the same label has one number elsewhere."""
    sure = {claim.label.role for claim in claims if len(claim.shares) == 1 and claim.shares[0].sure}
    return [
        claim
        for claim in claims
        if not (
            claim.label.role in sure
            and len(claim.shares) != 1
            and any(_TIERS.search(mate.part.text) for mate in sheet.row(claim.label))
        )
    ]


def _is_bought(sheet: Sheet, number: Number) -> bool:
    """Whether the same number stands in a line that tells of a purchase."""
    return any(
        token.number is not None
        and token.number.value == number.value
        and _BUYING.search(normalize("".join(line.text for line in token.lines)))
        for token in sheet.tokens
    )


def _has_more(sheet: Sheet, held: Share) -> bool:
    """Whether further shares are told, 300.00份, and no label that is understood says what they
    are: they may be what can be used."""
    for token in sheet.tokens:
        number = token.number
        if (
            number is None
            or number.unit != "份"
            or number.kind != "sure"
            or not number.share
            or Decimal(number.value) in (0, Decimal(held.number.value))
            or pairs_of(sheet).is_taken(token)
        ):
            continue
        row = "".join(line.text for mate in (token, *sheet.row(token)) for line in mate.lines)
        row = normalize(row)
        if not _ORDERED.search(row) and not _PAPERS.search(row) and not is_said(token):
            return True
    return False


def _claims(sheet: Sheet, token: Token) -> tuple["_Claim", ...]:
    """What stands at a token that is a label, or two of them."""
    if is_of_a_name(token) or _is_a_class(sheet, token):
        return ()
    two = _of_two(sheet, token)
    if two and not any(claim.unread for claim in two):
        return two
    return (*two, _claim(sheet, token)) if token.role in SHARES else two


def _of_two(sheet: Sheet, token: Token) -> tuple["_Claim", ...]:
    """Those of a label such as 持仓/可用, whose numbers stand in one cell: 79300/1000."""
    words = _SLASH.split(token.part.text)
    if token.number is not None or len(words) != 2:
        return ()
    roles = [role_of(word) for word in words]
    if not set(roles) <= _IN_ONE_CELL or not any(role in SHARES for role in roles):
        return ()
    found = pair(sheet, token)
    if len(found.rivals) > 2:
        return ()  # a list of holdings
    numbers = _numbers_of_two(found.value, *found.rivals)
    labels = [
        replace(token, role=_as_sure(role), part=replace(token.part, text=word))
        for role, word in zip(roles, words, strict=True)
    ]
    claims = []
    for label, number in zip(labels, numbers or (None, None), strict=True):
        if label.role not in SHARES:
            continue
        share = None if number is None else _share(label, number, True)
        claims.append(
            _Claim(
                label=label,
                shares=() if share is None else (share,),
                doubtful=False,
                unread=share is None,
            )
        )
    return tuple(claims)


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


def _without_label(sheet: Sheet, held: Share) -> tuple[Share, ...]:
    """Numbers that stand as the held share does, but their label was not read: maybe 可用份额."""
    value, label = held.token, held.label
    if value.lines[0] is label.lines[-1]:
        return ()
    near = [
        t
        for t in sheet.around(value, _NEAR)
        if _stands_alike(value, t) and not _is_anothers(sheet, t)
    ]
    if same_row(value, label):
        found = [
            t
            for t in near
            if (is_flush(value, t) or same_row(value, t)) and not _is_words(sheet.left_of(t))
        ]
    else:
        side = sheet.above if label.middle < value.middle else sheet.below
        found = [
            t
            for t in near
            if not _is_words(side(t))
            and (same_column(value, t) or any(_is_words(side(mate)) for mate in sheet.row(t)))
        ]
    shares = (_share(label, token, False) for token in found)
    return tuple(share for share in shares if share is not None)


def _stands_alike(value: Token, other: Token) -> bool:
    """True for a number of the same size that may be one of shares."""
    number = other.value
    return (
        number is not None
        and number.share
        and number.places == (value.number.places if value.number else _PLACES)
        and not number.digits
        and not _is_mark(normalize(other.lines[0].text))
        and not _is_sign(other)
        and abs(other.height - value.height) <= _SAME_SIZE * value.height
    )


def _is_mark(text: str) -> bool:
    """True for a fund's risk class and for the bars and the network of a phone's status bar."""
    return is_chip(text) or _NETWORK.search(text) is not None


def _is_sign(token: Token) -> bool:
    """True for an arrow or a bar that was read as a digit, without being sure of it."""
    line = token.lines[0]
    return len(normalize(line.text).strip()) == 1 and line.confidence < LOW_LINE


def _is_anothers(sheet: Sheet, value: Token) -> bool:
    """True where a label has this number, or a day stands before it."""
    return pairs_of(sheet).is_taken(value) or any(
        mate.role is Role.DAY and mate.right <= value.left for mate in sheet.row(value)
    )


def _is_words(token: Token | None) -> bool:
    return token is not None and token.number is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What stands at one label.

    shares: none, the one, or several of which one is meant. doubtful: the label may be one of
    available shares, or not. unread: it must have a number of shares, and none was read.
    """

    label: Token
    shares: tuple[Share, ...]
    doubtful: bool
    unread: bool
    later: bool = False


def shares_at(sheet: Sheet, label: Token) -> tuple[Share, ...]:
    """The share that stands at a label; several where it is not sure which; none."""
    return _shares(sheet, label, pair(sheet, label))


def _claim(sheet: Sheet, label: Token) -> _Claim:
    found = pair(sheet, label)
    shares = _shares(sheet, label, found)
    later = label.role is Role.LATER or _follows_a_day(sheet, label) or any(map(_is_later, shares))
    doubtful = label.role is Role.DOUBTFUL or later or _is_of_a_day(sheet, label)
    if _is_of_a_coupon(sheet, label):
        return _Claim(label=label, shares=(), doubtful=False, unread=False)
    if _is_qualified(sheet, label):
        return _Claim(label=label, shares=(), doubtful=False, unread=label.role in _HELD)
    if label.role is Role.AVAILABLE_IF_SHARES and not all(s.number.unit for s in shares):
        doubtful = doubtful or not _is_among_shares(sheet, label)
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
    return _Claim(label=label, shares=shares, doubtful=doubtful, unread=unread, later=later)


def _is_later(share: Share) -> bool:
    """Whether what stands behind a number says that it is another day's:
    299.25(2027-11-10起可赎回)."""
    behind = normalize(share.token.lines[-1].text).partition(share.token.part.text)[2]
    return share.available and _FROM.search(_PAUSE.split(behind)[0]) is not None


def _is_of_a_coupon(sheet: Sheet, label: Token) -> bool:
    """满10,000元可用."""
    before = sheet.left_of(label)
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


def _is_a_class(sheet: Sheet, label: Token) -> bool:
    """Whether a label is a mark beside a code, Y份额, and has no number of its own."""
    if not _CLASS.fullmatch(label.part.text):
        return False
    found = pair(sheet, label)
    return not any(t.number and not t.number.digits for t in (found.value, *found.rivals) if t)


def is_of_a_name(label: Token) -> bool:
    """Whether a word of owning is part of a fund's name: 中证同业存单指数7天持有."""
    line = normalize(label.lines[0].text)
    return label.role is Role.HELD_IF_SHARES and _PERIOD.search(line) is not None


def _is_among_shares(sheet: Sheet, label: Token) -> bool:
    """Whether a block says of shares what it has of: 可用 beside 持有份额, and no word of money in
    the label's own line."""
    line = normalize(label.lines[0].text)
    if any(word in line for word in CASH):
        return False
    roles = {token.role for token in sheet.tokens if token is not label}
    cash = (t for t in sheet.tokens if t.role is Role.CASH and not _ACCOUNT.search(t.part.text))
    if any(pair(sheet, token).value is not None for token in cash):
        return False
    if _BARE.fullmatch(compact(label.part.text)):
        beside = {token.role for token in sheet.row(label)}
        return bool(beside & {Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.COST})
    beside_held = {token.role for token in sheet.row(label)}
    if Role.HELD in beside_held and beside_held & {Role.COST, Role.NAV}:
        return True
    if label.part.text.strip(": ").endswith("余额"):
        # Of shares only where what is owned or frozen is told as a balance too.
        return any(
            token.role in _BALANCES and token.part.text.strip(": ").endswith("余额")
            for token in sheet.tokens
            if token is not label
        )
    if label.part.text.strip(": ") == "份额" and any(
        compact(mate.part.text).startswith(_BESIDE_SHARES) for mate in sheet.row(label)
    ):
        return True
    if label.role is Role.HELD_IF_SHARES:
        return bool(roles & {Role.AVAILABLE, Role.COST, Role.NAV}) or _counts_too(sheet, label)
    if any(t.role is Role.AMOUNT and _OF_A_FUND.search(t.part.text) for t in sheet.tokens):
        return True  # 市值 alone may be an account's
    return bool(roles & {Role.HELD, Role.COST}) or _counts_too(sheet, label)


def _counts_too(sheet: Sheet, label: Token) -> bool:
    """Whether both what is owned and what can be used is told in numbers of something, beside the
    price of one."""
    roles = {token.role for token in sheet.tokens}
    words = [token.part.text for token in sheet.tokens if token.number is None]
    if any(word.endswith(_OF_SHARES) or word.startswith(COST) for word in words):
        return True
    orders = (t.part.text for t in sheet.tokens if t.role is Role.FIELD)
    if any(word in label for label in orders for word in ("份额", "份数")):
        return True
    if any(_EXCHANGE_TRADED.search(word) for word in words):
        return "卖" in label.part.text or label.part.text.endswith(("数量", "股数"))
    both = {Role.HELD_IF_SHARES, Role.AVAILABLE_IF_SHARES} <= roles
    return both and sum(word.endswith("数量") for word in words) > 1


def _is_qualified(sheet: Sheet, label: Token) -> bool:
    """Whether words before a label, in its line or in a title of their own above, make its number
    another's: 全市场 总份额, 赎回后."""
    before = sheet.left_of(label)
    if before is not None and before.lines[0] is label.lines[0] and before.number is None:
        role = role_of(before.part.text + label.part.text)
        if role is Role.FIELD:
            return True
    title = sheet.above(label)
    return title is not None and compact(title.part.text) in _AFTER


def _follows_a_day(sheet: Sheet, label: Token) -> bool:
    """Whether a day stands before a label of available shares in its line: it is that day's."""
    return label.role in _AVAILABLE and any(
        mate.role is Role.DAY
        and mate.lines[0] is label.lines[0]
        and mate.right <= label.left + label.height
        for mate in sheet.row(label)
    )


def _is_of_a_day(sheet: Sheet, label: Token) -> bool:
    """Whether the number of a column of available shares stands behind a day in its row."""
    value = pair(sheet, label).value if label.role in _AVAILABLE else None
    return (
        value is not None
        and not same_row(value, label)
        and any(m.role is Role.DAY and m.right <= value.left for m in sheet.row(value))
    )


def _shares(sheet: Sheet, label: Token, found: Pair) -> tuple[Share, ...]:
    tokens = (found.value,) if found.value is not None else found.rivals
    placed = found.value is not None
    if label.role is Role.HELD_IF_SHARES and not _is_among_shares(sheet, label):
        tokens = tuple(t for t in tokens if t.number and t.number.unit in ("份", "股"))
    shares = (_share(label, token, placed) for token in tokens)
    return tuple(share for share in shares if share is not None)


def _share(label: Token, token: Token, placed: bool) -> Share | None:
    """None where the number is none of shares."""
    number = token.number
    if number is None or not number.share:
        return None
    if _is_net_value(number) and token.lines[0] is not label.lines[-1]:
        return None
    return Share(label=label, token=token, number=number, placed=placed)


def _is_net_value(number: Number) -> bool:
    places = number.places >= _NET_VALUE_PLACES and not number.unit
    return places and Decimal(number.value) < _NET_VALUES_BELOW


def _available_ones(available: list[_Claim], held: list[_Claim], doubtful: list[_Claim]) -> Shares:
    spoken = [claim for claim in available if claim.shares]
    doubts = [claim for claim in doubtful if claim.shares and not _may_be_all(claim, spoken)]
    decided = _decide(spoken, doubts)
    if decided.reason is None and any(claim.unread for claim in available):
        # The same label again, its number not read: it may be another one.
        return Shares(found=decided.found, reason=Reason.NO_SHARE)
    return _with_others(decided, held)


def _may_be_all(doubt: _Claim, available: list[_Claim]) -> bool:
    """Whether a label has no fewer shares than can be used now, and is another day's or has no word
    of availability: 剩余份额 above 可赎回份额 may be all that is owned."""
    if not doubt.later and any(sign in doubt.label.part.text for sign in "可能"):
        return False
    most = max(Decimal(v) for claim in available for share in claim.shares for v in share.values)
    return all(Decimal(value) >= most for share in doubt.shares for value in share.values)


def _held_ones(held: list[_Claim], perhaps_available: list[_Claim]) -> Shares:
    """Held shares; what may be available shares must not say otherwise."""
    spoken = [claim for claim in held if claim.shares]
    doubts = [claim for claim in perhaps_available if claim.shares]
    if not spoken:
        shares = _distinct([share for claim in doubts for share in claim.shares])
        return Shares(found=shares, reason=Reason.NO_SHARE)
    decided = _decide(spoken, doubts)
    if decided.reason is None and any(claim.later for claim in doubts):
        return Shares(found=decided.found, reason=Reason.NO_SHARE)
    unread = [claim for claim in held if not claim.shares and _is_again(claim.label, spoken)]
    if decided.reason is None and (unread or any(claim.unread for claim in perhaps_available)):
        return Shares(found=decided.found, reason=Reason.NO_SHARE)
    return decided


def _is_again(label: Token, claims: list[_Claim]) -> bool:
    """True where the same words stand at a number elsewhere: a list, of which one was not read."""
    return any(claim.label.part.text == label.part.text for claim in claims)


def _decide(claims: list[_Claim], doubts: list[_Claim]) -> Shares:
    """One number that all claims agree on; doubts may be silent, but not disagree."""
    shares = [share for claim in claims for share in claim.shares]
    sure = [claim.shares[0] for claim in claims if len(claim.shares) == 1 and claim.shares[0].sure]
    if not sure:
        found = _distinct(shares)
        if all(share.placed for share in shares):
            return Shares(found=found, reason=Reason.AMBIGUOUS_NUMBER)
        return Shares(found=found, reason=Reason.MANY_SHARES if len(found) > 1 else Reason.NO_SHARE)
    answer = sure[0]
    total = None if doubts else _total(sure)
    if total is not None and len(sure) == len(claims):
        return Shares(found=(total,), reason=None)
    for claim in (*claims, *doubts):
        if not any(_same(value, answer.number.value) for s in claim.shares for value in s.values):
            everything = [*shares, *(share for doubt in doubts for share in doubt.shares)]
            return Shares(found=_distinct(everything), reason=Reason.MANY_SHARES)
    return Shares(found=(answer,), reason=None)


def _total(shares: list[Share]) -> Share | None:
    """The share that all others add up to: of several bank cards, or of several lots."""
    if len(shares) <= 2:
        return None
    largest = max(shares, key=lambda share: Decimal(share.number.value))
    rest = sum(Decimal(share.number.value) for share in shares if share is not largest)
    return largest if rest == Decimal(largest.number.value) else None


def _with_others(decided: Shares, held: list[_Claim]) -> Shares:
    others = [claim.shares[0] for claim in held if len(claim.shares) == 1]
    return Shares(
        found=decided.found,
        reason=decided.reason,
        others=tuple(share for share in others if share.sure),
    )


def _distinct(shares: list[Share]) -> tuple[Share, ...]:
    """Without those whose meanings all stand there already."""
    kept: list[Share] = []
    seen: set[Decimal] = set()
    for share in shares:
        numbers = {Decimal(value) for value in share.values}
        if not numbers <= seen:
            kept.append(share)
            seen |= numbers
    return tuple(kept)


def _same(one: str, other: str) -> bool:
    return Decimal(one) == Decimal(other)
