"""Labels, numbers and names: what a text is to the layout rules."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.funds import Fit, FundList
from postprocess.labels import Role, role_of
from postprocess.names import is_chip, is_name
from postprocess.normalize import compact, normalize
from postprocess.numbers import parse
from postprocess.segments import segments

WORDS = json.loads(Path(__file__).with_name("layout_words.json").read_text("utf-8"))
ROLES = [(text, role) for role, texts in WORDS["roles"].items() for text in texts]
AVAILABLE, HELD = WORDS["available"], WORDS["held"]
IF_SHARES = [*WORDS["available_if_shares"], *WORDS["held_if_shares"]]
SURE = (Role.AVAILABLE, Role.HELD)


@pytest.mark.parametrize(("text", "role"), ROLES)
def test_a_text_has_the_role_of_its_label(text: str, role: str) -> None:
    assert role_of(normalize(text)) is Role[role]


@pytest.mark.parametrize(("raw", "value"), WORDS["sure_numbers"].items())
def test_a_number_that_can_mean_one_thing_is_that(raw: str, value: str) -> None:
    assert parse(raw) == (value, ())


@pytest.mark.parametrize(("raw", "meanings"), WORDS["doubtful_numbers"].items())
def test_a_number_that_can_mean_several_is_none_of_them(raw: str, meanings: list[str]) -> None:
    assert parse(raw) == ("", tuple(meanings))


@pytest.mark.parametrize(("text", "parts"), WORDS["lines"].items())
def test_a_line_is_cut_into_labels_and_numbers(text: str, parts: list[str]) -> None:
    assert [_told(part) for part in segments(text) if not part.noise] == parts


def _told(part: object) -> str:
    number = part.number  # type: ignore[attr-defined]
    if number is None:
        return str(part.text)  # type: ignore[attr-defined]
    mark = "#" if number.digits else ""
    return {"sure": f"={number.value}", "ambiguous": "?", "other": "-"}[number.kind] + mark


@pytest.mark.parametrize("label", [*AVAILABLE, *HELD])
def test_a_label_is_known_with_unit_colon_and_spaces(label: str) -> None:
    role = role_of(label)
    assert role is (Role.AVAILABLE if label in AVAILABLE else Role.HELD)
    for dress in ("{}(份)", "{}（份）", "{}：", "{}(份):", " {} ", "{}?", "{}(单位：份)"):
        assert role_of(normalize(dress.format(label))) is role, dress
    assert role_of(label + "(元)") is Role.FIELD
    assert role_of(label + "(万份)") in (Role.FIELD, Role.DOUBTFUL)


@pytest.mark.parametrize("label", IF_SHARES)
def test_a_label_of_anything_is_sure_only_with_the_unit_of_shares(label: str) -> None:
    is_available = label in WORDS["available_if_shares"]
    unsure = Role.AVAILABLE_IF_SHARES if is_available else Role.HELD_IF_SHARES
    sure = Role.AVAILABLE if is_available else Role.HELD
    for dress in ("{}", "{}：", " {} ", "{}?"):
        assert role_of(normalize(dress.format(label))) is unsure, dress
    for dress in ("{}(份)", "{}（份）", "{}(份):", "{}(单位：份)", "{}(股)"):
        assert role_of(normalize(dress.format(label))) is sure, dress
    assert role_of(label + "(元)") is Role.FIELD
    assert role_of(label + "(万份)") in (Role.FIELD, Role.DOUBTFUL)


def one_slip(label: str) -> list[str]:
    """Every form of a label with one character replaced, put in or left out."""
    places = range(len(label))
    return [
        *(label[:i] + new + label[i + 1 :] for i in places for new in "犇已未非冻金余"),
        *(label[:i] + new + label[i:] for i in range(len(label) + 1) for new in "犇已未非冻不"),
        *(label[:i] + label[i + 1 :] for i in places),
    ]


@pytest.mark.parametrize("decoy", WORDS["other_shares"])
def test_no_slip_makes_a_decoy_a_label_of_shares(decoy: str) -> None:
    good = {normalize(label) for label in (*AVAILABLE, *HELD)}
    is_kept = role_of(decoy) is Role.FROZEN
    for slipped in one_slip(decoy):
        if is_kept and slipped[0] in "未非不" and slipped[1:] == decoy:
            continue  # not frozen: its words say that it is available
        if slipped not in good and _core(slipped) not in good:
            assert role_of(slipped) not in SURE, slipped


def _core(text: str) -> str:
    """Without a strange character at either end, which is an icon beside the label."""
    return text.strip("犇")


@pytest.mark.parametrize("label", [label for label in AVAILABLE if label.startswith("可")])
def test_a_slip_in_a_label_of_available_shares_is_never_a_held_one(label: str) -> None:
    for slipped in one_slip(label):
        if slipped not in HELD:
            assert role_of(slipped) is not Role.HELD, slipped


@given(st.text(max_size=30))
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert compact(compact(once)) == compact(once)


@given(st.text(alphabet="0123456789.,OlI| 份元%+-¥*:/持有可用额", max_size=30))
def test_any_text_is_cut_into_parts_that_lie_in_order(text: str) -> None:
    at = 0.0
    for part in segments(text):
        assert at <= part.start + 1e-9 <= part.end + 1e-9 <= 1 + 1e-6
        at = part.start


@given(st.text(alphabet="0123456789.,", min_size=1, max_size=16))
def test_a_sure_number_keeps_its_digits_in_order(raw: str) -> None:
    value, meanings = parse(raw)
    digits = raw.replace(",", "").replace(".", "")
    for number in filter(None, (value, *meanings)):
        assert number.replace(".", "").lstrip("0") == digits.lstrip("0")


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_way_to_write_a_share_is_read_back(share: object) -> None:
    plain = f"{share:.2f}"
    for written in (f"{share:,.2f}", plain, f"{share:,.2f}".replace(",", ".")):
        assert parse(written) == (plain, ())


@pytest.mark.parametrize("text", WORDS["names"])
def test_a_fund_name_is_one(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize("text", WORDS["no_names"])
def test_other_texts_are_no_fund_names(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", WORDS["chips"])
def test_kind_and_risk_are_marks_beside_a_code(text: str) -> None:
    assert is_chip(text)
    assert not is_name(text)


FUNDS = FundList(
    {
        "005827": "易方达蓝筹精选混合型证券投资基金",
        "011608": "恒澜消费升级混合A",
        "011609": "恒澜消费升级混合C",
    }
)


@pytest.mark.parametrize(
    ("code", "name", "fit"),
    [
        ("005827", "易方达蓝筹精选混合", Fit.SAME),
        ("005827", "易方达蓝筹精造混合", Fit.SAME),
        ("011608", "恒澜消费升级混合A", Fit.SAME),
        ("011608", "恒澜消费升级混合", Fit.SAME),
        ("011608", "恒澜消费升级混合C", Fit.OTHER),
        ("005827", "恒澜消费升级混合A", Fit.OTHER),
        ("000001", "恒澜消费升级混合A", Fit.UNKNOWN),
        ("005827", "", Fit.UNKNOWN),
    ],
)
def test_the_fund_list_knows_whether_a_name_is_the_codes(code: str, name: str, fit: Fit) -> None:
    assert FUNDS.fit(code, name) is fit
