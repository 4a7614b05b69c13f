"""The tables of labels as the modules build them when they are loaded, and what labels mean."""

import json
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from postprocess import grammar
from postprocess.grammar import Part
from postprocess.labels import (
    AMOUNT,
    CODE,
    COST,
    NAV,
    Role,
    has_unit,
    is_label,
    known_labels,
    listed,
    role_of,
)
from postprocess.normalize import compact, normalize

WORDS = json.loads(Path(__file__).with_name("layout_words.json").read_text("utf-8"))
ROLES = {normalize(text): role for role, texts in WORDS["roles"].items() for text in texts}
AVAILABLE, HELD = WORDS["available"], WORDS["held"]


def loaded_anew(name: str) -> ModuleType:
    """A module once more, beside the one in use."""
    spec = find_spec(f"postprocess.{name}")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_the_same_each_time_they_are_built() -> None:
    again: Any = loaded_anew("labels")
    assert again.known_labels() == known_labels()
    assert {text: again.role_of(text).name for text in ROLES} == ROLES


def test_every_word_of_a_label_that_decides_has_a_case() -> None:
    """In layout_words.json, where a new word says what it makes of a label."""
    parts = (Part.CAN, Part.HOLD, Part.KEPT, Part.SHARES)
    written = [word for part in parts for word in grammar.WORDS[part].split()]
    words = [compact(normalize(w)).casefold() for w in (*written, *NAV, *COST, *AMOUNT, *CODE)]
    kinds = ("available", "held", "available_if_shares", "held_if_shares", "other_shares")
    cases = [compact(normalize(text)).casefold() for kind in kinds for text in WORDS[kind]]
    cases += [compact(text).casefold() for text in ROLES]
    assert [word for word in words if not any(word in case for case in cases)] == []


def test_the_grammar_says_the_same_each_time_it_is_built() -> None:
    again: Any = loaded_anew("grammar")
    labels = [*AVAILABLE, *HELD, *WORDS["other_shares"], "可用份颧", "特有份额", "可犇份额"]
    assert {label: again.meaning(label).name for label in labels} == {
        label: grammar.meaning(label).name for label in labels
    }


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("当前可用份额", "AVAILABLE"),
        ("最多可卖份额", "AVAILABLE"),
        ("最多可卖", "AVAILABLE_IF_SHARES"),
        ("总持有份额", "HELD"),
        ("我的持仓", "HELD_IF_SHARES"),
        ("您当前持有", "HELD_IF_SHARES"),
        ("availableshares", "AVAILABLE"),
        ("sharesheld", "HELD"),
        ("fundcode", "CODE"),
        ("nav", "NAV"),
    ],
)
def test_a_label_loaded_anew_is_known_with_what_may_stand_before_it(label: str, role: str) -> None:
    again: Any = loaded_anew("labels")
    assert again.role_of(label).name == role


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("可用份颧", Role.AVAILABLE),
        ("可用犇份额", Role.AVAILABLE),
        ("可赎犇份额", Role.AVAILABLE),
        ("可赎份额", Role.AVAILABLE),
        ("可赎回犇份额", Role.AVAILABLE),
        ("当前可赎回份犇", Role.AVAILABLE),
        ("最多可赎犇份额", Role.AVAILABLE),
        ("持犇份额", Role.HELD),
        ("持仓份犇", Role.HELD),
        ("当前持有份犇", Role.HELD),
        ("持有总份", Role.HELD),
        ("持有犇额", Role.TEXT),
        ("犇用份额", Role.DOUBTFUL),
        ("可用犇额", Role.DOUBTFUL),
        ("已用份额", Role.DOUBTFUL),
        ("持总份额", Role.DOUBTFUL),
        ("持有额", Role.HELD_IF_SHARES),
    ],
)
def test_a_slip_in_a_label_is_seen(label: str, role: Role) -> None:
    assert role_of(label) is role


def test_the_longest_label_is_known_first() -> None:
    known = known_labels()
    assert [len(label) for label in known] == sorted((len(label) for label in known), reverse=True)
    assert {"可用份额", "可赎回份额", "持有数量", "总份额", "基金代码", "nav"} <= set(known)
    assert not {"赎回份额", "份额", "我的可用份额"} & set(known)
    assert list(known) == sorted(known, key=lambda label: (-len(label), label))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("可用份额", True),
        ("可用份额(份)", True),
        ("可用份额:", True),
        ("可转让份额", True),
        ("可用余额", True),
        ("基金代码", True),
        ("可兑付份额", False),
        ("赎回份额", False),
        ("说明", False),
        ("", False),
    ],
)
def test_a_label_is_one_to_the_letter_only(text: str, known: bool) -> None:
    assert is_label(text) is known


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("净值(元)", Role.NAV),
        ("持有金额约为", Role.AMOUNT),
        ("市值(元)", Role.AMOUNT),
        ("金额(元)", Role.AMOUNT),
        ("资产(人民币)", Role.AMOUNT),
        ("资产(CNY)", Role.AMOUNT),
        ("金额", Role.FIELD),
        ("可用(元)", Role.FIELD),
        ("持有(元)", Role.FIELD),
        ("可用份额(万)", Role.DOUBTFUL),
        ("可用份额(手)", Role.DOUBTFUL),
        ("可用份额(%)", Role.DOUBTFUL),
        ("可用份额(仿)", Role.DOUBTFUL),
        ("持有份额(仿)", Role.HELD),
        ("持有份额(万)", Role.FIELD),
        ("可用份额(含冻结)", Role.DOUBTFUL),
        ("持有份额(含冻结)", Role.HELD),
        ("可用份额(已扣除冻结部分)", Role.AVAILABLE),
        ("可用份额(t日)", Role.AVAILABLE),
        ("可用份额(仅供参考)", Role.AVAILABLE),
        ("可用份额以公告为准", Role.TEXT),
        ("若可用份额不足", Role.TEXT),
        ("请输入可用份额", Role.TEXT),
        ("成本价(元)", Role.COST),
        ("可取", Role.CASH),
        ("可取(元)", Role.CASH),
        ("可取(份)", Role.AVAILABLE),
        ("可赎回(份)", Role.AVAILABLE),
        ("可赎回(股)", Role.AVAILABLE),
        ("持有(份)", Role.HELD),
        ("可赎回(人民币)", Role.FIELD),
        ("可用份额(不含冻结)", Role.AVAILABLE),
        ("可用(含当日)", Role.DOUBTFUL),
        ("可用份额(当日)", Role.DOUBTFUL),
        ("可用份额i", Role.AVAILABLE),
        ("可用份额@", Role.AVAILABLE),
        ("可用份额份", Role.AVAILABLE),
        ("可用份额约", Role.AVAILABLE),
        ("可用份额共计", Role.AVAILABLE),
        ("现金分红可卖份额", Role.DOUBTFUL),
        ("单账户最低可卖份额", Role.DOUBTFUL),
        ("可流通份额", Role.AVAILABLE),
        ("最多可流通份额", Role.AVAILABLE),
        ("易方达可用份颧易方达可用份额啊啊啊", Role.TEXT),
    ],
)
def test_what_stands_beside_a_label_changes_what_it_means(text: str, role: Role) -> None:
    assert role_of(text) is role


@pytest.mark.parametrize("label", [label for label in (*AVAILABLE, *HELD) if len(label) > 4])
def test_a_long_label_that_lost_a_character_is_never_one_of_other_shares(label: str) -> None:
    if label.isascii():
        return
    careful = {role_of(label), Role.DOUBTFUL, Role.FIELD}
    if label in HELD:
        careful.add(Role.TEXT)  # a held share that is overlooked answers nothing
    for index, character in enumerate(label):
        left = label[:index] + label[index + 1 :]
        if character not in "可份" and not is_label(left):
            assert role_of(left) in careful, left


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("可赎回(份)", True),
        ("可赎回(股)", True),
        ("可赎回(单位:份)", True),
        ("可用份额", True),
        ("持有股数", True),
        ("可赎回", False),
        ("可用数量(元)", False),
        ("可用余额()", False),
    ],
)
def test_a_label_may_say_itself_that_its_number_is_shares(text: str, unit: bool) -> None:
    assert has_unit(text) is unit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("当前可卖份额（份）：", "可卖份额"),
        ("我的持有总份额", "持有份额"),
        ("最多可卖", "可卖"),
        ("持有数量", "持有数量"),
        ("赎回份额", None),
        ("冻结份额", None),
        ("次日可用份额", None),
        ("可兑付份额", None),
        ("可用份颧", None),
        ("张三的说明", None),
        ("净值", None),
    ],
)
def test_only_labels_to_the_letter_are_written_down(text: str, words: str | None) -> None:
    assert listed(text) == words


@pytest.mark.parametrize("label", ["可用份额(合计)", "可用份额(总计)"])
def test_a_total_of_available_shares_is_what_can_be_used(label: str) -> None:
    assert role_of(label) is Role.AVAILABLE
    assert role_of("可用份额(T+1)") is not Role.AVAILABLE
