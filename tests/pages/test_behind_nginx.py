"""The review pages behind nginx: people reach them by https, and everything works as without."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser

from db.filters import Filter
from tests.pages.conftest import Person
from tests.pages.desk import Desk
from tests.surface.nginx import nginx


def test_people_log_in_review_and_log_out_over_tls(
    open_desk: Callable[..., Desk], browser: Browser, tmp_path: Path
) -> None:
    at = open_desk()
    first = at.queue.page(Filter()).items[0].id
    with nginx(tmp_path / "nginx", at.url) as proxy:
        context = browser.new_context(
            ignore_https_errors=True, locale="zh-CN"
        )  # the test's own authority
        try:
            li = Person(proxy.url, context.new_page())
            li.log_in(at.key("李四"))
            (cookie,) = [one for one in context.cookies() if one["name"] == "fundocr_session"]
            assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (
                True,
                True,
                "Strict",
            )
            li.go(f"/review/{first}")
            li.wait_for_picture()
            li.press("d", "1")
            second = li.wait_for_card(other_than=first)
            li.go(f"/review/{first}/history")
            li.go("/numbers")
            li.go(f"/review/{second}")
            li.page.click("#log-out")
            li.page.wait_for_url("**/login")
        finally:
            context.close()
    assert li.complaints == []
    assert at.actions(first) == [("dismissed", "李四")]
