"""The tables of labels as the module builds them when it is loaded."""

import json
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from postprocess import labels
from postprocess.labels import AVAILABLE, HELD, Role, is_label, known_labels, role_of
from postprocess.normalize import normalize

WORDS = json.loads(Path(__file__).with_name("layout_words.json").read_text("utf-8"))
ROLES = {normalize(text): role for role, texts in WORDS["roles"].items() for text in texts}


def loaded_anew() -> ModuleType:
    """The module once more, beside the one in use."""
    spec = find_spec("postprocess.labels")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_the_same_each_time_they_are_built() -> None:
    again: Any = loaded_anew()
    assert again.known_labels() == known_labels()
    assert {form: role.name for form, role in again._SLIPS.items()} == {
        form: role.name for form, role in labels._SLIPS.items()
    }
    assert again._USED == labels._USED
    assert {text: again.role_of(text).name for text in ROLES} == ROLES


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("当前可用份额", "AVAILABLE"),
        ("最多可卖份额", "AVAILABLE"),
        ("最多可卖", "AVAILABLE_WITH_UNIT"),
        ("最多持有份额", "TEXT"),
        ("总持有份额", "HELD"),
        ("我的持仓", "HELD_WITH_UNIT"),
        ("您当前持有", "HELD_WITH_UNIT"),
        ("availableshares", "AVAILABLE"),
        ("sharesheld", "HELD"),
        ("fundcode", "CODE"),
        ("nav", "NAV"),
    ],
)
def test_a_label_loaded_anew_is_known_with_what_may_stand_before_it(label: str, role: str) -> None:
    again: Any = loaded_anew()
    assert again.role_of(label).name == role


def test_a_slip_in_a_label_loaded_anew_is_seen() -> None:
    again: Any = loaded_anew()
    slips = {
        "可用份颧": "AVAILABLE",
        "可用犇份额": "AVAILABLE",
        "可赎犇份额": "AVAILABLE",
        "可赎份额": "AVAILABLE",
        "可赎回犇份额": "AVAILABLE",
        "当前可赎回份犇": "AVAILABLE",
        "最多可赎犇份额": "AVAILABLE",
        "持犇份额": "HELD",
        "持仓份犇": "HELD",
        "当前持有份犇": "HELD",
        "持有犇额": "TEXT",
        "犇用份额": "DOUBTFUL",
        "可用犇额": "DOUBTFUL",
        "已用份额": "FIELD",
        "持有总份": "HELD",
        "持总份额": "HELD",
        "持有额": "TEXT",
    }
    assert {text: again.role_of(text).name for text in slips} == slips


def test_the_longest_label_is_known_first() -> None:
    known = known_labels()
    assert [len(label) for label in known] == sorted((len(label) for label in known), reverse=True)
    assert "可用份额" in known and "availableshares" in known
    assert list(known) == sorted(known, key=lambda label: (-len(label), label))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("可用份额", True),
        ("可用份额(份)", True),
        ("可用份额:", True),
        ("可用份颧", False),
        ("可转让份额", False),
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
        ("可用份额(仿)", Role.AVAILABLE),
        ("可用份额(不含冻结)", Role.FIELD),
        ("可用(含当日)", Role.FIELD),
        ("可用份额(当日)", Role.DOUBTFUL),
        ("可用份额i", Role.AVAILABLE),
        ("可用份额@", Role.AVAILABLE),
        ("可用份额份", Role.AVAILABLE),
        ("可用份额约", Role.AVAILABLE),
        ("可用份额共计", Role.AVAILABLE),
        ("现金分红可卖份额", Role.DOUBTFUL),
        ("单账户最低可卖份额", Role.FIELD),
        ("可流通份额", Role.AVAILABLE),
        ("最多可流通份额", Role.AVAILABLE),
        ("可流通的好份额", Role.DOUBTFUL),
        ("易方达可用份颧易方达可用份额啊啊啊", Role.TEXT),
    ],
)
def test_what_stands_beside_a_label_changes_what_it_means(text: str, role: Role) -> None:
    assert role_of(text) is role


@pytest.mark.parametrize("label", [label for label in (*AVAILABLE, *HELD) if len(label) > 4])
def test_a_long_label_that_lost_a_character_is_never_one_of_other_shares(label: str) -> None:
    if label.isascii():
        return
    meant = role_of(label)
    for index, character in enumerate(label):
        left = label[:index] + label[index + 1 :]
        if character not in "可份" and not is_label(left):
            assert role_of(left) in (meant, Role.DOUBTFUL, Role.FIELD), left
