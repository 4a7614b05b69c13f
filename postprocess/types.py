"""The values that flow through the rules: text lines in, one extraction out."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Quad: TypeAlias = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One text line as the recogniser read it.

    text: what was read, unchanged.
    confidence: mean of the recogniser's per-character probability, 0–1.
    quad: corners (x, y) in pixels of the picture as a person sees it (EXIF applied),
        clockwise from the text's top-left.
    characters: the probability of each character of `text`; empty where the engine tells none.
    second: what another recogniser read in the same place; None where it was not asked.
    covered: something that is no text lies over the characters that decide, or right beside them.
    """

    text: str
    confidence: float
    quad: Quad
    characters: tuple[float, ...] = ()
    second: str | None = None
    covered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All lines of one picture in reading order; width and height in pixels.

    turned: degrees clockwise by which the picture was turned before it was read; places are those
        of the turned one. on_its_side: it lies on its side, and could not be read upright.
    """

    lines: tuple[Line, ...]
    width: int
    height: int
    model_version: str = ""
    turned: int = 0
    on_its_side: bool = False


class Reason(StrEnum):
    """Why a page has no sure answer."""

    NO_TEXT = "NO_TEXT"
    TURNED = "TURNED"
    NO_CODE = "NO_CODE"
    MANY_CODES = "MANY_CODES"
    NO_SHARE = "NO_SHARE"
    MANY_SHARES = "MANY_SHARES"
    AMBIGUOUS_NUMBER = "AMBIGUOUS_NUMBER"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    READINGS_DISAGREE = "READINGS_DISAGREE"
    CHECK_DISAGREES = "CHECK_DISAGREES"
    CODE_NOT_LISTED = "CODE_NOT_LISTED"
    CODE_NAME_DISAGREE = "CODE_NAME_DISAGREE"
    RULE_ERROR = "RULE_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One value that the rules took from a page, and where it stands.

    value: the value as the rules give it (`011608`, `1234.56`).
    text: the whole line it was taken from; label: the label it belongs to (shares only).
    confidence: of the value's own characters, 0–1. lines: where it was read, more than one where
        it was cut; empty where a second reading of them would change nothing.
    """

    value: str
    text: str
    confidence: float
    quad: Quad
    label: str | None = None
    lines: tuple[Line, ...] = ()


class PageKind(StrEnum):
    """What sort of page it is."""

    HOLDING = "holding"
    LIST = "list"
    SELL = "sell"
    CONVERSION = "conversion"
    PURCHASE = "purchase"
    ORDER = "order"
    CONFIRMATION = "confirmation"
    PROFILE = "profile"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One row of a page that lists several holdings; a part that is not there is empty."""

    fund_code: str
    name: str
    hold_share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What the rules say of one page.

    Exactly one code and one share and no reason: the answer. Otherwise `reason` says why not
    and the candidates stay for the person who looks at the page. kind: what the page was taken
    for; None where the rules do not tell pages apart.
    """

    rules: str
    fund_codes: tuple[Found, ...] = ()
    hold_shares: tuple[Found, ...] = ()
    holdings: tuple[Holding, ...] = ()
    reason: Reason | None = None
    kind: PageKind | None = None
    checks: dict[str, str] = field(default_factory=dict)

    @property
    def fund_code(self) -> Found | None:
        """The code that is answered; None when the page has no sure answer."""
        return None if self.reason else self.fund_codes[0]

    @property
    def hold_share(self) -> Found | None:
        """The share that is answered; None when the page has no sure answer."""
        return None if self.reason else self.hold_shares[0]
