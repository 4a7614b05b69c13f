"""What a row keeps of a page decides again as the page itself did."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from postprocess import seed
from postprocess.evidence import page_from_json, page_to_json, settle
from postprocess.types import Extraction, Line, Page

VECTORS = Path(__file__).parents[1] / "seed_rule_vectors.jsonl"


def page(*texts: str) -> Page:
    quads = [((1.26, i), (2.0, i), (2.0, i + 1), (1.0, i + 1)) for i in range(len(texts))]
    lines = (Line(text=t, confidence=0.98765, quad=q) for t, q in zip(texts, quads, strict=True))
    return Page(lines=tuple(lines), width=100, height=100)


def kept_texts(*texts: str) -> list[str | None]:
    kept, _ = settle(page(*texts), seed.extract)
    return [line.get("text") for line in page_to_json(kept)["lines"]]


def again(kept: Page) -> Extraction:
    """The rules applied to what came back from a database."""
    return seed.extract(page_from_json(json.loads(json.dumps(page_to_json(kept)))))


def test_lines_that_say_nothing_of_the_holding_are_not_kept() -> None:
    assert kept_texts("张小明", "易方达蓝筹精选混合", "持有份额", "12.30", "资产详情") == [
        None,
        "易方达蓝筹精选混合",
        "持有份额",
        "12.30",
        None,
    ]


def test_long_digit_runs_are_masked() -> None:
    assert kept_texts("卡号 尾号 1234", "138 0013 8000", "单号-20240112345678") == [
        "卡号 尾号 ****",
        "*** **** ****",
        "单号-**************",
    ]


def test_a_long_run_that_decides_is_kept_as_it_was_read() -> None:
    # A fault of today's rules: the first six digits of an order number are a code to them.
    texts = ("订单号20240112345678", "可用份额 12.30")
    assert seed.extract(page(*texts)).reason is None
    kept, found = settle(page(*texts), seed.extract)
    assert found.fund_code is not None and found.fund_code.value == "202401"
    assert kept.lines[0].text == "订单号20240112345678"


def test_of_a_page_that_decides_by_one_long_run_all_others_stay_masked() -> None:
    # Its first six digits are the code; nothing else may be shown because of it.
    texts = ("王小明 尾号1234", "订单号20240112345678", "可用份额 12.30", "张三 您好 1")
    kept, found = settle(page(*texts), seed.extract)
    assert found.reason is None
    assert [line.text for line in kept.lines] == [
        "某某某 尾号****",
        "订单号20240112345678",
        "可用份额 12.30",
        "某某 您好 1",
    ]


def test_evidence_of_every_vector_gives_its_answer_again() -> None:
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        original = page(*json.loads(line)["lines"])
        kept, found = settle(original, seed.extract)
        plain = seed.extract(original)
        assert [c.value for c in found.fund_codes] == [c.value for c in plain.fund_codes]
        assert [s.value for s in found.hold_shares] == [s.value for s in plain.hold_shares]
        assert found.reason == plain.reason
        assert again(kept) == found


PIECES = st.sampled_from(
    [
        "可用份额",
        "持有份额",
        "份额",
        "可用",
        "011608",
        "6222021234567890",
        "尾号1234",
        "张*明 您好",
        "138****8000",
        "1,234.56",
        "|",
        ",",
        "张",
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=4).map("".join) | st.text(max_size=12), max_size=8)


@given(TEXTS)
def test_evidence_of_any_page_gives_its_answer_again(texts: list[str]) -> None:
    kept, found = settle(page(*texts), seed.extract)
    assert found.reason == seed.extract(page(*texts)).reason
    assert again(kept) == found
