"""Computes the columns that sum up what people said of a row. Pure."""

from dataclasses import dataclass
from typing import Any

from db import column_types
from db.rows import Dismissal, Imported, ReviewState, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """fund_code, hold_share: the person's values, both empty unless the state is `corrected`.
    dismissal: why, if the state is `dismissed`.
    """

    state: ReviewState = ReviewState.OPEN
    fund_code: str = ""
    hold_share: str = ""
    dismissal: str | None = None

    @classmethod
    def of(cls, row: Row) -> "Review":
        """What is said of the row now."""
        return cls(
            state=ReviewState(row.review_state),
            fund_code=row.update_fund_code,
            hold_share=row.update_hold_share,
            dismissal=row.dismissal,
        )

    @classmethod
    def through(cls, row: Row, ocr_fund_code: str, ocr_hold_share: str) -> "Review":
        """What is said of the row when it takes another reading: all of it. A confirmed answer
        that the new reading does not give again stands as a correction.
        """
        read = (row.ocr_fund_code, row.ocr_hold_share)
        if row.review_state == ReviewState.CONFIRMED and read != (ocr_fund_code, ocr_hold_share):
            return cls(state=ReviewState.CORRECTED, fund_code=read[0], hold_share=read[1])
        return cls.of(row)

    @classmethod
    def before(cls, snapshot: dict[str, Any], row: Row) -> "Review":
        """What was said when this line of history was written, of the reading that is there now."""
        state = ReviewState(snapshot["review_state"])
        read = (snapshot["ocr_fund_code"], snapshot["ocr_hold_share"])
        if state == ReviewState.CONFIRMED and read != (row.ocr_fund_code, row.ocr_hold_share):
            return cls(state=ReviewState.CORRECTED, fund_code=read[0], hold_share=read[1])
        return cls(
            state=state,
            fund_code=snapshot["update_fund_code"],
            hold_share=snapshot["update_hold_share"],
            dismissal=snapshot.get("dismissal"),
        )

    @classmethod
    def imported(cls, values: Imported) -> "Review":
        """What is said of a row that comes from another table."""
        if not values.fund_code:
            return cls()
        return cls(
            state=ReviewState.CORRECTED, fund_code=values.fund_code, hold_share=values.hold_share
        )

    def columns(self, ocr_fund_code: str, ocr_hold_share: str, flag: bool) -> dict[str, Any]:
        """The columns of a row with this reading. What a reader of the table should use is the
        person's, else the reading's; of a dismissed row nothing.
        """
        code, share = ocr_fund_code, ocr_hold_share
        if self.state == ReviewState.CORRECTED:
            code, share = self.fund_code, self.hold_share
        elif self.state == ReviewState.DISMISSED:
            code = share = ""
        return {
            "review_state": self.state,
            "update_fund_code": self.fund_code,
            "update_hold_share": self.hold_share,
            "dismissal": self.dismissal,
            "fund_code": column_types.fund_code(code),
            "hold_share": column_types.hold_share(share),
            "judged": self.judge(ocr_fund_code, ocr_hold_share, flag),
        }

    def judge(self, ocr_fund_code: str, ocr_hold_share: str, flag: bool) -> str | None:
        """How the reading stands beside it: `right`, `wrong` (other values, or an answer where the
        picture has none) or `missed` (no answer where there is one); None: nobody knows.
        """
        if self.state == ReviewState.CONFIRMED:
            return "right"
        if self.state == ReviewState.DISMISSED:
            known = self.dismissal in (Dismissal.NOT_A_FUND, Dismissal.UNREADABLE)
            return ("wrong" if flag else "right") if known else None
        if self.state == ReviewState.OPEN:
            return None
        if not flag:
            return "missed"
        same = ocr_fund_code == self.fund_code and _same(ocr_hold_share, self.hold_share)
        return "right" if same else "wrong"


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    number = column_types.hold_share(one)
    return number is not None and number == column_types.hold_share(other)
