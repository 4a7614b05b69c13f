"""Compares a stored row with what other rules or another reading say of it; changes nothing."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from db.replace import Doubt, Replacement
from db.rows import ReviewState, Row
from pipeline.extractor import deciding_lines
from pipeline.reading import reading_of
from postprocess.evidence import VERSION, page_from_json, redact
from postprocess.extract import Rules
from postprocess.types import Extraction, Page
from serving.say import counted


class Effect(StrEnum):
    """What another decision would do to a row's reading."""

    SAME = "same"
    CHANGED = "changed"  # other values
    GAINED = "gained"  # an answer where there was none
    LOST = "lost"  # none where there was one
    OTHER_REASON = "other reason"  # refused as before, for another reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A reading's answer; both values empty and a reason where there is none."""

    fund_code: str
    hold_share: str
    reason: str | None

    def __str__(self) -> str:
        return self.reason or f"{self.fund_code} {self.hold_share}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A row, its reading's decision, and another one of the same picture."""

    row: Row
    before: Decision
    after: Decision

    @property
    def outcome(self) -> Effect:
        if self.before == self.after:
            return Effect.SAME
        if self.before.reason and self.after.reason:
            return Effect.OTHER_REASON
        if self.before.reason:
            return Effect.GAINED
        return Effect.LOST if self.after.reason else Effect.CHANGED

    @property
    def verdict(self) -> str | None:
        """Of the other decision, where a person has said what the picture shows: `right`, `wrong`
        or `missed`; None where nobody has."""
        row = self.row
        if row.review_state not in (ReviewState.CORRECTED, ReviewState.CONFIRMED):
            return None
        if self.after.reason:
            return "missed"
        said = (row.answer_fund_code, row.answer_hold_share)
        return "right" if (self.after.fund_code, self.after.hold_share) == said else "wrong"

    @property
    def may_be_applied(self) -> bool:
        """Whether it would change the row's reading, and nobody has judged the row: what people
        said of a reading is not taken from under them."""
        return self.outcome is not Effect.SAME and self.row.review_state == ReviewState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What rules say of the page that a row keeps."""

    compared: Compared
    page: Page
    extraction: Extraction

    @property
    def needs_picture(self) -> bool:
        """Whether these rules answer where the row does not, and only a new reading of the picture
        may store that: the evidence is of an older kind, which lacks words that these rules would
        refuse for, or no second recogniser has read what decides."""
        if self.compared.outcome is not Effect.GAINED:
            return False
        is_older = self.compared.row.evidence.get("version", 1) < VERSION
        return is_older or any(line.second is None for line in deciding_lines(self.extraction))

    @property
    def change(self) -> Replacement | Doubt | None:
        """What is stored of it. What a row answers is in somebody's books: it is never taken away
        or changed without a person, only doubted."""
        row, outcome = self.compared.row, self.compared.outcome
        if row.review_state != ReviewState.OPEN or self.needs_picture:
            return None
        if row.flag:
            other = self._other()
            if other == row.doubt:
                return None
            return Doubt(identity=row.image_url, row_version=row.row_version, other=other)
        return None if outcome is Effect.SAME else self._replacement()

    def _other(self) -> dict[str, Any] | None:
        """As `Row.doubt` has it."""
        after = self.compared.after
        if self.compared.outcome is Effect.SAME:
            return None
        return {
            "fund_code": after.fund_code,
            "hold_share": after.hold_share,
            "reason": after.reason,
            "rules_version": self.extraction.rules,
        }

    def _replacement(self) -> Replacement:
        row = self.compared.row
        reading = reading_of(
            self.page,
            self.extraction,
            identity=row.image_url,
            url_type=row.url_type,
            image_sha256=row.image_sha256,
            refresh=True,
        )
        return Replacement(row_version=row.row_version, reading=reading)


def replay(row: Row, rules: Rules) -> Replayed | None:
    """Apply rules to the page that the row keeps; None where none is kept in our form (rows of an
    import)."""
    try:
        kept = page_from_json(row.evidence, row.model_version)
    except (KeyError, TypeError, ValueError):
        return None
    if not kept.width or not kept.height:  # rules would say that nothing is on it
        return None
    page, extraction = redact(kept, rules)
    code, share = extraction.fund_code, extraction.hold_share
    after = Decision(
        fund_code=code.value if code else "",
        hold_share=share.value if share else "",
        reason=None if extraction.reason is None else str(extraction.reason),
    )
    return Replayed(
        compared=Compared(row=row, before=decision_of(row), after=after),
        page=page,
        extraction=extraction,
    )


def decision_of(row: Row) -> Decision:
    """What the row's reading answered, whatever people said of it since."""
    return Decision(
        fund_code=row.ocr_fund_code if row.flag else "",
        hold_share=row.ocr_hold_share if row.flag else "",
        reason=None if row.flag else row.reason,
    )


# What `--apply` of `replay` and `reread` came to, row by row.

CHANGED_SINCE = "has changed since it was looked at, and stays as it is"
GONE = "was deleted meanwhile"


@dataclass(slots=True, kw_only=True)
class Applied:
    """changed: rows that took their new reading. doubted: rows whose answer stays and now stands
    in the review queue beside another; trusted: that do so no longer. left: id of each other row,
    and what became of it. failed: how many of these should have taken theirs.
    """

    changed: int = 0
    doubted: int = 0
    trusted: int = 0
    left: list[tuple[int, str]] = field(default_factory=list)
    failed: int = 0

    def show(self) -> int:
        """Name every row that was left, count the others; 1 where one failed."""
        for id, why in sorted(self.left):
            print(f"row {id} {why}")
        rows = counted(self.changed, "row was", "rows were")
        print(f"{rows} changed; what people have judged stayed as it was.")
        if self.doubted:
            print(
                f"{counted(self.doubted, 'row goes', 'rows go')} on answering as before; the "
                "review queue shows such rows first, with both answers (存疑)."
            )
        if self.trusted:
            rows = counted(self.trusted, "row is", "rows are")
            print(f"{rows} no longer doubted: these rules say the same.")
        if self.failed:
            rows = counted(self.failed, "row")
            print(f"{rows} could not be stored; run the same command again.")
        return 1 if self.failed else 0

    def show_what_was_done(self) -> None:
        """Where the command ends early: what it has changed by then is stored."""
        if self.changed or self.doubted or self.trusted or self.left:
            self.show()
