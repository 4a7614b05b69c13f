"""What the corpus of the accuracy report is made of: each fact that the report relies on."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from evals.screens import facts
from evals.screens.brief import LABELS
from evals.screens.corpus import WIDTHS, draw
from evals.screens.fonts import FACES
from evals.screens.layouts import BY_NAME, LAYOUTS
from tests.screens.drawn import corpus

APPS = ("alipay", "tiantian", "licaitong", "cmb", "xueqiu", "danjuan", "fundhouse", "broker", "jd")


def numbers(kind: str) -> list[float]:
    """What stands behind `kind:` in the tags of all screens."""
    tags = (tag.split(":") for screen in corpus() for tag in screen.tags)
    return [float(value) for name, *rest in tags if name == kind for value in rest]


@pytest.mark.parametrize("app", APPS)
def test_every_app_that_people_use_has_a_page_with_an_answer(app: str) -> None:
    assert any(name.startswith(app) and not BY_NAME[name].refused for name in BY_NAME)


def test_pages_are_640_to_1440_pixels_wide() -> None:
    assert (min(WIDTHS), max(WIDTHS)) == (640, 1440)
    assert set(numbers("width")) == set(WIDTHS)
    assert min(screen.picture.width for screen in corpus()) >= 640


def test_jpeg_quality_and_rotation_stay_in_their_ranges_and_use_them() -> None:
    assert 50 <= min(numbers("jpeg")) < 60 and 85 < max(numbers("jpeg")) <= 95
    assert -2 <= min(numbers("rotate")) < 0 < max(numbers("rotate")) <= 2
    assert min(numbers("downscale")) >= 640
    assert min(numbers("blur")) > 0 and max(numbers("blur")) < 1.6


@pytest.mark.parametrize("kind", ["jpeg", "rotate", "downscale", "blur", "crop", "long", "dark"])
def test_what_happens_to_screenshots_happens_to_some_and_not_to_all(kind: str) -> None:
    some = sum(any(tag.split(":")[0] == kind for tag in screen.tags) for screen in corpus())
    assert len(corpus()) * 0.03 < some < len(corpus()) * 0.8


def test_four_families_of_fonts_are_drawn_from_packages_that_the_tests_install() -> None:
    assert len(FACES) == 4
    assert len({face.regular for face in FACES.values()}) == 4
    script = Path("scripts/test_packages.sh").read_text(encoding="utf-8")
    assert all(f"{face.package}=" in script for face in FACES.values())
    assert {tag for s in corpus() for tag in s.tags if tag.startswith("face:")} == {
        f"face:{name}" for name in FACES
    }


def test_pages_without_an_answer_are_of_every_kind() -> None:
    reasons = Counter(screen.reason for screen in corpus() if screen.reason)
    assert set(reasons) == {"NO_CODE", "NO_SHARE", "MANY_CODES", "MANY_SHARES"}
    assert any("not_a_fund" in screen.tags for screen in corpus())
    # Pages of answered layouts that hide one of the two, and not only pages of other kinds.
    hidden = {screen.reason for screen in corpus() if not BY_NAME[screen.layout].refused}
    assert hidden == {"", "NO_CODE", "NO_SHARE"}
    assert sum(reasons.values()) < len(corpus()) / 2


def test_two_labels_and_decoys_stand_on_many_pages_with_an_answer() -> None:
    answered = [screen for screen in corpus() if not screen.reason]
    two = [screen for screen in answered if "two_labels" in screen.tags]
    assert len(two) > len(answered) / 5
    texts = [" ".join(text.text for text in screen.texts) for screen in answered]
    for decoy in ("冻结份额", "最低", "待确认", "赎回中合计"):
        assert any(decoy in text for text in texts), decoy


def test_on_some_two_label_pages_the_two_shares_differ() -> None:
    shares = {
        len({text.text for text in screen.texts if text.role == "share"})
        for screen in corpus()
        if "two_labels" in screen.tags and "inline" not in screen.tags
    }
    assert {1, 2} <= shares


def test_shares_reach_from_the_smallest_to_the_largest() -> None:
    rng = Random(1)
    held = sorted(facts.position(rng).held for _ in range(3000))
    assert Decimal("0.01") <= held[0] < Decimal("0.02")
    assert Decimal(9_900_000) < held[-1] <= Decimal("9999999.99")


def test_some_amounts_are_of_the_day_before_and_a_few_percent_off() -> None:
    position = facts.position(Random(5))
    before = replace(position, of_day_before=True)
    assert before.amount == facts.cents(before.held * before.previous_nav) != position.amount
    for seed in range(300):
        one = facts.position(Random(seed))
        assert abs(one.previous_nav / one.nav - 1) < Decimal("0.04")
    off = [screen for screen in corpus() if "amount_of_day_before" in screen.tags]
    assert len(corpus()) * 0.05 < len(off) < len(corpus()) * 0.3


def test_half_of_the_layouts_and_a_third_of_the_labels_are_held_out() -> None:
    assert abs(2 * sum(layout.held_out for layout in LAYOUTS) - len(LAYOUTS)) <= 1
    labels = [label for family in LABELS.values() for label in family]
    assert 3 * sum(label.held_out for label in labels) in range(len(labels), len(labels) + 3)


def test_a_screen_is_held_out_by_its_layout_or_by_one_of_its_labels() -> None:
    kept_out = {label.text for family in LABELS.values() for label in family if label.held_out}
    by_layout = by_label = 0
    for screen in corpus():
        unseen = bool(kept_out & set(screen.labels))
        assert screen.held_out == (BY_NAME[screen.layout].held_out or unseen)
        by_layout += BY_NAME[screen.layout].held_out
        by_label += unseen and not BY_NAME[screen.layout].held_out
    assert by_layout > 0 and by_label > 0


def test_a_badly_degraded_screen_is_a_third_as_wide_blurred_and_a_poor_jpeg() -> None:
    for screen in draw(len(LAYOUTS), 31, degraded="badly"):
        tags = dict(tag.split(":") for tag in screen.tags if ":" in tag)
        assert screen.picture.width == int(tags["width"]) // 3 == int(tags["downscale"])
        assert 0.2 <= float(tags["blur"]) <= 0.7
        assert 15 <= int(tags["jpeg"]) <= 45
