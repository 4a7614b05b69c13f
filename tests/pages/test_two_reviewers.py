"""Two people at the same rows: they see each other, and neither overwrites the other unseen."""

from collections.abc import Callable

from playwright.sync_api import expect

from db.filters import Filter
from tests.pages.conftest import Person
from tests.pages.desk import Desk

OpenDesk = Callable[..., Desk]
Come = Callable[..., Person]


def test_who_was_quicker_is_shown_and_nothing_typed_is_lost(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    row_id = at.queue.page(Filter(reason="NO_CODE")).items[0].id
    li, wang = person(at, "李四"), person(at, "王五")
    li.go(f"/review/{row_id}")
    li.wait_for_card(row_id)
    # What follows is about the answer to a save: the pages' own beats would tell before.
    li.page.route("**/open*", lambda route: route.abort())
    wang.go(f"/review/{row_id}")
    wang.page.fill("#fund_code", "000934")
    wang.page.fill("#hold_share", "5600.00")
    wang.press("Enter")
    wang.wait_for_card(other_than=row_id)

    li.page.fill("#fund_code", "011608")
    li.page.fill("#hold_share", "1234.56")
    li.page.fill("#note", "看图")
    with li.page.expect_response(f"**/review/{row_id}/correct") as answer:
        li.press("Enter")
    assert answer.value.status == 412
    box = li.page.locator("#changed-box")
    expect(box).to_be_focused()
    rows = box.locator("tbody tr")
    expect(rows.nth(0).locator("td")).to_have_text(["空", "000934", "011608"])
    expect(rows.nth(1).locator("td").nth(1)).to_have_text("5600.00")
    expect(rows.nth(1).locator("td").nth(2)).to_have_text("1234.56")
    expect(rows.nth(2).locator("td").nth(1)).to_have_text("已改正")
    expect(box.locator(".lines li")).to_contain_text("王五")
    li.look("card-changed")
    assert (li.value("fund_code"), li.value("hold_share")) == ("011608", "1234.56")
    assert li.value("note") == "看图"
    assert at.actions(row_id) == [("corrected", "王五")]

    li.press("Enter")  # mine all the same
    li.page.wait_for_url(lambda url: not url.endswith(f"/{row_id}"))
    assert at.actions(row_id) == [("corrected", "王五"), ("corrected", "李四")]
    row = at.store.get(id=row_id)
    assert (row.fund_code, row.update_hold_share) == ("011608", "1234.56")
    assert at.store.history(row_id)[-1].note == "看图"


def test_who_was_slower_may_take_what_stands_there(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    # Of a page with several holdings a pair that is none of them would be asked about first.
    items = at.queue.page(Filter()).items
    row_id = next(item.id for item in items if item.reason != "MANY_CODES")
    li = person(at, "李四")
    li.go(f"/review/{row_id}")
    li.wait_for_card(row_id)
    li.page.route("**/open*", lambda route: route.abort())
    row = at.store.get(id=row_id)
    at.store.correct(row.image_url, "000934", "5600.00", row.row_version, "王五")
    li.page.fill("#fund_code", "011608")
    li.page.fill("#hold_share", "1")
    li.press("Enter")
    expect(li.page.locator("#changed-box")).to_be_focused()
    li.press("t")
    expect(li.page.locator("#fund_code")).to_have_value("000934")
    expect(li.page.locator("#changed-box")).to_have_count(0)
    li.press("Enter")  # what stands there is right
    li.wait_for_card(other_than=row_id)
    assert at.actions(row_id) == [("corrected", "王五"), ("confirmed", "李四")]


def test_a_change_is_told_before_anything_is_saved(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    row_id = at.queue.page(Filter()).items[0].id
    li = person(at, "李四")
    li.go(f"/review/{row_id}")
    li.wait_for_card(row_id)
    li.page.fill("#fund_code", "011608")
    row = at.store.get(id=row_id)
    at.store.correct(row.image_url, "000934", "5600.00", row.row_version, "王五")
    box = li.page.locator("#changed-box")
    expect(box).to_contain_text("王五", timeout=30_000)  # with the next beat
    expect(li.page.locator("#fund_code")).to_have_value("011608")


def test_who_else_has_the_card_open_is_shown_until_he_leaves(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    first, second = [item.id for item in at.queue.page(Filter()).items][:2]
    li, wang = person(at, "李四"), person(at, "王五")
    li.go(f"/review/{first}")
    expect(li.page.locator("#others")).to_be_empty()
    with wang.page.expect_response("**/open*"):
        wang.go(f"/review/{first}")
    expect(wang.page.locator("#others")).to_have_text("李四 也打开着这一条")
    expect(li.page.locator("#others")).to_have_text("王五 也打开着这一条", timeout=30_000)
    li.look("card-two-people")
    with wang.page.expect_response("**/review/*/open*"):
        wang.go(f"/review/{second}")
    expect(li.page.locator("#others")).to_be_empty(timeout=30_000)


def test_two_people_who_begin_together_are_led_to_different_rows(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    order = [item.id for item in at.queue.page(Filter()).items]
    li, wang = person(at, "李四"), person(at, "王五")
    for one in (li, wang):  # one after the other: the second knows of the first
        with one.page.expect_response("**/open*"):
            one.go(f"/review/{order[0]}")
    li.press("s")
    wang.press("s")
    seen = [li.wait_for_card(other_than=order[0]), wang.wait_for_card(other_than=order[0])]
    assert seen == [order[1], order[2]]
