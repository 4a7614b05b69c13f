"""Draws the screenshots of samples/.

Each has an answer that even the simplest rules find (the share's value follows its label in
reading order, and no other number looks like a code), or none at all.
"""

import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from PIL.PngImagePlugin import PngInfo

from evals.screens.brief import Brief, Label
from evals.screens.facts import Fund, Position
from evals.screens.fonts import fingerprint
from evals.screens.layouts import BY_NAME
from evals.screens.render import render
from evals.screens.screen import Screen

RENDERED_WITH = "Rendered-With"
"""Key of a PNG's text: `evals.screens.fonts.fingerprint` of the machine that drew it."""

_JPEG_QUALITY = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A bundled picture: which layout, in which dress, and what it shows."""

    file: str
    layout: str
    face: str
    width: int
    brief: Brief

    def screen(self) -> Screen:
        """Draw it; dark where the file's name says so."""
        dark = "_dark_" in self.file
        return render(BY_NAME[self.layout], self.brief, dark=dark, face=self.face, width=self.width)

    def encoded(self) -> bytes:
        """The bytes of the picture's file, in the format that its name says."""
        data = io.BytesIO()
        picture = self.screen().picture
        if self.file.endswith(".png"):
            info = PngInfo()
            info.add_text(RENDERED_WITH, fingerprint())
            picture.save(data, "PNG", optimize=True, pnginfo=info)
        else:
            picture.save(data, "JPEG", quality=_JPEG_QUALITY)
        return data.getvalue()


def write(folder: Path) -> list[str]:
    """Write all samples and `truth.json` into a folder; returns the files' names."""
    truth: dict[str, dict[str, str]] = {}
    for sample in SAMPLES:
        (folder / sample.file).write_bytes(sample.encoded())
        answer = sample.screen().truth
        truth[sample.file] = {"fund_code": answer.fund_code, "hold_share": answer.hold_share}
    text = json.dumps(truth, ensure_ascii=False, indent=2) + "\n"
    (folder / "truth.json").write_text(text, encoding="utf-8")
    return [*truth, "truth.json"]


def _position(
    name: str, code: str, held: str, nav: str, *, available: str = "", cost: str, previous: str,
    day: date, kind: str = "混合型",
) -> Position:  # fmt: skip
    return Position(
        fund=Fund(name=name, code=code, kind=kind),
        held=Decimal(held),
        available=Decimal(available or held),
        nav=Decimal(nav),
        previous_nav=Decimal(previous),
        cost_price=Decimal(cost),
        day=day,
    )


def _available(text: str = "可用份额") -> Label:
    return Label(text=text, family="available")


def _held(text: str = "持有份额") -> Label:
    return Label(text=text, family="held")


_CONSUMER = _position(
    "恒澜消费升级混合A", "011608", "1234.56", "1.8742",
    cost="1.6520", previous="1.8611", day=date(2024, 8, 14),
)  # fmt: skip
_BLUE_CHIP = _position(
    "星禾蓝筹精选混合A", "005827", "28450.31", "2.1035",
    available="21337.73", cost="2.3160", previous="2.1207", day=date(2024, 5, 9),
)  # fmt: skip
_HEALTH = _position(
    "泽信医药健康股票C", "000934", "5600.00", "0.9127",
    cost="1.2044", previous="0.9203", day=date(2024, 11, 21), kind="股票型",
)  # fmt: skip
_SMALL = _position(
    "云川科技创新混合C", "202015", "6.56", "2.9506",
    cost="2.4410", previous="2.9133", day=date(2024, 8, 14),
)  # fmt: skip
_INDEX = _position(
    "嘉澄沪深300ETF联接A", "163407", "103620.08", "1.2764",
    cost="1.1930", previous="1.2719", day=date(2025, 3, 6), kind="指数型",
)  # fmt: skip
_BOND = _position(
    "南屿稳健增利债券A", "002611", "48211.90", "1.0816",
    cost="1.0537", previous="1.0812", day=date(2025, 2, 18), kind="债券型",
)  # fmt: skip
_GROWTH = _position(
    "明岳优质成长混合E", "018344", "9875.42", "1.4508",
    available="7406.57", cost="1.5022", previous="1.4377", day=date(2024, 9, 27),
)  # fmt: skip
_LARGE = _position(
    "瑞泊高端制造股票A", "110022", "1286034.17", "3.0277",
    cost="2.8150", previous="3.0592", day=date(2024, 6, 13), kind="股票型",
)  # fmt: skip
_DIVIDEND = _position(
    "启衡红利低波动指数C", "270053", "320.55", "1.1128",
    cost="1.0466", previous="1.1079", day=date(2025, 1, 9), kind="指数型",
)  # fmt: skip

SAMPLES: tuple[Sample, ...] = (
    Sample(
        file="alipay_light_rows.png", layout="alipay_asset", face="noto", width=1170,
        brief=Brief(position=_CONSUMER, available=_available(), clock="9:41", variant=20),
    ),
    Sample(
        file="alipay_dark_two_labels.jpg", layout="alipay_asset", face="noto", width=1284,
        brief=Brief(
            position=_BLUE_CHIP, held=_held(), available=_available(), code_style="labelled",
            clock="22:08", variant=31,
        ),
    ),
    Sample(
        file="tiantian_light_redeem_form.png", layout="tiantian_redeem", face="microhei",
        width=1080,
        brief=Brief(
            position=_HEALTH, available=_available(), code_style="brackets", decoys=False,
            share_style="plain_unit", clock="14:36", variant=42,
        ),
    ),
    Sample(
        file="licaitong_light_inline.png", layout="licaitong_inline", face="noto", width=1125,
        brief=Brief(
            position=_SMALL, held=_held(), code_style="below", clock="8:17", variant=53,
        ),
    ),
    Sample(
        file="licaitong_dark_inline.jpg", layout="licaitong_inline", face="microhei", width=1179,
        brief=Brief(
            position=_LARGE, available=_available(), code_style="same_line", clock="20:55",
            variant=64,
        ),
    ),
    Sample(
        file="cmb_light_product_code.png", layout="cmb_rows", face="noto", width=1242,
        brief=Brief(
            position=_BOND, held=_held(), code_style="product", clock="10:02", variant=75,
        ),
    ),
    Sample(
        file="cmb_dark_two_labels.jpg", layout="cmb_rows", face="noto", width=1170,
        brief=Brief(
            position=_GROWTH, held=_held(), available=_available(), code_style="product",
            clock="19:24", variant=86,
        ),
    ),
    Sample(
        file="fundhouse_light_label_above.png", layout="fundhouse_card", face="noto", width=1080,
        brief=Brief(
            position=_INDEX, available=_available("可用份额(份)"), code_style="labelled",
            clock="11:30", variant=97,
        ),
    ),
    Sample(
        file="xueqiu_light_pairs.jpg", layout="xueqiu_pairs", face="zenhei", width=1080,
        brief=Brief(
            position=_DIVIDEND, held=_held(), code_style="brackets", share_style="plain",
            clock="21:12", variant=108,
        ),
    ),
    Sample(
        file="danjuan_light_no_code.png", layout="danjuan_holding", face="noto", width=1080,
        brief=Brief(position=_CONSUMER, held=_held(), show_code=False, clock="7:45", variant=119),
    ),
    Sample(
        file="tiantian_light_list.png", layout="tiantian_list", face="noto", width=1080,
        brief=Brief(
            position=_BOND, others=(_HEALTH, _GROWTH, _DIVIDEND), held=_held(), clock="12:51",
            variant=130,
        ),
    ),
    Sample(
        file="cmb_dark_bank_balance.jpg", layout="cmb_balance", face="noto", width=1080,
        brief=Brief(
            position=_SMALL, others=(_GROWTH, _CONSUMER, _BOND, _DIVIDEND), clock="16:03",
            variant=141,
        ),
    ),
)  # fmt: skip
