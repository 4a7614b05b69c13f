"""/openapi.json is valid and tells of every path; /docs shows it without anything from outside."""

import re
from collections.abc import Iterator
from dataclasses import fields
from html.parser import HTMLParser

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

from db.rows import ReviewState
from front.openapi import document
from front.pages.query import ALL_STATES, Query
from tests.front.app_routes import routes
from tests.front.in_process import lone_front_in_process

# For people and their browsers; the rest is for programs and stands in the document.
PAGES = re.compile(r"/(login|logout|docs|openapi\.json|review|upload|numbers|static)?(\W.*)?")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with lone_front_in_process(tmp_path_factory.mktemp("front"), FUNDOCR_ANONYMOUS_CIDRS="") as url:
        yield url


def test_the_document_is_valid_and_open_to_all(front: str) -> None:
    answer = requests.get(f"{front}/openapi.json", timeout=30)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    OpenAPIV31SpecValidator(answer.json()).validate()
    assert answer.json() == document()


def test_every_path_for_programs_stands_in_it_and_no_other() -> None:
    served = {
        (re.sub(r"<(\w+):\w+>", r"{\1}", path), method.lower())
        for method, path in routes()
        if not PAGES.fullmatch(path) and method != "HEAD"  # which says as much as GET
    }
    put = {path for path, method in served if method == "put"}
    assert put == {path for path, _ in served if "/ocr_handler" in path}
    served -= {(path, "put") for path in put}  # POST by another name
    told = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert told == served


def test_the_filters_of_an_export_are_those_of_the_pages() -> None:
    for path in ("/export.csv", "/export.xlsx"):
        told = {
            one["name"]: one["schema"] for one in document()["paths"][path]["get"]["parameters"]
        }
        assert set(told) == {field.name for field in fields(Query)}
        assert told["state"] == {"enum": [*ReviewState, ALL_STATES], "default": Query().state}


class Loaded(HTMLParser):
    """What a browser would fetch for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        assert tag != "script"


def test_the_page_shows_every_path_and_loads_nothing_from_elsewhere(front: str) -> None:
    answer = requests.get(f"{front}/docs", timeout=30)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = Loaded()
    page.feed(answer.text)
    assert page.addresses == ["/static/docs.css"]
    assert "@import" not in answer.text
    assert "url(" not in answer.text
    for path, methods in document()["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in answer.text
