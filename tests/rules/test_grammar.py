"""What a label of shares says by its words."""

import pytest

from postprocess.grammar import WORDS, Meaning, Part, meaning, without_scope

LISTS = [(part, word) for part, text in WORDS.items() for word in text.split()]


def meanings(labels: str) -> set[Meaning]:
    """Of labels parted by spaces."""
    return {meaning(label) for label in labels.split()}


@pytest.mark.parametrize(
    ("labels", "meant"),
    [
        ("可用份额 可赎回份数 可卖出股份 可转出基金份额 份额可用 可用持有份额", Meaning.AVAILABLE),
        ("可用份额余额 可赎回总份额 availableshares redeemableunits 已解锁份额", Meaning.AVAILABLE),
        ("可用 可赎回 可卖数量 可用余额 available", Meaning.AVAILABLE_IF_SHARES),
        ("持有份额 持仓份数 总份额 我的份额 sharesheld currentshares", Meaning.HELD),
        ("持有 持仓 持有数量 份额 份额余额 总数量 仓位", Meaning.HELD_IF_SHARES),
        ("冻结份额 质押冻结份额 在途份额 待确认份额 锁定份额 受限份额", Meaning.KEPT),
        ("赎回份额 委托数量 分红份额 昨日份额 未到期份额 赠送份额", Meaning.ANOTHERS),
        ("最低持有份额 单笔可赎回份额 起卖份额 每笔赎回份额", Meaning.ANOTHERS),
        ("全市场总份额 家庭可用份额 机构持有份额 募集份额", Meaning.ANOTHERS),
        ("t+1可用份额 次日可用份额 明日可赎回份额 到期可赎回 预约可赎回份额", Meaning.LATER),
        ("快速赎回可用份额 剩余快速可赎份额", Meaning.LATER),
        ("可用资金 可用金额 持有天数 份额净值 持有收益 可用红包", Meaning.OTHER),
        ("走势 恒澜消费升级混合 规模 到期日 买入 剩余 我的 机构 未来 人均 全市场", Meaning.NONE),
        ("剩余份额 份额份数 可用份额净值 可用持仓份额总额成本 赎回可用份额", Meaning.DOUBTFUL),
    ],
)  # fmt: skip
def test_the_words_of_a_label_say_what_its_number_is(labels: str, meant: Meaning) -> None:
    assert meanings(labels) == {meant}


@pytest.mark.parametrize("word", WORDS[Part.SCOPE].split())
def test_whose_and_how_much_of_it_changes_nothing(word: str) -> None:
    if word == "含":
        return  # behind 不 it is another word
    assert meaning(f"{word}可用份额") is Meaning.AVAILABLE
    assert meaning(f"{word}持有份额") is Meaning.HELD
    assert meaning(f"{word}赎回份额") is Meaning.ANOTHERS


@pytest.mark.parametrize("word", WORDS[Part.CAN].split())
def test_each_verb_of_availability_makes_available_shares(word: str) -> None:
    assert meaning(f"{word}份额") is Meaning.AVAILABLE
    assert meaning(word) is Meaning.AVAILABLE_IF_SHARES
    assert meaning(f"不{word}份额") in (Meaning.KEPT, Meaning.ANOTHERS)  # 不能卖出
    assert meaning(f"明日{word}份额") in (Meaning.LATER, Meaning.ANOTHERS)
    assert meaning(f"最低{word}份额") is Meaning.ANOTHERS
    assert meaning(f"全市场{word}份额") is Meaning.ANOTHERS


@pytest.mark.parametrize("word", WORDS[Part.NOT].split())
def test_not_turns_the_verb_behind_it_round(word: str) -> None:
    assert meaning(f"{word}可用份额") is Meaning.KEPT
    assert meaning(f"{word}锁定份额") is Meaning.AVAILABLE
    assert meaning(f"{word}赎回份额") is Meaning.ANOTHERS
    assert meaning(f"{word}持有份额") is Meaning.ANOTHERS


@pytest.mark.parametrize("word", WORDS[Part.HOLD].split())
def test_each_word_of_owning_makes_held_shares(word: str) -> None:
    assert meaning(f"{word}份额") is Meaning.HELD
    assert meaning(word) is Meaning.HELD_IF_SHARES
    assert meaning(f"最少{word}份额") is Meaning.ANOTHERS
    assert meaning(f"机构{word}份额") is Meaning.ANOTHERS


@pytest.mark.parametrize("word", WORDS[Part.KEPT].split())
def test_shares_that_are_kept_are_not_available_and_both_words_are_a_riddle(word: str) -> None:
    assert meaning(f"{word}份额") is Meaning.KEPT
    assert meaning(f"{word}可用份额") is Meaning.DOUBTFUL


@pytest.mark.parametrize(
    "word",
    [word for part in (Part.ORDER, Part.LIMIT, Part.OTHERS) for word in WORDS[part].split()],
)
def test_shares_of_an_order_or_a_bound_or_others_are_no_holding(word: str) -> None:
    for label in (f"{word}份额", f"{word}总份额", f"{word}持有份额"):
        assert meaning(label) not in (Meaning.AVAILABLE, Meaning.HELD), label


@pytest.mark.parametrize("word", WORDS[Part.LATER].split())
def test_shares_of_another_day_are_not_available_now(word: str) -> None:
    for label in (f"{word}可用份额", f"{word}可赎回"):
        assert meaning(label) in (Meaning.LATER, Meaning.ANOTHERS), label
    assert meaning(f"{word}份额") is Meaning.ANOTHERS


@pytest.mark.parametrize("word", WORDS[Part.OTHER].split())
def test_money_days_and_people_are_no_shares(word: str) -> None:
    never = (Meaning.AVAILABLE, Meaning.AVAILABLE_IF_SHARES, Meaning.HELD)
    for label in (word, f"可用{word}", f"持有{word}", f"可用{word}份额", f"份额{word}"):
        assert meaning(label) not in never, label
    assert meaning(f"可用{word}份额") in (Meaning.DOUBTFUL, Meaning.ANOTHERS)


@pytest.mark.parametrize("word", WORDS[Part.SHARES].split())
def test_each_word_of_shares_makes_shares_of_what_can_be_used(word: str) -> None:
    assert meaning(f"可用{word}") is Meaning.AVAILABLE
    assert meaning(f"持有{word}") is Meaning.HELD
    assert meaning(f"冻结{word}") is Meaning.KEPT
    assert meaning(word) is Meaning.HELD_IF_SHARES


@pytest.mark.parametrize("word", WORDS[Part.VAGUE].split())
def test_a_number_of_anything_is_shares_only_where_something_else_says_so(word: str) -> None:
    if word in ("额", "数"):
        return  # the end of other words as well
    assert meaning(f"可用{word}") is Meaning.AVAILABLE_IF_SHARES
    assert meaning(f"持有{word}") is Meaning.HELD_IF_SHARES
    assert meaning(f"赎回{word}") is Meaning.ANOTHERS


@pytest.mark.parametrize(("part", "word"), LISTS)
def test_no_word_alone_is_a_sure_label(part: Part, word: str) -> None:
    assert meaning(word) not in (Meaning.AVAILABLE, Meaning.HELD), (part, word)


@pytest.mark.parametrize(
    "label",
    [
        *("剩余份额", "持有份额可用份额", "可用份额份额", "可用冻结份额", "冻结可用份额"),
        *("可用金额份额", "可兑付份额", "可买份额", "可质押份额", "可用份额明细", "加仓份额"),
        *("叮用", "司用份额", "可用价量", "卖份额", "最高份额", "可用佘额"),
    ],
)
def test_what_sounds_like_shares_and_is_not_understood_is_doubtful(label: str) -> None:
    assert meaning(label) is Meaning.DOUBTFUL


def test_the_last_word_of_money_or_shares_is_what_is_counted() -> None:
    assert meaning("现金份额") is Meaning.HELD_IF_SHARES
    assert meaning("份额净值") is Meaning.OTHER
    assert meaning("可用份额净值") is Meaning.DOUBTFUL


def test_what_is_left_can_be_used_only_where_the_label_says_so() -> None:
    assert meaning("剩余可用份额") is Meaning.AVAILABLE
    assert meaning("赎回后剩余份额") is Meaning.ANOTHERS


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("可用份颧", Meaning.AVAILABLE),
        ("可用犇份额", Meaning.AVAILABLE),
        ("可赎犇份额", Meaning.AVAILABLE),
        ("特有份额", Meaning.HELD),
        ("持冇份额", Meaning.HELD),
        ("冻洁份额", Meaning.KEPT),
        ("赎犇份额", Meaning.DOUBTFUL),
        ("犇用份额", Meaning.DOUBTFUL),
        ("可犇份额", Meaning.DOUBTFUL),
        ("可用犇额", Meaning.DOUBTFUL),
        ("可甪份颧", Meaning.DOUBTFUL),
        ("可用份犇余额", Meaning.DOUBTFUL),
        ("可犇股数", Meaning.DOUBTFUL),
        ("持犇额", Meaning.NONE),
    ],
)
def test_one_misread_character_is_looked_through_where_one_meaning_is_near(
    label: str, meant: Meaning
) -> None:
    assert meaning(label) is meant


@pytest.mark.parametrize("known", ["已用份额", "可买份额", "持总份额", "卖用份额"])
def test_a_character_that_labels_use_is_no_misread_one(known: str) -> None:
    assert meaning(known) is Meaning.DOUBTFUL


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("", Meaning.NONE),
        ("我的" * 10 + "可用份额", Meaning.AVAILABLE),
        ("我的" * 11 + "可用份额", Meaning.NONE),
        ("甲乙丙丁戊己庚份额", Meaning.DOUBTFUL),
        ("甲乙丙丁戊己庚辛份额", Meaning.NONE),
        ("按甲乙份额", Meaning.NONE),
        ("甲乙的份额", Meaning.NONE),
    ],
)
def test_a_sentence_is_no_label(label: str, meant: Meaning) -> None:
    assert meaning(label) is meant


@pytest.mark.parametrize(
    ("label", "left"),
    [
        ("当前最多可赎回份额", "可赎回份额"),
        ("我的基金可用份额共计", "可用份额"),
        ("持有总份额", "持有份额"),
        ("可用份额", "可用份额"),
        ("不可用份额", "不可用份额"),
        ("我的", ""),
        ("可用份颧", None),
        ("张三的可用份额", None),
        ("", None),
    ],
)
def test_a_label_without_scope_is_one_of_finitely_many(label: str, left: str | None) -> None:
    assert without_scope(label) == left
