"""A reviewer's day without a mouse: real readings of 20 screens, from the queue to its end."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from db.filters import Filter
from db.rows import Row
from front.pages.card_view import card_of
from tests.pages.conftest import SCREENS, Person
from tests.pages.desk import Desk

OpenDesk = Callable[..., Desk]
Come = Callable[..., Person]


def review(who: Person, at: Desk, row: Row) -> tuple[str, str, str]:
    """Do by keyboard what a person would; the state, code and share that the row must have then.

    The answer is right: Enter. Several holdings or numbers: the second is picked. A field was not
    read: it is typed. Nothing of either: the row is dismissed.
    """
    card = card_of(row)
    if card.answer:
        who.press("Enter")
        return "confirmed", row.ocr_fund_code, row.ocr_hold_share
    holdings = [one for one in card.candidates if one.kind == "holding"]
    if len(holdings) > 1:
        who.press(holdings[1].key, "Enter")
        return "corrected", holdings[1].fund_code, holdings[1].hold_share
    if card.hold_share.state == "many":
        second = [one for one in card.candidates if one.kind == "share"][1]
        who.press(second.key, "Enter")
        return "corrected", card.fund_code.value, second.hold_share
    if card.hold_share.value and not card.fund_code.value:
        who.press("e", *"011608", "Enter")
        return "corrected", "011608", card.hold_share.value
    who.press("d", "2")
    return "dismissed", "", ""


def test_twenty_screens_and_an_upload_are_reviewed_by_keyboard_alone(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    li = person(at, "李四")
    order = [item.id for item in at.queue.page(Filter()).items]
    assert len(order) == SCREENS + 1
    expect(li.page.locator("#rows tbody tr")).to_have_count(SCREENS + 1)
    li.look("queue")
    li.press("Enter")  # begins with the first
    expected: dict[int, tuple[str, str, str]] = {}
    shown, before = [], None
    for _ in order:
        before = li.wait_for_card(other_than=before)
        shown.append(before)
        expected[before] = review(li, at, at.store.get(id=before))
    li.page.wait_for_url("**/review/done")
    assert shown == order
    found = {
        row.id: (
            row.review_state,
            row.answer_fund_code if row.answer_flag else "",
            row.answer_hold_share if row.answer_flag else "",
        )
        for row in at.rows()
    }
    assert found == expected
    assert {state for state, _, _ in expected.values()} == {"confirmed", "corrected", "dismissed"}
    assert all([name for _, name in at.actions(id)] == ["李四"] for id in order)
    # What was confirmed is what the screens show: nobody confirmed a wrong reading.
    for path, truth in at.truths.items():
        row = at.row_of(path)
        if row.review_state == "confirmed":
            assert (row.ocr_fund_code, row.ocr_hold_share) == (truth.fund_code, truth.hold_share)


def test_keys_move_in_the_queue_and_open_a_row(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    li = person(at, "李四")
    order = [item.id for item in at.queue.page(Filter()).items]
    li.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp")
    expect(li.page.locator("tr.here a")).to_have_text(f"#{order[1]}")
    li.press("Enter")
    assert li.wait_for_card(order[1])
    li.go("/review")
    li.press("?")
    expect(li.page.locator("#keys")).to_be_visible()
    li.press("Escape")
    expect(li.page.locator("#keys")).to_be_hidden()
    row = at.row_of("/funds/screen-00.png")
    li.press("/", *row.ocr_fund_code, "Enter")
    li.page.wait_for_url(f"**/review?q={row.ocr_fund_code}")
    expect(li.page.locator("#rows tbody a")).to_have_text(f"#{row.id}")


def test_keys_work_from_the_moment_at_which_a_window_closes(
    open_desk: OpenDesk, person: Come
) -> None:
    # Until the next frame the browser sends keys to the button of the window that was closed.
    at = open_desk()
    li = person(at, "李四")
    li.press("?")
    found = li.page.evaluate(
        """() => {
          const dialog = document.querySelector("#keys");
          dialog.close();
          dialog.querySelector("button").dispatchEvent(
            new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
          return document.activeElement.id;
        }"""
    )
    assert found == "search"
    row = at.queue.page(Filter()).items[0]
    li.go(f"/review/{row.id}")
    assert li.wait_for_card(row.id)
    li.press("?")
    found = li.page.evaluate(
        """() => {
          const dialog = document.querySelector("#keys");
          dialog.close();
          dialog.querySelector("button").dispatchEvent(
            new KeyboardEvent("keydown", { key: "d", bubbles: true, cancelable: true }));
          return document.querySelector("dialog[open]")?.id;
        }"""
    )
    assert found == "dismissal"


def test_a_skipped_row_comes_back_after_the_others(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    li = person(at, "李四")
    order = [item.id for item in at.queue.page(Filter(reason="NO_CODE")).items]
    assert len(order) > 1
    li.go(f"/review/{order[0]}?reason=NO_CODE")
    for here in [*order[1:], order[0]]:
        li.press("s")
        li.wait_for_card(here)
    assert all(at.actions(id) == [] for id in order)


def test_undo_takes_back_what_was_done_last_and_shows_it_again(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    li = person(at, "李四")
    first, second, third = [item.id for item in at.queue.page(Filter()).items][:3]
    li.go(f"/review/{first}")
    li.press("d", "1")
    li.wait_for_card(second)
    li.press("d", "2")
    li.wait_for_card(third)
    expect(li.page.locator(".toast")).to_contain_text(f"#{second} 已排除")
    li.press("u")
    li.wait_for_card(second)
    expect(li.page.locator(".toast")).to_contain_text(f"#{second} 已撤销")
    li.press("u")
    li.wait_for_card(first)
    expect(li.page.locator(".toast")).to_contain_text(f"#{first} 已撤销")
    assert at.actions(first) == [("dismissed", "李四"), ("undone", "李四")]
    assert {at.store.get(id=id).review_state for id in (first, second)} == {"open"}
    li.press("u")
    expect(li.page.locator(".toast")).to_contain_text("没有可撤销的操作")
    assert len(at.actions(first)) == 2


def test_dismissing_for_another_reason_asks_for_a_note(open_desk: OpenDesk, person: Come) -> None:
    at = open_desk()
    li = person(at, "李四")
    row_id = at.queue.page(Filter()).items[0].id
    li.go(f"/review/{row_id}")
    li.press("d", "3")
    expect(li.page.locator("#dismissal-note")).to_be_focused()
    li.look("card-dismissal")
    li.page.keyboard.insert_text("<b>不是</b>持仓页")
    li.press("Enter")
    li.wait_for_card(other_than=row_id)
    (line,) = at.store.history(row_id)
    assert (line.action, line.note) == ("dismissed", "<b>不是</b>持仓页")
    assert at.store.get(id=row_id).dismissal == "other"
    li.go(f"/review/{row_id}/history")
    expect(li.page.locator(".lines").first).to_contain_text("<b>不是</b>持仓页")
    li.look("history")


@pytest.mark.parametrize(
    ("code", "share", "wrong"),
    [
        ("12345", "1.5", "fund_code"),
        ("011608", "1,23", "hold_share"),
        ("０11608", "1", "fund_code"),
    ],
)
def test_a_value_that_is_none_is_told_beside_its_field_and_nothing_is_saved(
    open_desk: OpenDesk, person: Come, code: str, share: str, wrong: str
) -> None:
    at = open_desk()
    li = person(at, "李四")
    row_id = at.queue.page(Filter()).items[0].id
    li.go(f"/review/{row_id}")
    li.page.fill("#fund_code", code)
    li.page.fill("#hold_share", share)
    li.press("Enter")
    expect(li.page.locator(f"#{wrong}-wrong")).not_to_be_empty()
    expect(li.page.locator(f"#{wrong}")).to_be_focused()
    assert at.actions(row_id) == []


def test_one_part_of_a_holding_takes_the_other_along_and_a_mixed_pair_is_asked_about_once(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    li = person(at, "李四")
    cards = [card_of(at.store.get(id=item.id)) for item in at.queue.page(Filter()).items]
    of_several = (one for one in cards if sum(c.kind == "holding" for c in one.candidates) > 1)
    card = next(of_several)
    row, (one, other, *_) = card.row, [c for c in card.candidates if c.kind == "holding"]
    li.go(f"/review/{row.id}")
    li.wait_for_card(row.id)

    def pair() -> tuple[str, str]:
        return li.value("fund_code"), li.value("hold_share")

    number = "#marks .mark.number"
    li.page.locator(f'{number}[data-fund-code="{one.fund_code}"]').first.dispatch_event("click")
    assert pair() == (one.fund_code, one.hold_share)
    li.page.locator(f'{number}[data-hold-share="{other.hold_share}"]').first.dispatch_event("click")
    assert pair() == (other.fund_code, other.hold_share)

    ask = li.page.locator("#pair")
    li.page.fill("#fund_code", one.fund_code)
    li.press("Enter")
    expect(ask).to_contain_text(f"{one.fund_code} 和 {other.hold_share} 不是读到的同一笔持仓")
    li.look("card-mixed-pair")
    li.page.fill("#hold_share", f"{other.hold_share}1")
    expect(ask).to_be_hidden()
    li.press("Enter")  # another pair is asked about anew
    expect(ask).to_be_visible()
    assert at.actions(row.id) == []
    li.press("Enter")
    li.wait_for_card(other_than=row.id)
    now = at.store.get(id=row.id)
    assert (now.update_fund_code, now.update_hold_share) == (
        one.fund_code,
        f"{other.hold_share}1",
    )


def test_without_a_code_and_a_share_nothing_can_be_confirmed(
    open_desk: OpenDesk, person: Come
) -> None:
    at = open_desk()
    li = person(at, "李四")
    (item, *_) = at.queue.page(Filter(reason="MANY_CODES")).items
    li.go(f"/review/{item.id}")
    li.press("Enter")
    expect(li.page.locator(".toast.bad")).to_contain_text("还没有代码和份额")
    assert at.actions(item.id) == []
