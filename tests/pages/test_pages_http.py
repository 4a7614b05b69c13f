"""What the pages answer to who is no browser: roles, other sites, hostile texts, wrong bodies."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from db.access import Role
from db.filters import Filter
from evals.screens.screen import Screen
from evals.testbed.picture_host import PictureHost
from tests.db.sample_readings import as_row, refused
from tests.pages.desk import NO_TORCHSERVE, Desk, desk

PAGES = ("/review", "/review/1", "/review/1/history", "/upload", "/numbers", "/review/done")
HTML = {"Accept": "text/html,*/*"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def at(
    tmp_path_factory: pytest.TempPathFactory,
    filled: Path,
    shown: PictureHost,
    drawn: dict[str, Screen],
) -> Iterator[Desk]:
    """One desk for all of these: each test speaks of rows of its own."""
    truths = {path: screen.truth for path, screen in drawn.items()}
    with desk(tmp_path_factory.mktemp("http"), filled, shown, truths, NO_TORCHSERVE) as one:
        yield one


@pytest.fixture(scope="module")
def caller_key(at: Desk) -> str:
    return at.key("back end", Role.CALLER)


@pytest.fixture(scope="module")
def session(at: Desk) -> Iterator[requests.Session]:
    with logged_in(at) as one:
        yield one


@contextmanager
def logged_in(at: Desk) -> Iterator[requests.Session]:
    """Somebody who has logged in as the log-in page does; no proxy stands in between."""
    with requests.Session() as one:
        one.trust_env = False
        one.headers.update(HTML)
        key = at.key("李四")
        answer = one.post(f"{at.url}/login", {"key": key}, headers={"Origin": at.url})
        assert answer.status_code == 200
        yield one


def say(session: requests.Session, at: Desk, path: str, fields: Any, **headers: str) -> Any:
    headers = {"Origin": at.url, "Accept": "application/json", **headers}
    return session.post(f"{at.url}{path}", json=fields, headers=headers)


@pytest.mark.parametrize("path", [*PAGES, "/export.csv", "/export.xlsx"])
def test_without_a_key_a_page_leads_to_the_log_in(at: Desk, path: str) -> None:
    answer = requests.get(at.url + path, headers=HTML, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?next={path}")


@pytest.mark.parametrize("path", PAGES)
def test_a_caller_sees_a_page_that_says_he_may_not(at: Desk, caller_key: str, path: str) -> None:
    headers = {**HTML, "Authorization": f"Bearer {caller_key}"}
    answer = requests.get(at.url + path, headers=headers, timeout=30)
    assert (answer.status_code, "不能审核" in answer.text) == (403, True)
    assert "ROLE_TOO_LOW" not in answer.text


def test_a_caller_may_not_act_either(at: Desk, caller_key: str) -> None:
    headers = {"Authorization": f"Bearer {caller_key}"}
    for path in ("/review/1/confirm", "/review/1/open", "/review/leave", "/upload"):
        answer = requests.post(at.url + path, json={"row_version": 1}, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_TOO_LOW")


@pytest.mark.parametrize("path", [*PAGES, "/static/pages.css", "/review/99999", "/export.csv"])
def test_every_answer_keeps_strangers_out(at: Desk, session: requests.Session, path: str) -> None:
    headers = session.get(at.url + path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_script_or_a_style_inside_or_from_elsewhere(
    at: Desk, session: requests.Session, path: str
) -> None:
    text = session.get(at.url + path).text
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
    for tag in re.findall(r"<script[^>]*>", text):
        assert 'src="/static/' in tag or 'type="application/json"' in tag
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert addresses and all(re.match(r"/(?!/)|#|\?", one) for one in addresses)


def test_what_strangers_wrote_is_shown_and_never_run(open_desk: Callable[..., Desk]) -> None:
    at = open_desk()
    with logged_in(at) as session:
        shown_and_never_run(at, session)


def shown_and_never_run(at: Desk, session: requests.Session) -> None:
    link = f"https://pictures.example.com/{HOSTILE}"
    evidence = {
        "width": 100,
        "height": 100,
        "lines": [{"text": HOSTILE, "confidence": 0.9, "quad": [[0, 0], [9, 0], [9, 9], [0, 9]]}],
        "answer": {
            "fund_code": None,
            "hold_share": {"text": HOSTILE, "label": HOSTILE, "confidence": 0.5, "box": None},
            "candidates": {
                "fund_codes": [HOSTILE],
                "hold_shares": [HOSTILE],
                "holdings": [{"fund_code": HOSTILE, "name": HOSTILE, "hold_share": HOSTILE}],
            },
            "checks": {"share_times_nav": HOSTILE},
        },
    }
    (stored,) = at.store.save(
        [refused(link, label=HOSTILE[:60], model_version=HOSTILE, evidence=evidence)]
    )
    row = as_row(stored)
    at.store.correct(link, "011699", "1", row.row_version, HOSTILE, HOSTILE)
    for path in (
        "/review?state=all",
        f"/review/{row.id}",
        f"/review/{row.id}/history",
        f"/review/{row.id}/changes?since=1&fund_code={HOSTILE}",
        f"/review?q=https://{HOSTILE}&label={HOSTILE}&host={HOSTILE}",
        f"/review/{row.id}?q=https://{HOSTILE}&lang={HOSTILE}",
        "/numbers",
    ):
        text = session.get(at.url + path).text
        assert "alert(1)" in text
        assert re.findall(r"<script>|<img src=x|onerror=alert\(2\)>(?!&)", text) == []


def test_lists_do_not_show_the_signature_of_a_link(at: Desk, session: requests.Session) -> None:
    text = session.get(f"{at.url}/review?state=all").text
    assert "/funds/screen-00.png" in text and "Signature" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": ""},
    ],
)
def test_a_page_of_another_site_cannot_act(
    at: Desk, session: requests.Session, headers: dict[str, str]
) -> None:
    answer = say(session, at, "/review/1/dismiss", _dismissal(), **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")
    assert at.actions(1) == []


def _dismissal() -> dict[str, Any]:
    return {"row_version": 1, "reason": "not_a_fund"}


@pytest.mark.parametrize(
    ("path", "fields", "status", "code"),
    [
        ("/review/1/confirm", [], 400, "NOT_JSON"),
        ("/review/1/confirm", {}, 400, "WRONG_TYPE"),
        ("/review/1/confirm", {"row_version": True}, 400, "WRONG_TYPE"),
        ("/review/1/confirm", {"row_version": 1, "note": 1}, 400, "WRONG_TYPE"),
        ("/review/1/confirm", {"row_version": 1, "note": "长" * 1001}, 400, "WRONG_TYPE"),
        ("/review/1/correct", {"row_version": 1}, 400, "MISSING_FIELD"),
        (
            "/review/1/correct",
            {"row_version": 1, "fund_code": "1", "hold_share": "1"},
            400,
            "BAD_FUND_CODE",
        ),
        (
            "/review/1/correct",
            {"row_version": 1, "fund_code": "011608", "hold_share": "1e5"},
            400,
            "BAD_HOLD_SHARE",
        ),
        ("/review/1/dismiss", {"row_version": 1, "reason": "boring"}, 400, "BAD_REQUEST"),
        ("/review/1/dismiss", {"row_version": 1, "reason": "other"}, 400, "BAD_REQUEST"),
        ("/review/1/dismiss", {"row_version": 7, "reason": "not_a_fund"}, 412, "ROW_CHANGED"),
        ("/review/999/undo", {"row_version": 1}, 404, "UNKNOWN_IMAGE"),
        ("/review/999/open", {"window": "w"}, 404, "UNKNOWN_IMAGE"),
        ("/review/1/open", {"window": ""}, 400, "WRONG_TYPE"),
        ("/review/1/undo", {"row_version": 1}, 409, "NOTHING_TO_REVIEW"),
    ],
)
def test_a_wrong_action_is_refused_in_the_form_of_all_errors(
    at: Desk, session: requests.Session, path: str, fields: Any, status: int, code: str
) -> None:
    answer = say(session, at, path, fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) >= {"error", "code", "request_id"}
    assert at.actions(1) == []


def test_an_action_must_call_itself_json(at: Desk, session: requests.Session) -> None:
    answer = session.post(
        f"{at.url}/review/1/dismiss",
        data='{"row_version": 1, "reason": "not_a_fund"}',
        headers={"Origin": at.url, "Content-Type": "text/plain", "Accept": "application/json"},
    )
    assert (answer.status_code, at.actions(1)) == (400, [])


def test_an_action_sent_twice_is_one(at: Desk, session: requests.Session) -> None:
    # A row of its own: which of the drawn screens has which id differs from run to run.
    (stored,) = at.store.save([refused("https://pictures.example.com/twice.png")])
    id = as_row(stored).id
    for _ in range(2):
        assert say(session, at, f"/review/{id}/dismiss", _dismissal()).status_code == 200
    assert at.actions(id) == [("dismissed", "李四")]


def test_the_picture_is_drawn_anew_and_keeps_nothing_of_its_host(
    at: Desk, session: requests.Session
) -> None:
    row = at.row_of("/funds/screen-00.png")
    answer = session.get(f"{at.url}/review/{row.id}/picture")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content[:3] == b"\xff\xd8\xff"
    assert answer.headers["X-Picture"] == "same"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_picture_that_is_not_there_any_more_is_told_by_its_code(
    at: Desk, session: requests.Session
) -> None:
    upload = next(row for row in at.rows() if row.url_type == "upload")
    gone, elsewhere, broken = (
        as_row(stored)
        for stored in at.store.save(
            [
                refused(
                    at.row_of("/funds/screen-00.png").image_url.replace("screen", "lost"),
                    url_type="7min_local",
                ),
                refused("http://127.0.0.1:9/a.png", url_type="7min_local"),
                refused("ftp://pictures.example.com/a.png"),
            ]
        )
    )
    codes = {
        row.id: session.get(f"{at.url}/review/{row.id}/picture", headers={"Accept": "*/*"}).json()
        for row in (upload, gone, elsewhere, broken)
    }
    assert [one["code"] for one in codes.values()] == [
        "PICTURE_NOT_KEPT",
        "FETCH_FAILED",
        "HOST_NOT_ALLOWED",
        "BAD_URL",
    ]


def test_an_answer_that_later_rules_do_not_give_comes_first_and_shows_both(
    open_desk: Callable[..., Desk],
) -> None:
    at = open_desk()  # what others bring to a queue may come before it
    with logged_in(at) as session:
        doubted_first(at, session)


def doubted_first(at: Desk, session: requests.Session) -> None:
    row = next(one for one in at.rows() if one.flag and one.review_state == "open")
    at.doubt(row, row.ocr_fund_code, "77777.77")
    first = re.findall(r">#(\d+)</a>", session.get(f"{at.url}/review").text)
    refused_first = [item.id for item in at.queue.page(Filter()).items if not item.flag]
    assert int(first[0]) in {row.id, *refused_first}
    assert first.index(str(row.id)) <= len(refused_first)
    card = session.get(f"{at.url}/review/{row.id}").text
    assert "存疑：规则 layout@9" in card and "77,777.77" in card and row.ocr_hold_share in card
    assert "新规则给出别的答案" in session.get(f"{at.url}/review/{row.id}/history").text
    say(session, at, f"/review/{row.id}/confirm", {"row_version": row.row_version + 1})
    assert "存疑" not in session.get(f"{at.url}/review/{row.id}").text


def test_rows_are_found_by_code_link_beginning_and_id(at: Desk, session: requests.Session) -> None:
    row = at.row_of("/funds/screen-00.png")

    def found(text: str) -> set[int]:
        page = session.get(f"{at.url}/review", params={"state": "all", "q": text}).text
        return {int(id) for id in re.findall(r">#(\d+)</a>", page)}

    start = row.image_url.partition("screen")[0]
    every = {one.id for one in at.rows() if one.image_url.startswith(start)}
    assert found(row.ocr_fund_code) == {row.id}
    assert found(row.image_url) == {row.id}
    assert found(row.image_url.partition("?")[0]) == {row.id}
    assert found(start) == every
    assert found("http://nowhere.example.com/") == set()
    answer = session.get(f"{at.url}/review", params={"q": f"#{row.id}"})
    assert answer.url == f"{at.url}/review/{row.id}"
    assert "六位代码" in session.get(f"{at.url}/review", params={"q": "可用份额"}).text


def test_pages_of_the_queue_follow_each_other_without_a_gap(
    open_desk: Callable[..., Desk],
) -> None:
    at = open_desk()
    with logged_in(at) as session:
        follow_each_other(at, session)


def follow_each_other(at: Desk, session: requests.Session) -> None:
    at.store.save([refused(f"https://pictures.example.com/{n}.png") for n in range(60)])
    seen: list[str] = []
    address: str | None = f"{at.url}/review?state=all"
    while address:
        text = session.get(address).text
        seen += re.findall(r">#(\d+)</a>", text)
        following = re.search(r'id="next-page" rel="next" href="([^"]*)"', text)
        address = at.url + following[1].replace("&amp;", "&") if following else None
    assert seen == [str(item.id) for item in at.queue.page(Filter(), limit=200).items]
    assert len(seen) == len(set(seen)) == len(at.rows())
    wrong = session.get(f"{at.url}/review?after=nothing")
    assert (wrong.status_code, wrong.text.count('class="code"')) == (200, 50)


def test_a_row_that_is_not_there_is_a_page_that_says_so(
    at: Desk, session: requests.Session
) -> None:
    answer = session.get(f"{at.url}/review/99999")
    assert (answer.status_code, "没有这一行" in answer.text) == (404, True)
