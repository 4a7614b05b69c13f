"""The rule set `layout`: decides by where things stand on the screen.

lines → parts (`segments`) → where they stand (`geometry`) → which number is whose (`pairing`) →
codes, shares, checks → one extraction. Whatever is doubtful is told and not answered.

Where several reasons apply the first of these is given: a page on its side (TURNED), nothing to
read (NO_TEXT), what is not there or there more than once (NO_CODE, MANY_CODES, then the share's
NO_SHARE, AMBIGUOUS_NUMBER, MANY_SHARES), what a list of funds refuses (CODE_NOT_LISTED,
CODE_NAME_DISAGREE), what contradicts itself (CHECK_DISAGREES), what was read too faintly or lies
under something (LOW_CONFIDENCE), and last what another recogniser reads otherwise
(READINGS_DISAGREE).
"""

import re
from dataclasses import replace
from typing import TypeAlias

from postprocess.checks import CheckResult, check, exceeds_held, exceeds_rest, explains_amount
from postprocess.claims import SHARES, Share, is_of_a_name, is_said, shares_at
from postprocess.confidence import confidence, is_faint
from postprocess.fund_code import Code, Standing, find_codes
from postprocess.funds import Fit, FundList
from postprocess.geometry import TokenGrid
from postprocess.heads import (
    Block,
    Head,
    block_of,
    detail_pane,
    heads_of,
    past_adverts,
    with_what_is_above,
)
from postprocess.hold_share import Shares, find_shares
from postprocess.holdings import list_holdings, name_beside
from postprocess.kinds import ANSWERED, page_kind
from postprocess.labels import Role
from postprocess.normalize import normalize
from postprocess.remarks import strange
from postprocess.second import other_readings
from postprocess.tokens import Token
from postprocess.types import Extraction, Found, Page, PageKind, Quad, Reason

VERSION = "layout@2"
HOLDINGS = SHARES | {Role.AMOUNT, Role.COST}
_Answer: TypeAlias = tuple[Shares, CheckResult, Reason | None]
"""Shares, how they are worth the amount, and why they are no answer."""
_OFFER = re.compile(
    r"近[一二三四五半0-9]{1,2}个?[年月周日]|成立以来|今年来|起购|定投|人在?[买购持]|[0-9]%"
)
"""What is said of a fund that one may buy."""
_LOCKED = re.compile(
    r"锁定至|锁定期内|锁定中|暂不可[卖赎转用]|不[可能得](?:赎回|卖出?|转出)(?!份|数|出份|出数)|无法(?:赎回|卖出)|未到期|到期日|起可(?:申请|办理)?(?:赎回|卖出|转出)|可(?:赎回|卖出?|取)日|满.{1,6}[年月天]后可"
    r"|份额(?:已)?(?:包含|包括|含).{0,6}(?:卖出|赎回|转出|冻结|锁定|在途)|部分.{0,10}(?:冻结|锁定|质押|受限)|以实际可|下[一个次]+开放|封闭期|封闭中|封闭运作|清算|(?<![或可])暂停赎回|司法冻结|仅可(?:赎回|卖出)在?本"
    r"|份额(?:已被?|被)(?:冻结|质押)|存在份额(?:冻结|质押)|(?<!不)含(?:冻结|质押)份额|质押(?:中|融资|份额暂)|(?<!不)含(?:买入)?待确认(?:份额|部分)|份额[(]?(?<!不)含(?:在途|待确认|买入)|预估份额|份额.{0,14}已计入|中的?份额不可|锁定[0-9一二三两]+个?[年月天]"
)
"""What is said where nothing can be sold yet, or any more."""
_EDGE = 1.5
"""Pixels from a picture's side within which a number is cut off."""
_THESE_LOCKED = re.compile("(?:以上|上述|该笔?)(?:份额|持仓|基金).{0,6}(?:锁定|冻结|封闭|不[可能])")


def extract(page: Page, funds: FundList | None = None) -> Extraction:
    """Apply the rules to the lines of one page; never raises. funds: what is not on
    the list, or another fund there, is refused."""
    version = VERSION if funds is None else f"{VERSION}+{funds.version}"
    if page.on_its_side or not any(line.text.strip() for line in page.lines):
        return Extraction(
            rules=version,
            reason=Reason.TURNED if page.on_its_side else Reason.NO_TEXT,
            kind=PageKind.OTHER,
            checks={"share_times_nav": CheckResult.ABSENT.value},
        )
    grid = TokenGrid(page)
    codes = find_codes(grid)
    heads = heads_of(grid, codes)
    if pane := detail_pane(grid, heads):
        grid, codes = pane, find_codes(pane)
        heads = heads_of(grid, codes)
    own = [head for head in heads if head.code is not None and not head.code.is_others]
    if funds is not None and len(own) > 1:
        named = _named(own, funds)
        heads = [head for head in heads if head in named or head not in own]
        own = named
    code = own[0].code if own else None
    block = None
    if own:
        at = heads.index(own[0])
        block = with_what_is_above(grid, heads, at) or block_of(grid, heads, at)
    shares, verdict, reason = _answer(grid, codes, own[0] if own else None, block, funds)
    if own and not shares.found:
        beyond = _beyond_adverts(grid, codes, heads, own[0], funds)
        shares, verdict, reason = beyond or (shares, verdict, reason)
    if reason is None and block is not None:
        available = shares.found[0].available
        bottom = max(y for line in block.lines for _, y in line.quad)
        if _is_locked(grid, available=available) or strange(
            grid, shares.found[0].token.top, bottom, available=available
        ):
            reason = Reason.NO_SHARE
    rivals = _rivals(grid, codes, own)
    kind = page_kind(grid)
    if rivals and (reason or kind is PageKind.CONVERSION or _may_be_meant(grid, heads, own, block)):
        reason = Reason.MANY_CODES
    elif kind not in ANSWERED:
        reason = reason or Reason.NO_SHARE
    elif reason is None and _has_shares_of_another(grid, heads, own[0]):
        reason = Reason.MANY_SHARES
    if reason is Reason.MANY_CODES:
        shares = find_shares(grid)  # of all blocks, for the person who chooses
    shown = codes if code is None else (code, *rivals) if reason is Reason.MANY_CODES else (code,)
    holdings = list_holdings(grid, codes) if reason is Reason.MANY_CODES else ()
    if kind is PageKind.HOLDING and len(holdings) > 1:
        kind = PageKind.LIST
    found = Extraction(
        rules=version,
        fund_codes=tuple(_found(one.token, one.value) for one in shown),
        hold_shares=tuple(_found_share(s, value) for s in shares.found for value in s.values),
        holdings=holdings,
        reason=reason,
        kind=kind,
        checks={"share_times_nav": verdict.value},
    )
    if found.reason or code is None:
        return found
    return _against_second(found, code.token, shares.found[0].token)


def _beyond_adverts(
    grid: TokenGrid, codes: tuple[Code, ...], heads: list[Head], own: Head, funds: FundList | None
) -> _Answer | None:
    """The shares below an advert that stands in the middle of a holding's block. Whose they are is
    sure only where they are worth the amount above it."""
    block = past_adverts(grid, heads, heads.index(own))
    if block is None:
        return None
    inside = grid.of(block.lines)
    shares, verdict, reason = _answer(grid, codes, own, block, funds)
    sure = (share for share in (*shares.found, *shares.others) if share.sure)
    if any(explains_amount(inside, share.number.value) for share in sure):
        return shares, verdict, reason
    return None


def _answer(
    grid: TokenGrid,
    codes: tuple[Code, ...],
    head: Head | None,
    block: Block | None,
    funds: FundList | None,
) -> _Answer:
    """The shares of a block, or of the page where there is none, and why they are no answer."""
    inside = grid.of(block.lines) if block else grid
    _leave_out(inside, codes)
    shares = find_shares(inside)
    verdict = _check(inside, shares)
    return shares, verdict, _reason(inside, head, shares, verdict, funds)


def _rivals(grid: TokenGrid, codes: tuple[Code, ...], own: list[Head]) -> tuple[Code, ...]:
    """Other codes that may be the holding's: of further heads, and those that were misread."""
    if not own or own[0].code is None:
        return ()
    value = own[0].code.value
    others = [head.code for head in own[1:] if head.code is not None and head.code.value != value]
    return (*others, *(code for code in codes if code.standing is Standing.DAMAGED))


def _may_be_meant(grid: TokenGrid, heads: list[Head], own: list[Head], block: Block | None) -> bool:
    """Whether one of several codes may be held as well as the first: both stand in one table or
    beside each other, one was misread, or what is said of one is no offer."""
    others = own[1:]
    return (
        not others
        or (block is not None and block.is_of_table)
        or _beside(own[0], others[0])
        or _are_held(grid, heads, others)
    )


def _named(own: list[Head], funds: FundList) -> list[Head]:
    """The one whose name the list confirms; all where not just one is."""
    same = [one for one in own if one.code and funds.fit(one.code.value, one.name) is Fit.SAME]
    return same if len(same) == 1 else own


def _leave_out(grid: TokenGrid, codes: tuple[Code, ...]) -> None:
    """Codes and their names take no part in giving numbers to labels, wherever they stand again."""
    lines = {id(line) for code in codes for line in code.token.lines}
    names = [code.name for code in codes if code.name is not None]
    again = {code.value for code in codes} | {name.part.text for name in names}
    lines |= {id(line) for name in names for line in name.lines}
    lines |= {id(t.lines[0]) for t in grid.tokens if t.first and t.last and t.part.text in again}
    grid.no_fields = {
        id(token)
        for token in grid.tokens
        if (token.number is None or token.number.digits)
        and not lines.isdisjoint(map(id, token.lines))
    }


def _is_locked(grid: TokenGrid, *, available: bool) -> bool:
    """Whether the page says that what is owned cannot be sold now; of what is called available only
    a sentence about just these shares says so."""
    said = _THESE_LOCKED if available else _LOCKED
    lines = {token.lines[0].text for token in grid.tokens}
    return any(said.search(normalize(line)) for line in lines)


def _are_held(grid: TokenGrid, heads: list[Head], others: list[Head]) -> bool:
    """Whether another fund may be held too: its block has a number of a holding, or says nothing
    that is said of funds that one may buy."""
    for head in others:
        block = grid.of(block_of(grid, heads, heads.index(head)).lines)
        # Labels above it may be those of the holding's own block, and some own in what they write.
        words = [
            token
            for token in block.tokens
            if token.bottom > head.top and not is_said(token) and not is_of_a_name(token)
        ]
        if any(token.role in HOLDINGS for token in words):
            return True
        lines = [normalize(token.lines[0].text) for token in words]
        if not any(_OFFER.search(line) for line in lines):
            return True
    return False


def _has_shares_of_another(grid: TokenGrid, heads: list[Head], own: Head) -> bool:
    """Whether shares stand below another fund's name, which has no code."""
    for at, head in enumerate(heads):
        if head is own or head.code is not None:
            continue
        other = grid.of(block_of(grid, heads, at).lines)
        if any(t.role in SHARES and shares_at(other, t) for t in other.tokens):
            return True
    return False


def _beside(head: Head, other: Head) -> bool:
    return abs(head.top - other.top) < head.height / 2


def _against_second(found: Extraction, code: Token, share: Token) -> Extraction:
    """The answer, or both readings as candidates where the second one is another."""
    codes, shares = (
        other_readings(code, found.fund_codes[0].value),
        other_readings(share, found.hold_shares[0].value),
    )
    if codes is None and shares is None:
        return found
    return replace(
        found,
        fund_codes=_with_others(found.fund_codes[0], codes or ()),
        hold_shares=_with_others(found.hold_shares[0], shares or ()),
        reason=Reason.READINGS_DISAGREE,
    )


def _with_others(first: Found, values: tuple[str, ...]) -> tuple[Found, ...]:
    text = " ".join(line.second or "" for line in first.lines)
    return (first, *(replace(first, value=value, text=text) for value in values))


def _reason(
    grid: TokenGrid,
    head: Head | None,
    shares: Shares,
    verdict: CheckResult,
    funds: FundList | None,
) -> Reason | None:
    code = head.code if head else None
    if head is None or code is None:
        return Reason.NO_CODE
    if shares.reason is not None:
        return shares.reason
    share = shares.found[0]
    if funds is not None and code.value not in funds:
        return Reason.CODE_NOT_LISTED
    # Two lines where the name is wrapped.
    names = (name_beside(grid, code.token), head.name.replace(code.value, ""))
    if funds is not None and any(funds.fit(code.value, name) is Fit.OTHER for name in names):
        return Reason.CODE_NAME_DISAGREE
    if verdict is CheckResult.DISAGREES or exceeds_held(share, shares.others):
        return Reason.CHECK_DISAGREES
    if exceeds_rest(grid, share, shares.others):
        return Reason.CHECK_DISAGREES
    if is_faint(code.token) or is_faint(share.token) or _is_cut(grid, share.token):
        return Reason.LOW_CONFIDENCE
    if any(line.covered for line in (*code.token.lines, *share.token.lines)):
        return Reason.LOW_CONFIDENCE
    return None


def _is_cut(grid: TokenGrid, token: Token) -> bool:
    """Whether a number ends at the picture's edge, where digits may be missing."""
    return abs(token.left) <= _EDGE or abs(token.right - grid.width) <= _EDGE


def _check(grid: TokenGrid, shares: Shares) -> CheckResult:
    if shares.reason is not None:
        return CheckResult.ABSENT
    others = [other.number.value for other in shares.others]
    share = shares.found[0]
    is_part = share.available and not others
    return check(grid, share.number.value, others, is_part=is_part)


def _found_share(share: Share, value: str) -> Found:
    return _found(share.token, value, share.label.part.text.strip(": "))


def _found(token: Token, value: str, label: str | None = None) -> Found:
    first, last = token.lines[0], token.lines[-1]
    quad: Quad = (first.quad[0], last.quad[1], last.quad[2], first.quad[3])
    return Found(
        value=value,
        text=" ".join(line.text for line in token.lines),
        confidence=confidence(token),
        quad=quad,
        label=label,
        lines=token.lines,
    )
