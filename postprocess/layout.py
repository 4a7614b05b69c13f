"""The `layout` rules: they understand the screen.

lines → parts (`segments`) → where they stand (`geometry`) → which number is whose (`pairing`) →
codes, shares, checks → one extraction. Whatever is doubtful is told and not answered.

Where several reasons apply the first of these is given: nothing to read (NO_TEXT), what is not
there or there more than once (NO_CODE, MANY_CODES, then the share's NO_SHARE, AMBIGUOUS_NUMBER,
MANY_SHARES), what contradicts itself (CODE_NAME_DISAGREE, CHECK_DISAGREES), what was read too
faintly (LOW_CONFIDENCE), and last what another recogniser reads otherwise (READINGS_DISAGREE).
"""

from dataclasses import replace

from postprocess.checks import Verdict, check, exceeds_held
from postprocess.confidence import confidence, is_faint
from postprocess.fund_code import Code, find_codes
from postprocess.funds import Fit, FundList
from postprocess.geometry import Sheet, Token
from postprocess.hold_share import Share, Shares, find_shares
from postprocess.holdings import list_holdings, name_beside
from postprocess.second import other_readings
from postprocess.types import Extraction, Found, Page, Quad, Reason

VERSION = "layout@1"


def extract(page: Page, funds: FundList | None = None) -> Extraction:
    """Apply the rules to the lines of one page; never raises. funds: confirms codes by name."""
    version = VERSION if funds is None else f"{VERSION}+{funds.version}"
    if not any(line.text.strip() for line in page.lines):
        return Extraction(
            rules=version, reason=Reason.NO_TEXT, checks={"share_times_nav": Verdict.ABSENT.value}
        )
    sheet = Sheet(page)
    codes = find_codes(sheet)
    if funds is not None and len(codes) > 1:
        codes = _named(sheet, codes, funds)
    shares = find_shares(sheet)
    verdict = _check(sheet, shares)
    found = Extraction(
        rules=version,
        fund_codes=tuple(_found(code.token, code.value) for code in codes),
        hold_shares=tuple(_found_share(s, value) for s in shares.found for value in s.values),
        holdings=list_holdings(sheet, codes) if len(codes) > 1 else (),
        reason=_reason(sheet, codes, shares, verdict, funds),
        checks={"share_times_nav": verdict.value},
    )
    return found if found.reason else _against_second(found, codes[0].token, shares.found[0].token)


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
    sheet: Sheet,
    codes: tuple[Code, ...],
    shares: Shares,
    verdict: Verdict,
    funds: FundList | None,
) -> Reason | None:
    if len(codes) != 1:
        return Reason.MANY_CODES if codes else Reason.NO_CODE
    if shares.reason is not None:
        return shares.reason
    code, share = codes[0].token, shares.found[0]
    if funds is not None and funds.fit(codes[0].value, name_beside(sheet, code)) is Fit.OTHER:
        return Reason.CODE_NAME_DISAGREE
    if verdict is Verdict.DISAGREES or exceeds_held(share, shares.others):
        return Reason.CHECK_DISAGREES
    if is_faint(code) or is_faint(share.token):
        return Reason.LOW_CONFIDENCE
    return None


def _check(sheet: Sheet, shares: Shares) -> Verdict:
    if shares.reason is not None:
        return Verdict.ABSENT
    others = [other.number.value for other in shares.others]
    return check(sheet, shares.found[0].number.value, others)


def _named(sheet: Sheet, codes: tuple[Code, ...], funds: FundList) -> tuple[Code, ...]:
    """The one code that the list and the name beside it confirm; all where not just one is."""
    same = tuple(
        code for code in codes if funds.fit(code.value, name_beside(sheet, code.token)) is Fit.SAME
    )
    return same if len(same) == 1 else codes


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
