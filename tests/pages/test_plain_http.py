"""A front door that people reach by a name and plain HTTP: browsers tell less of where a request
comes from there (no Sec-Fetch-Site), and what they tell must be enough.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Playwright

from db.filters import Filter
from tests.pages.conftest import CHROMIUM, Person
from tests.pages.desk import Desk

NAME = "fundocr.example.com"


def test_people_log_in_review_and_log_out_by_a_plain_name(
    open_desk: Callable[..., Desk], playwright: Playwright
) -> None:
    at = open_desk()
    row_id = at.queue.page(Filter()).items[0].id
    rule = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    chromium = playwright.chromium.launch(**CHROMIUM | {"args": [*CHROMIUM["args"], rule]})
    try:
        li = Person(f"http://{NAME}:{urlsplit(at.url).port}", chromium.new_page())
        li.log_in(at.key("李四"))
        li.go(f"/review/{row_id}")
        li.press("d", "1")
        li.wait_for_card(other_than=row_id)
        li.page.click("#log-out")
        li.page.wait_for_url("**/login")
    finally:
        chromium.close()
    assert li.complaints == []
    assert at.actions(row_id) == [("dismissed", "李四")]
