"""A fund's name taken apart: what is its own, what apps write or leave out, and its class."""

import re
from dataclasses import dataclass

from postprocess.normalize import compact, normalize

_CUT = re.compile(r"(?:\.{2,}|…|·{2,})$")
_SAID_OTHERWISE = (("交易型开放式指数", "ETF"), ("定期开放", "定开"), ("持有期", "持有"))
_MONEY = re.compile(
    r"(人民币|港币|美元(?=现?[汇钞])|美(?=钞)|美元(?=[()A-Z]|份额|$))?(现?[汇钞](?=[()A-Z]|份额|$))?(?:份额)?"
)
"""Share classes by currency. 美元 inside a name (美元债) is the fund's own."""
_FILLING = re.compile(
    r"ETF-FOF|证券投资|发起式|发起|开放式|联接|基金|后端|LOF|QDII|FOF|MOM|型|[^\w/]|_"
)
"""What one app writes and another leaves out."""
_CLASS = re.compile(r"(?:(?<=ETF)|(?<![A-Z]))((?:[A-FHIORX-Z]/)*[A-FHIORX-Z])类?$")
"""The letters of a class: A, or A/B. The F of ETF is none."""
_EXCHANGE_TRADED = re.compile(r"(.+ETF)([\u3400-\u9fff]{2,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What tells funds apart whose names are else the same; empty where the name does not say.

    classes: `A`, or `AB` for A/B. currency, form: 美 and 汇 for 美元现汇. back: 后端. linked: 联接.
    """

    classes: str = ""
    currency: str = ""
    form: str = ""
    back: bool = False
    linked: bool = False

    def contradict(self, other: "Marks") -> bool:
        """Whether both say something of class or currency, and not the same."""
        return bool(
            (self.classes and other.classes and not set(self.classes) & set(other.classes))
            or (self.currency and other.currency and self.currency != other.currency)
            or (self.form and other.form and self.form != other.form)
        )

    def in_common(self, other: "Marks") -> int:
        """How many of these marks the other one has too; for marks that do not contradict."""
        return (
            bool(self.classes and other.classes)
            + bool(self.currency and other.currency)
            + bool(self.form and other.form)
            + (self.back and other.back)
            + (self.linked and other.linked)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FundName:
    """One name. whole: all of it, as names are compared; own: without fillings and marks.

    cut: it ends with … or ..., so that more of it may follow.
    """

    whole: str
    own: str
    marks: Marks
    cut: bool


def fund_name(text: str) -> FundName:
    """Take a name apart, of a list or as it was read."""
    whole = compact(normalize(text)).upper()
    shown = _CUT.sub("", whole)
    cut = shown != whole
    whole = own = shown
    for long, short in _SAID_OTHERWISE:
        own = own.replace(long, short)
    linked, back = "联接" in own, "后端" in own
    currency, form, own = _without_money(own)
    own = _FILLING.sub("", own)
    classes = None if cut else _CLASS.search(own)
    return FundName(
        whole=whole,
        own=own[: classes.start()] if classes else own,
        marks=Marks(
            classes=classes[1].replace("/", "") if classes else "",
            currency=currency,
            form=form,
            back=back,
            linked=linked,
        ),
        cut=cut,
    )


def also_called(own: str) -> str:
    """The other order of an exchange-traded fund's name: 恒生ETF华夏 is 华夏恒生ETF; else empty."""
    turned = _EXCHANGE_TRADED.fullmatch(own)
    return turned[2] + turned[1] if turned else ""


def _without_money(text: str) -> tuple[str, str, str]:
    """Currency, its form, and the text without both."""
    if not any(sign in text for sign in "币美汇钞"):
        return "", "", text
    currency = form = ""
    parts, at = [], 0
    for found in _MONEY.finditer(text):
        if found[1] or found[2]:
            currency = (found[1] or ("美" if found[2] else ""))[:1]
            form = found[2][-1] if found[2] else ""
            parts.append(text[at : found.start()])
            at = found.end()
    return currency, form, "".join((*parts, text[at:]))
