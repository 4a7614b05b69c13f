"""Names that apps give to shares; a third is kept out of tuning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """family: `available` (may be sold now) or `held` (all that is owned)."""

    text: str
    family: str
    held_out: bool = False


def _labels(family: str, tuned: str, held_out: str) -> tuple[Label, ...]:
    return tuple(
        Label(text=text, family=family, held_out=texts is held_out)
        for texts in (tuned, held_out)
        for text in texts.split()
    )


AVAILABLE = _labels(
    "available",
    tuned="可用份额 可用份额(份) 可卖份额 可赎回份额 当前可用份额（份） 可用 可转出份额",
    held_out="可转出份额(份) 可卖出份额 可赎回份额（份） 当前可用份额",
)
HELD = _labels(
    "held",
    tuned="持有份额 持有份额(份) 持仓份额 基金份额 持有份额（份） 当前份额",
    held_out="总份额 持仓份额(份) 持有总份额",
)
LABELS: dict[str, tuple[Label, ...]] = {"available": AVAILABLE, "held": HELD}

FROZEN = ("交易冻结份额", "质押冻结份额", "异常冻结份额", "冻结份额")
