"""Addresses of files and of rows: what is there is served, and no other text of an address gets
far."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from front.pages.render import STATIC
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    with lone_front_in_process(home, FUNDOCR_ANONYMOUS_CIDRS="") as url:
        yield url


def ask(front: str, target: str, method: str = "GET", **headers: str) -> requests.Response:
    """The target as it stands: requests would tidy it up."""
    request = requests.Request(method, front, headers=headers).prepare()
    request.url = front + target
    with requests.Session() as session:
        return session.send(request, timeout=30)


def test_every_file_is_served_as_what_it_is(front: str) -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        answer = ask(front, f"/static/{path.relative_to(STATIC).as_posix()}")
        assert (answer.status_code, answer.content) == (200, path.read_bytes())
        if path.suffix in TYPES:
            assert answer.headers["Content-Type"] == TYPES[path.suffix]


def test_a_browser_that_has_a_file_is_not_sent_it_again(front: str) -> None:
    first = ask(front, "/static/pages.css")
    again = ask(front, "/static/pages.css", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"
    other = ask(front, "/static/pages.css", **{"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_the_head_of_a_file_is_told_without_it(front: str) -> None:
    answer = ask(front, "/static/pages.css", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "name",
    [
        "a%00b",
        "a%2500b",
        "x" * 3000,
        "a/" * 1000,
        "..",
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "%252e%252e%252fapp.py",
        "/etc/passwd",
        "%ff",
        "",
        "vendor",
        "pages.css/",
        "PAGES.CSS",
    ],
)
def test_what_is_no_file_of_ours_is_not_there(front: str, name: str) -> None:
    answer = ask(front, f"/static/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_PATH")


@pytest.fixture(scope="module")
def person(front: str, home: Path) -> dict[str, str]:
    """The header of somebody who may look at every row."""
    engine = open_engine(database_url(home))
    key = Keys(engine).add("a person", Role.CORRECTOR)
    engine.dispose()
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("number", ["0", "-1", "01", "9" * 19, "9" * 40, "9" * 5000, "1.0", "１"])
@pytest.mark.parametrize("rest", ["", "/history", "/picture", "/changes", "/undo"])
def test_what_no_row_can_have_for_a_number_is_not_there(
    front: str, person: dict[str, str], number: str, rest: str
) -> None:
    method = "POST" if rest == "/undo" else "GET"
    answer = ask(front, f"/review/{quote(number)}{rest}", method, **person)
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_PATH")


def test_the_largest_number_that_a_row_can_have_is_looked_for(
    front: str, person: dict[str, str]
) -> None:
    answer = ask(front, f"/review/{'9' * 18}", **person)
    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_IMAGE")
