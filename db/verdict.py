"""What people have said of a row, as the columns that say it; pure."""

from dataclasses import dataclass
from typing import Any

from db import typed
from db.rows import ReviewState, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """fund_code, hold_share: the person's values, both empty unless the state is `corrected`.
    dismissal: why, if the state is `dismissed`.
    """

    state: ReviewState = ReviewState.OPEN
    fund_code: str = ""
    hold_share: str = ""
    dismissal: str | None = None

    @classmethod
    def of(cls, row: Row) -> "Verdict":
        """What is said of the row now."""
        return cls(
            state=ReviewState(row.review_state),
            fund_code=row.update_fund_code,
            hold_share=row.update_hold_share,
            dismissal=row.dismissal,
        )

    @classmethod
    def through(cls, row: Row, ocr_fund_code: str, ocr_hold_share: str) -> "Verdict":
        """What is said of the row when it takes another reading: all of it. A confirmed answer
        that the new reading does not give again stands as a correction.
        """
        read = (row.ocr_fund_code, row.ocr_hold_share)
        if row.review_state == ReviewState.CONFIRMED and read != (ocr_fund_code, ocr_hold_share):
            return cls(state=ReviewState.CORRECTED, fund_code=read[0], hold_share=read[1])
        return cls.of(row)

    @classmethod
    def before(cls, snapshot: dict[str, Any], row: Row) -> "Verdict":
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

    def columns(self, ocr_fund_code: str, ocr_hold_share: str) -> dict[str, Any]:
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
            "fund_code": typed.fund_code(code),
            "hold_share": typed.hold_share(share),
        }
