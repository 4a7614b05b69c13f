"""One language per answer: that of the address, of the cookie, or of the browser."""

import re
from collections.abc import Iterator

import pytest
import requests

from front.openapi import document
from front.pages.error_words import ERRORS
from front.pages.render import accepted_language
from front.pages.texts import TEXTS
from tests.front.front_process import exchange
from tests.front.in_process import lone_front_in_process

PAGE = {"Accept": "text/html,*/*;q=0.8"}
CJK = re.compile(r"[\u3000-\u9fff]")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with lone_front_in_process(tmp_path_factory.mktemp("front")) as url:
        yield url


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9", "en"),
        ("de-DE, en;q=0.5, zh;q=0.4", "en"),
        ("EN", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("fr", None),
        ("*", None),
        ("", None),
        ("en;q=nonsense, ;;, zh ; q=0.2", "zh"),
    ],
)
def test_what_a_browser_likes_best(header: str, language: str | None) -> None:
    assert accepted_language(header) == language


def test_every_error_has_its_sentence_in_each_language() -> None:
    codes = document()["components"]["schemas"]["Error"]["properties"]["code"]["enum"]
    assert set(codes) == set(ERRORS)
    errors = {key: words for key, words in TEXTS.items() if key.startswith("error_")}
    for chinese, english in [*ERRORS.values(), *errors.values()]:
        assert CJK.search(chinese)
        assert not CJK.search(english)
        plain = re.sub(r"JPEG|PNG|WEBP|BMP|CSV|XLSX|Excel|https?|corrector", "", chinese)
        assert not re.search(r"[A-Za-z]{2}", plain), chinese


@pytest.mark.parametrize(
    ("headers", "query", "language"),
    [
        ({}, "", "zh"),
        ({"Accept-Language": "en-GB,zh;q=0.1"}, "", "en"),
        ({"Accept-Language": "en", "Cookie": "fundocr_lang=zh"}, "", "zh"),
        ({"Accept-Language": "zh", "Cookie": "fundocr_lang=zh"}, "?lang=en", "en"),
    ],
)
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "NO_SUCH_PATH"),
        ("/review/999999", 404, "UNKNOWN_IMAGE"),
        ("/results", 400, "BAD_QUERY"),
        ("/ocr_handler", 405, "WRONG_METHOD"),
    ],
)
def test_a_browser_gets_a_page_in_its_language_and_no_code(
    front: str,
    headers: dict[str, str],
    query: str,
    language: str,
    path: str,
    status: int,
    code: str,
) -> None:
    answer = requests.get(front + path + query, headers={**PAGE, **headers}, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        *(status,),
        "text/html; charset=utf-8",
    )
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Request-Id"] in answer.text
    chinese, english = ERRORS[code]
    own, other = (english, chinese) if language == "en" else (chinese, english)
    assert own in answer.text
    assert other not in answer.text
    assert code not in answer.text


def test_a_program_gets_json_as_ever(front: str) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = requests.get(f"{front}/nowhere", headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_PATH")


def test_what_a_page_s_script_is_told_is_in_the_page_s_language(front: str) -> None:
    def told(path: str, language: str | None) -> str:
        headers = {"Origin": front, "Sec-Fetch-Site": "same-origin"}
        headers |= {"Accept-Language": language} if language else {}
        answer = requests.post(
            f"{front}{path}", json={"row_version": 1}, headers=headers, timeout=30
        )
        assert set(answer.json()) == {"error", "code", "request_id"}
        return str(answer.json()["error"])

    chinese, english = ERRORS["UNKNOWN_IMAGE"]
    assert told("/review/999/undo", "zh-CN") == chinese
    assert told("/review/999/undo", "en") == english
    # Callers' paths say the same to everybody: programs look for these sentences.
    known = "请求失败, 'image_url' 和 'url_type' 字段都是必填参数, 不能为空。"
    assert told("/ocr_handler", "en").startswith(known)
    assert told("/ocr_handler", None).startswith(known)


def test_a_link_that_was_never_recognised_is_told_so_and_of_no_correction(front: str) -> None:
    asked = {"image_url": "https://pictures.example.com/never.png"}
    answer = requests.get(f"{front}/results", asked, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_IMAGE")
    told = "Nothing was recognised under this link or id; POST /ocr_handler does it."
    assert answer.json()["error"] == told


@pytest.mark.parametrize(
    "line", [b"GET *", b"GET http://localhost/nowhere", b"GET /%ff", b"CONNECT a:1", b"HEAD /x"]
)
def test_a_strange_target_that_wants_a_page_is_answered_too(front: str, line: bytes) -> None:
    head = b" HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    answer = exchange(front, line + head, until=b"</html>")
    assert answer.split(b" ")[1] in (b"303", b"400", b"404", b"405")
