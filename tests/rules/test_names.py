"""What reads like a fund's name."""

import pytest

from postprocess.names import is_chip, is_name
from postprocess.normalize import compact, normalize


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("四个汉字A", True),
        ("三个字A", False),
        ("四个汉字", False),
        ("四个混合", True),
        ("四 个 混 合", True),
        ("四个汉字a", False),
        ("四个汉字A类", True),
        ("A四个汉字", False),
        ("恒澜" + "消" * 36 + "混合", True),
        ("恒澜" + "消" * 37 + "混合", False),
        ("混合型基金", False),
    ],
)
def test_a_name_has_four_characters_and_a_kind_or_class(text: str, name: bool) -> None:
    assert is_name(text) is name


@pytest.mark.parametrize(
    ("text", "chip"),
    [("混合型 | 中风险", True), ("混 合 型", True), ("混合型甲", False), ("R6", False)],
)
def test_marks_beside_a_code_are_only_marks(text: str, chip: bool) -> None:
    assert is_chip(text) is chip


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("plain text²", "plain text "),
        ("１２３．５", "123.5"),
        ("（份）", "(份)"),
        ("①②", "  "),
        ("净\u200b值\ufeff", "净值"),
        ("1–2—3−4", "1-2—3-4"),
        ("a b", "a b"),
        ("ABC 1.5", "ABC 1.5"),
    ],
)
def test_a_text_is_written_one_way(text: str, normal: str) -> None:
    assert normalize(text) == normal


def test_a_compact_text_has_no_spaces() -> None:
    assert compact(" 可 用\t份\n额 ") == "可用份额"
