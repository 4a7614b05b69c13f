"""The shares that a page shows, and which of them is the answer.

Available shares are asked for. Held shares are the answer only where the page has no label of
available ones; two labels with the same number are one.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from postprocess.claims import AVAILABLE, HELD, Claim, Share, claims_at, is_said, share_of
from postprocess.confidence import LOW_LINE
from postprocess.geometry import TokenGrid, is_flush, same_column
from postprocess.labels import Role
from postprocess.names import is_chip
from postprocess.normalize import normalize
from postprocess.numbers import Number
from postprocess.pairing import pair, pairs_of
from postprocess.tokens import Token, same_row
from postprocess.types import Reason

_KEPT = re.compile("冻结|锁|质押|封闭|限售|占用|受限|限制|持有期|在途")
"""Words of what is owned and cannot be used; what is not confirmed yet is not owned yet."""
_IN_TRANSIT = re.compile("(?:赎回|卖出|转出|转换)在途")
_KEPT_IN = re.compile("[(](?:含|包含|包括).{0,4}(?:冻结|质押|锁定|卖出|赎回|转换|在途)")
_BUYING = re.compile("买入|申购|认购|定投|购买")
_PAPERS = re.compile("份(?:保单|合同|协议|报告|文件|资料|问卷|公告)")
_ORDERED = re.compile(
    "确认|成功|成交|交易|买入|卖出|申购|赎回|定投|分红|转换|转[入出]|再投|派|最[低少]|[至不]少|起"
)
"""Words beside a number of shares that was ordered, or of a bound of orders."""
_TIERS = re.compile("费率|期限|天数|持有时间")
_PLACES = 2
_NEAR = 14.0
"""Heights around a held share within which another one may stand."""
_SAME_SIZE = 0.4
_NETWORK = re.compile(r"[2-6]G\+?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What the page says of shares.

    found: the shares to choose from, the answer alone where there is one. reason: why there is
    none. others: shares that do not count, but that may explain the amount.
    """

    found: tuple[Share, ...]
    reason: Reason | None
    others: tuple[Share, ...] = ()


def find_shares(grid: TokenGrid) -> Shares:
    """Choose among all numbers that stand at a label of shares."""
    claims = [claim for token in grid.tokens for claim in claims_at(grid, token)]
    # What somebody says that he owns is no field of the page; what can be sold may be told so.
    claims = [c for c in claims if c.label.role not in HELD or not is_said(c.label)]
    claims = _without_tiers(grid, claims)
    available = [c for c in claims if c.label.role in AVAILABLE and not c.doubtful]
    held = [claim for claim in claims if claim.label.role in HELD]
    doubtful = [claim for claim in claims if claim.doubtful]
    if any(claim.shares for claim in available):
        return _available_ones(available, held, doubtful)
    decided = _held_ones(held, [*available, *doubtful])
    if decided.reason is None:
        first = decided.found[0]
        orphans = _without_label(grid, first)
        if orphans or _is_partly_kept(grid, first) or _has_more(grid, first):
            return Shares(found=(*decided.found, *orphans), reason=Reason.NO_SHARE)
    return decided


def _is_partly_kept(grid: TokenGrid, held: Share) -> bool:
    """Whether some of what is owned cannot be used, and is told in shares: 冻结份额 300.00. What
    was ordered and is not confirmed is no part of it, unless the held shares' label says so."""
    in_held = _KEPT_IN.search(normalize(held.label.lines[0].text)) is not None
    for label in grid.tokens:
        if label.role is Role.FROZEN and in_held:
            pass
        elif not _KEPT.search(label.part.text) or (
            label.role is not Role.FROZEN
            and (label.role is not Role.FIELD or not _IN_TRANSIT.search(label.part.text))
        ):
            continue
        found = pair(grid, label)
        numbers = [t.number for t in (found.value, *found.rivals) if t is not None and t.number]
        numbers = [n for n in numbers if "在途" not in label.part.text or not _is_bought(grid, n)]
        if any(n.share and not n.digits and n.kind == "sure" and Decimal(n.value) for n in numbers):
            return True
    return False


def _without_tiers(grid: TokenGrid, claims: list[Claim]) -> list[Claim]:
    """Without the columns of a table of fees, where the same label has one number elsewhere."""
    sure = {claim.label.role for claim in claims if len(claim.shares) == 1 and claim.shares[0].sure}
    return [
        claim
        for claim in claims
        if not (
            claim.label.role in sure
            and len(claim.shares) != 1
            and any(_TIERS.search(mate.part.text) for mate in grid.row(claim.label))
        )
    ]


def _is_bought(grid: TokenGrid, number: Number) -> bool:
    """Whether the same number stands in a line that tells of a purchase."""
    return any(
        token.number is not None
        and token.number.value == number.value
        and _BUYING.search(normalize("".join(line.text for line in token.lines)))
        for token in grid.tokens
    )


def _has_more(grid: TokenGrid, held: Share) -> bool:
    """Whether further shares are told, 300.00份, and no label that is understood says what they
    are: they may be what can be used."""
    for token in grid.tokens:
        number = token.number
        if (
            number is None
            or number.unit != "份"
            or number.kind != "sure"
            or not number.share
            or Decimal(number.value) in (0, Decimal(held.number.value))
            or pairs_of(grid).is_taken(token)
        ):
            continue
        row = "".join(line.text for mate in (token, *grid.row(token)) for line in mate.lines)
        row = normalize(row)
        if not _ORDERED.search(row) and not _PAPERS.search(row) and not is_said(token):
            return True
    return False


def _without_label(grid: TokenGrid, held: Share) -> tuple[Share, ...]:
    """Numbers that stand as the held share does, but their label was not read: maybe 可用份额."""
    value, label = held.token, held.label
    if value.lines[0] is label.lines[-1]:
        return ()
    near = [
        t
        for t in grid.around(value, _NEAR)
        if _stands_alike(value, t) and not _is_anothers(grid, t)
    ]
    if same_row(value, label):
        found = [
            t
            for t in near
            if (is_flush(value, t) or same_row(value, t)) and not _is_words(grid.left_of(t))
        ]
    else:
        side = grid.above if label.middle < value.middle else grid.below
        found = [
            t
            for t in near
            if not _is_words(side(t))
            and (same_column(value, t) or any(_is_words(side(mate)) for mate in grid.row(t)))
        ]
    shares = (share_of(label, token, False) for token in found)
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


def _is_anothers(grid: TokenGrid, value: Token) -> bool:
    """True where a label has this number, or a day stands before it."""
    return pairs_of(grid).is_taken(value) or any(
        mate.role is Role.DAY and mate.right <= value.left for mate in grid.row(value)
    )


def _is_words(token: Token | None) -> bool:
    return token is not None and token.number is None


def _available_ones(available: list[Claim], held: list[Claim], doubtful: list[Claim]) -> Shares:
    spoken = [claim for claim in available if claim.shares]
    doubts = [claim for claim in doubtful if claim.shares and not _may_be_all(claim, spoken)]
    decided = _decide(spoken, doubts)
    if decided.reason is None and any(claim.unread for claim in available):
        # The same label again, its number not read: it may be another one.
        return Shares(found=decided.found, reason=Reason.NO_SHARE)
    return _with_others(decided, held)


def _may_be_all(doubt: Claim, available: list[Claim]) -> bool:
    """Whether a label has no fewer shares than can be used now, and is another day's or has no word
    of availability: 剩余份额 above 可赎回份额 may be all that is owned."""
    if not doubt.later and any(sign in doubt.label.part.text for sign in "可能"):
        return False
    most = max(Decimal(v) for claim in available for share in claim.shares for v in share.values)
    return all(Decimal(value) >= most for share in doubt.shares for value in share.values)


def _held_ones(held: list[Claim], perhaps_available: list[Claim]) -> Shares:
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


def _is_again(label: Token, claims: list[Claim]) -> bool:
    """True where the same words stand at a number elsewhere: a list, of which one was not read."""
    return any(claim.label.part.text == label.part.text for claim in claims)


def _decide(claims: list[Claim], doubts: list[Claim]) -> Shares:
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


def _with_others(decided: Shares, held: list[Claim]) -> Shares:
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
