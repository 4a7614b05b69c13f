"""What a row keeps of a page decides again as the page itself did."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess import layout, seed
from postprocess.evidence import page_from_json, page_to_json, redact
from postprocess.types import Extraction, Line, Page

VECTORS = Path(__file__).parents[1] / "seed_rule_vectors.jsonl"


def page(*texts: str) -> Page:
    quads = [((1.26, i), (2.0, i), (2.0, i + 1), (1.0, i + 1)) for i in range(len(texts))]
    lines = (Line(text=t, confidence=0.98765, quad=q) for t, q in zip(texts, quads, strict=True))
    return Page(lines=tuple(lines), width=100, height=100)


def kept_texts(*texts: str) -> list[str | None]:
    kept, _ = redact(page(*texts), seed.extract)
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
    # A fault of the replaced rules: the first six digits of an order number are a code to them.
    texts = ("订单号20240112345678", "可用份额 12.30")
    assert seed.extract(page(*texts)).reason is None
    kept, found = redact(page(*texts), seed.extract)
    assert found.fund_code is not None and found.fund_code.value == "202401"
    assert kept.lines[0].text == "订单号20240112345678"


def test_of_a_page_that_decides_by_one_long_run_all_others_stay_masked() -> None:
    # Its first six digits are the code; nothing else may be shown because of it.
    texts = ("王小明 尾号1234", "订单号20240112345678", "可用份额 12.30", "张三 您好 1")
    kept, found = redact(page(*texts), seed.extract)
    assert found.reason is None
    assert [line.text for line in kept.lines] == [
        "某某某 尾号****",
        "订单号20240112345678",
        "可用份额 12.30",
        "某某 您好 1",
    ]


@pytest.mark.parametrize("count", [1, 2, 30, 1000])
def test_masking_costs_a_small_number_of_runs_on_any_page(count: int) -> None:
    """Each order number is a code to the seed's rules as long as it is not masked."""
    texts = [f"订单号2024011234{n:05}" for n in range(count)] + ["可用份额 12.30"]
    runs = 0

    def counted(shown: Page) -> Extraction:
        nonlocal runs
        runs += 1
        return seed.extract(shown)

    kept, found = redact(page(*texts), counted)
    assert runs <= 2 + 2 * (math.ceil(math.log2(count + 1)) + 1)
    again = seed.extract(kept)
    assert found == again
    read = seed.extract(page(*texts))
    for values in ("fund_codes", "hold_shares"):
        assert [one.value for one in getattr(again, values)] == [
            one.value for one in getattr(read, values)
        ]


def test_where_nothing_that_is_masked_decides_the_rules_run_twice() -> None:
    runs = 0

    def counted(shown: Page) -> Extraction:
        nonlocal runs
        runs += 1
        return layout.extract(shown)

    texts = [f"尾号 {n:04}" for n in range(300)] + ["基金代码 011608", "可用份额 12.30"]
    redact(page(*texts), counted)
    assert runs == 2


@pytest.mark.parametrize("text", ["热销推荐", "基金转换", "转入", "理财产品", "确认单"])
def test_words_that_make_rules_refuse_are_kept(text: str) -> None:
    assert kept_texts(text, "妈妈") == [text, None]


def test_evidence_of_every_vector_gives_its_answer_again() -> None:
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        original = page(*json.loads(line)["lines"])
        kept, found = redact(original, seed.extract)
        plain = seed.extract(original)
        assert [c.value for c in found.fund_codes] == [c.value for c in plain.fund_codes]
        assert [s.value for s in found.hold_shares] == [s.value for s in plain.hold_shares]
        assert found.reason == plain.reason
        assert again(kept) == found


def kept(*texts: str) -> list[dict[str, object]]:
    """The stored lines of a page for the rules that read every line."""
    settled, _ = redact(page(*texts), seed.extract)
    lines: list[dict[str, object]] = page_to_json(settled)["lines"]
    return lines


def test_a_line_is_kept_with_its_place_and_confidence_rounded() -> None:
    line = Line(
        text="可用份额 12.30",
        confidence=0.987654,
        quad=((1.26, 2.34), (90.04, 2.36), (90.06, 9.99), (1.0, 10)),
    )
    settled, _ = redact(Page(lines=(line,), width=100, height=50), seed.extract)
    assert page_to_json(settled) == {
        "version": 2,
        "width": 100,
        "height": 50,
        "lines": [
            {
                "text": "可用份额 12.30",
                "confidence": 0.9877,
                "quad": [[1.3, 2.3], [90.0, 2.4], [90.1, 10.0], [1.0, 10.0]],
            }
        ],
    }


def test_of_a_hidden_line_only_length_and_place_are_kept() -> None:
    (line,) = kept("张小明")
    assert line == {"length": 3, "quad": [[1.3, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0]]}


def test_a_hidden_line_comes_back_as_boxes_that_nobody_read() -> None:
    settled, _ = redact(page("张小明", "持有份额"), seed.extract)
    back = page_from_json(page_to_json(settled), model_version="small")
    assert back == Page(
        lines=(
            Line(text="□□□", confidence=0.0, quad=((1.3, 0), (2.0, 0), (2.0, 1), (1.0, 1))),
            Line(text="持有份额", confidence=0.9877, quad=((1.3, 1), (2.0, 1), (2.0, 2), (1.0, 2))),
        ),
        width=100,
        height=100,
        model_version="small",
    )
    assert settled == page_from_json(page_to_json(settled))
    assert page_from_json(page_to_json(settled)).model_version == ""


def test_an_empty_line_stays_one() -> None:
    assert [line.get("text") for line in kept("", "持有份额")] == ["", "持有份额"]


def test_what_stands_in_a_numbers_place_is_kept() -> None:
    assert kept_texts("****", "--", "暂无", "可用", "Available", "净值", "张三") == [
        *("****", "--", "暂无", "可用", "Available", "净值"),
        None,
    ]


def test_only_what_decides_is_kept_as_read() -> None:
    texts = ("6222021234567890123", "单号20240112345678", "可用份额 12.30")
    settled, found = redact(page(*texts), seed.extract)
    assert [line.text for line in settled.lines] == ["*" * 19, *texts[1:]]
    assert found == seed.extract(settled)


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
    kept, found = redact(page(*texts), seed.extract)
    assert found.reason == seed.extract(page(*texts)).reason
    assert again(kept) == found
