"""Every page in both languages, light and dark, wide and on a phone: readable by all.


Pictures of the pages are left in var/screens-of-pages, where there is such a folder.
"""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from db.filters import Filter
from db.rows import Dismissal
from evals.testbed.picture_host import PictureHost
from tests.pages.conftest import Person
from tests.pages.desk import Desk

OpenDesk = Callable[..., Desk]
Come = Callable[..., Person]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
WIDTHS: dict[str, dict[str, object]] = {"": {}, "phone-": PHONE}
# What a page is in the dark differs from what it is in the light by its colours alone, and on a
# phone by what is shown, how large it is and whether it scrolls: so each is looked at once.
LOOKS: dict[str, tuple[Literal["light", "dark"], list[str] | None]] = {
    "": ("light", None),
    "phone-": (
        "dark",
        [
            *("color-contrast", "link-in-text-block"),
            *("target-size", "scrollable-region-focusable", "meta-viewport", "region"),
        ],
    ),
}


def said_and_done(at: Desk) -> dict[str, str]:
    """Rows that people have spoken of, so that there is something to see; each page's address."""
    items = at.queue.page(Filter(), limit=100).items
    by_reason = {item.reason: item.id for item in items}
    sure = [item for item in items if item.flag and item.url_type != "upload"]
    for item in sure[:4]:
        at.store.confirm(item.id, row_version=1, actor="王五")
    changed = at.store.get(id=sure[4].id)
    at.store.correct(changed.image_url, "011608", "1234.56", 1, "王五", "看图改的")
    at.store.undo(changed.id, row_version=2, actor="李四")
    at.store.correct(changed.image_url, "000934", "5600.00", 3, "王五", "再看一次")
    at.store.dismiss(
        by_reason["NO_SHARE"], row_version=1, actor="王五", reason=Dismissal.NOT_A_FUND
    )
    at.doubt(at.store.get(id=sure[6].id), sure[6].ocr_fund_code, "99999.99")
    upload = next(item.id for item in items if item.url_type == "upload")
    return {
        "queue": "/review",
        "queue-all": "/review?state=all",
        "queue-nothing": "/review?reason=RULE_ERROR",
        "card-no-code": f"/review/{by_reason['NO_CODE']}",
        "card-many-codes": f"/review/{by_reason['MANY_CODES']}",
        "card-many-shares": f"/review/{by_reason['MANY_SHARES']}",
        "card-sure": f"/review/{sure[5].id}",
        "card-doubted": f"/review/{sure[6].id}",
        "card-corrected": f"/review/{changed.id}",
        "card-upload": f"/review/{upload}",
        "history": f"/review/{changed.id}/history",
        "history-doubted": f"/review/{sure[6].id}/history",
        "upload": "/upload",
        "numbers": "/numbers?days=7",
        "done": "/review/done",
        "error": "/review/99999",
    }


def settle(who: Person, name: str) -> None:
    if name.startswith("card-") and name != "card-upload":
        who.wait_for_picture()
    if name == "numbers":
        who.page.wait_for_function("Chart.getChart(document.querySelector('canvas')) !== undefined")


@pytest.mark.parametrize("width", WIDTHS, ids=["wide", "phone"])
def test_no_page_has_a_serious_finding_or_scrolls_sideways(
    open_desk: OpenDesk, person: Come, width: str
) -> None:
    at = open_desk()
    pages = said_and_done(at)
    li = person(at, "李四", **WIDTHS[width])
    look, rules = LOOKS[width]
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    li.page.emulate_media(color_scheme=look)
    axe = Axe()
    found: list[str] = []
    for name, address in pages.items():
        li.go(address)
        settle(li, name)
        li.look(f"{width}{look}-{name}")
        result = axe.run(li.page, options={"resultTypes": ["violations"], **only})
        found += [
            f"{name}: {one['id']}: {one['nodes'][0]['target']}"
            for one in result.response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert result.response["passes"], name
        wide, room = li.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room, name
    assert found == []


def test_dialogs_and_the_log_in_have_no_serious_finding(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    li = person(at, "李四")
    axe = Axe()
    li.go(said_and_done(at)["card-sure"])
    li.wait_for_picture()
    found = []
    for key in ("?", "d"):
        li.press(key)
        expect(li.page.locator("dialog[open]")).to_be_visible()
        found += axe.run(li.page).response["violations"]
        li.press("Escape")
        expect(li.page.locator("dialog[open]")).to_have_count(0)
    li.page.click("#log-out")
    li.page.wait_for_url("**/login")
    li.look("login")
    found += axe.run(li.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    li.go("/review")
    assert "/login" in li.page.url


def test_english_is_one_click_away_and_stays(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    pages = said_and_done(at)
    li = person(at, "Li Si")
    li.go("/review?reason=NO_CODE")
    expect(li.page.locator("h1")).to_have_text("审核队列")
    assert li.page.get_attribute("html", "lang") == "zh-CN"
    li.page.click("text=English")
    expect(li.page.locator("h1")).to_have_text("Review queue")
    assert "reason=NO_CODE" in li.page.url
    for name, address in pages.items():
        li.go(address)
        settle(li, name)
        assert li.page.get_attribute("html", "lang") == "en"
        li.look(f"english-{name}")
        chinese = li.page.evaluate(
            "() => { const parts = document.querySelectorAll("
            "'header.bar nav, h1, h2, th, label, .button, .soft:not([lang])');"
            " return [...parts].map(one => one.innerText).filter(t => /[\\u4e00-\\u9fff]/.test(t))"
            ".filter(t => !/份额/.test(t)); }"
        )
        assert chinese == [], name
    li.page.click("text=中文")
    expect(li.page.locator("h1")).to_contain_text("出错了")


def test_a_card_without_its_picture_says_why_and_shows_what_was_read(
    open_desk: OpenDesk, person: Come, shown: PictureHost
) -> None:
    at = open_desk()
    li = person(at, "李四")
    upload = next(row for row in at.rows() if row.url_type == "upload")
    li.go(f"/review/{upload.id}")
    expect(li.page.locator("#words")).to_contain_text("这张图是上传的，没有保留")
    expect(li.page.locator("#evidence")).to_contain_text(upload.ocr_hold_share)
    row = at.row_of("/funds/screen-00.png")
    li.page.route("**/picture", lambda route: route.fulfill(status=502, body="{}"))
    li.go(f"/review/{row.id}")
    expect(li.page.locator("#picture-said")).to_contain_text("图片取不到了")
    expect(li.page.locator("#evidence")).to_contain_text(row.ocr_fund_code)
    li.look("card-picture-gone")
    li.page.unroute("**/picture")
    li.page.click("#again")
    li.wait_for_picture()


def test_deciding_lines_are_outlined_and_a_number_on_the_picture_can_be_taken(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    li = person(at, "李四")
    (item, *_) = at.queue.page(Filter(reason="MANY_SHARES")).items
    li.go(f"/review/{item.id}")
    li.wait_for_picture()
    expect(li.page.locator("#marks .mark.share")).to_have_count(2)
    second = li.page.locator("#marks .mark.number[data-hold-share]").last
    value = second.get_attribute("data-hold-share")
    second.click()
    expect(li.page.locator("#hold_share")).to_have_value(str(value))
    crop = li.page.locator(".crop[data-field=hold_share] svg")
    expect(crop).to_have_attribute("viewBox", str(second.get_attribute("data-crop")))
    expect(second).to_have_class("mark number picked hold_share")


def test_the_next_card_is_there_without_another_page(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    li = person(at, "李四")
    order = [item.id for item in at.queue.page(Filter()).items]
    with li.page.expect_response(f"**/review/{order[1]}/picture"):
        li.go(f"/review/{order[0]}")  # the second is fetched while the first is looked at
    li.wait_for_picture()
    li.page.evaluate("window.stayed = true")
    li.press("s")
    li.wait_for_card(order[1])
    li.wait_for_picture()
    assert li.page.evaluate("window.stayed")
    assert li.page.url.endswith(f"/review/{order[1]}")
    li.page.go_back()
    li.wait_for_card(order[0])
