from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from evals.screens import facts, fonts
from evals.screens.brief import AVAILABLE, HELD, Brief
from evals.screens.canvas import Layout
from evals.screens.layouts import LAYOUTS
from evals.screens.render import render
from evals.screens.screen import Screen
from postprocess.types import Reason


def brief_for(layout: Layout, **changes: object) -> Brief:
    shows = layout.shows[0] if layout.shows else ""
    rng = Random(layout.name)
    values: dict[str, object] = {
        "position": facts.position(rng, part_frozen=shows == "both"),
        "others": tuple(facts.position(rng) for _ in range(layout.rows)),
        "held": HELD[0] if shows in ("held", "both") else None,
        "available": AVAILABLE[0] if shows in ("available", "both") else None,
        "code_style": layout.code_styles[0],
        "variant": 12345,
    }
    return Brief(**(values | changes))  # type: ignore[arg-type]


def drawn(layout: Layout, *, dark: bool = False, face: str = "noto", **changes: object) -> Screen:
    return render(layout, brief_for(layout, **changes), dark=dark, face=face, width=640)


def role(screen: Screen, name: str) -> list[str]:
    return [text.text for text in screen.texts if text.role == name]


each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
with_answer = pytest.mark.parametrize(
    "layout", [x for x in LAYOUTS if not x.refused], ids=lambda layout: layout.name
)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@each_layout
def test_every_layout_draws_in_both_dresses_inside_the_picture(layout: Layout, dark: bool) -> None:
    screen = drawn(layout, dark=dark)
    width, height = screen.picture.size
    assert width == 640
    assert height >= 1385
    for text in screen.texts:
        left, top, right, bottom = text.box
        assert 0 <= left < right <= width, text
        assert 0 <= top < bottom <= height, text
    assert ("dark" if dark else "light") in screen.tags


@each_layout
def test_dark_is_darker_than_light(layout: Layout) -> None:
    light, dark = (
        drawn(layout, dark=dress).picture.convert("L").resize((1, 1)).getpixel((0, 0))
        for dress in (False, True)
    )
    assert isinstance(light, int)
    assert isinstance(dark, int)
    assert dark < 80 < light


@pytest.mark.parametrize("long", [False, True], ids=["phone", "long"])
@each_layout
def test_no_text_covers_another(layout: Layout, long: bool) -> None:
    texts = drawn(layout, long=long).texts
    for index, one in enumerate(texts):
        for other in texts[index + 1 :]:
            apart = (
                one.box[2] <= other.box[0] + 1
                or other.box[2] <= one.box[0] + 1
                or one.box[3] <= other.box[1] + 1
                or other.box[3] <= one.box[1] + 1
            )
            assert apart, (one, other)


@pytest.mark.parametrize("face", list(fonts.FACES))
def test_every_face_draws_its_own_pixels(face: str) -> None:
    others = [name for name in fonts.FACES if name != face]
    picture = drawn(LAYOUTS[0], face=face).picture
    assert all(picture != drawn(LAYOUTS[0], face=other).picture for other in others)


@with_answer
def test_every_way_to_show_code_and_share_is_on_the_page_that_must_be_answered(
    layout: Layout,
) -> None:
    for style in layout.code_styles:
        screen = drawn(layout, code_style=style)
        (code,) = role(screen, "code")
        assert screen.truth.fund_code in code
        assert not screen.reason
        assert f"code:{style}" in screen.tags


@with_answer
def test_both_shares_of_a_page_with_two_labels_are_drawn_and_the_available_one_is_the_answer(
    layout: Layout,
) -> None:
    if "both" not in layout.shows:
        assert len(role(drawn(layout), "share")) == 1
        return
    position = facts.position(Random(8))
    changed = {"held": HELD[0], "available": AVAILABLE[0], "position": position}
    screen = drawn(layout, **changed)
    assert screen.truth.hold_share == f"{position.available:.2f}"
    assert "two_labels" in screen.tags
    assert screen.labels == (HELD[0].text, AVAILABLE[0].text)
    shares = " ".join(role(screen, "share"))
    assert f"{position.held:,.2f}" in shares
    assert f"{position.available:,.2f}" in shares


@with_answer
def test_a_page_that_hides_its_code_or_its_share_must_be_refused(layout: Layout) -> None:
    no_code, no_share = drawn(layout, show_code=False), drawn(layout, show_share=False)
    code = brief_for(layout).position.fund.code
    assert no_code.reason == "NO_CODE"
    assert no_share.reason == "NO_SHARE"
    for screen in (no_code, no_share):
        assert screen.truth.refused
    assert not any(code in text.text for text in no_code.texts)
    assert role(no_share, "share") == role(no_share, "label") == []


@with_answer
def test_the_amount_on_a_page_is_held_share_times_net_value(layout: Layout) -> None:
    screen = drawn(layout)
    position = brief_for(layout).position
    texts = [text.text for text in screen.texts]
    amounts = [text for text in texts if text == f"{position.amount:,.2f}"]
    if "form" not in layout.tags and layout.name != "xueqiu_pairs":
        assert amounts
    assert any(str(position.nav) in text for text in texts)
    assert abs(position.held * position.nav - position.amount) < Decimal("0.01")


def test_a_page_with_several_holdings_tells_each_one() -> None:
    for layout in LAYOUTS:
        screen = drawn(layout)
        assert len(screen.holdings) == (1 + layout.rows if "list" in layout.tags else 0)
        texts = " ".join(text.text for text in screen.texts).replace(",", "")
        for holding in screen.holdings:
            assert all(part in texts for part in holding)


def test_every_reason_is_one_that_the_rules_know() -> None:
    assert {x.refused for x in LAYOUTS if x.refused} <= {reason.value for reason in Reason}


def test_there_are_enough_layouts_and_half_of_them_are_held_out_in_every_larger_family() -> None:
    answered = [layout for layout in LAYOUTS if not layout.refused]
    assert len(answered) >= 12
    for layouts in (answered, list(LAYOUTS)):
        held_out = sum(layout.held_out for layout in layouts)
        assert abs(2 * held_out - len(layouts)) <= 1
    assert max(Counter(layout.name for layout in LAYOUTS).values()) == 1


def test_a_missing_font_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    with pytest.raises(fonts.FontMissing, match="install the Debian package fonts-wqy-zenhei"):
        fonts.load("zenhei", False, 977)
