"""The main job on both databases: on MariaDB asked of TorchServe with its tokens on, on SQLite of
the same archives in this process.
"""

import mimetypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from db.engine import open_engine
from db.rows import Row
from db.store import Store
from db.tables import ocr_result
from evals.testbed.picture_host import PictureHost
from postprocess.evidence import page_from_json
from postprocess.extract import RULES
from tests.handlers.in_process import Handlers, Item, Reply
from tests.service.rest import SAMPLES, correction, link, post, post_at_once
from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures", "tests.handlers.handler_fixtures"]

Truth = dict[str, dict[str, str]]
Form = dict[str, tuple[Any, ...]]
# Light and dark, PNG and JPEG, one that must be refused.
FEW = ("alipay_light_rows.png", "alipay_dark_two_labels.jpg", "danjuan_light_no_code.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Both models. post: as tests/service/rest.py has it, of a service. samples: what is read of
    them: all are where it costs less."""

    database_url: str
    post: Callable[..., Any]
    samples: Truth

    @contextmanager
    def store(self) -> Iterator[Store]:
        engine = open_engine(self.database_url)
        try:
            yield Store(engine)
        finally:
            engine.dispose()

    def row(self, identity: str) -> Row:
        with self.store() as store:
            return store.get(identity=identity)


@pytest.fixture(scope="session", params=["sqlite", "mariadb"])
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, truth: Truth
) -> Asked:
    if request.param == "mariadb":
        shared: SharedService = request.getfixturevalue("shared")
        return Asked(
            database_url=shared.database_url,
            post=partial(post, shared.trial),
            samples={name: truth[name] for name in FEW},
        )
    handlers: Handlers = request.getfixturevalue("handlers")
    # One home, also where tests come in random order and this is asked for again and again.
    home = tmp_path_factory.getbasetemp() / "recognise"

    def in_process(
        body: bytes | dict[str, Any],
        *,
        model: str = "ocr_handler",
        content_type: str | None = None,
        files: Form | None = None,
    ) -> Reply:
        loaded = handlers(model, home=home)
        if files is None:
            return loaded.post(body, content_type or "application/json")
        fields = {name: part[1] for name, part in files.items()}
        as_bytes = {name: v if isinstance(v, bytes) else v.encode() for name, v in fields.items()}
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        (reply,) = loaded.answer([Item(fields=as_bytes, headers=form)])
        return reply

    return Asked(database_url=f"sqlite:///{home}/var/fundocr.db", post=in_process, samples=truth)


def test_every_sample_is_answered_as_it_shows_and_stored(
    asked: Asked, pictures: PictureHost
) -> None:
    for name, expected in asked.samples.items():
        url = pictures.url(f"/{name}")
        first = asked.post(link(url, refresh=True)).json()
        assert first["data"] == expected, name
        assert first["flag"] is bool(expected["fund_code"])
        assert first["detail"]["source"] == "ocr"

        asked_before = len(pictures.requests)
        again = asked.post(link(url)).json()
        assert (again["flag"], again["data"]) == (first["flag"], first["data"])
        assert again["detail"]["source"] == "stored"
        assert len(pictures.requests) == asked_before, "a known link is not fetched again"

        row = asked.row(url)
        assert row.id == first["detail"]["id"] == again["detail"]["id"]
        assert (row.ocr_fund_code, row.ocr_hold_share) == tuple(expected.values())
        assert row.fund_code == (expected["fund_code"] or None)
        assert row.model_version.startswith("PP-OCRv6_cascade@")


def test_rules_on_stored_evidence_give_the_stored_answer_again(
    asked: Asked, pictures: PictureHost
) -> None:
    for name in asked.samples:
        url = pictures.url(f"/{name}")
        asked.post(link(url))
        row = asked.row(url)
        found = RULES["layout"](page_from_json(row.evidence))
        assert found.reason == row.reason
        assert (found.fund_code.value if found.fund_code else "") == row.ocr_fund_code
        assert (found.hold_share.value if found.hold_share else "") == row.ocr_hold_share


@pytest.mark.parametrize("way", ["raw", "form"])
def test_the_picture_itself_is_read_like_its_link(asked: Asked, truth: Truth, way: str) -> None:
    name = "cmb_dark_two_labels.jpg"
    content = (SAMPLES / name).read_bytes()
    kind = mimetypes.guess_type(name)[0]
    if way == "raw":
        # Bytes after the end of the picture: the same picture, not the same bytes.
        answer = asked.post(content + os.urandom(16), content_type=kind)
    else:
        form = {"image": (name, content, kind), "refresh": (None, "true")}
        answer = asked.post(b"", files=form)
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"] == truth[name]
    assert answer.json()["detail"]["source"] == "ocr"


def test_the_answer_tells_where_and_how_surely_each_field_was_read(
    asked: Asked, pictures: PictureHost
) -> None:
    answer = asked.post(link(pictures.url("/alipay_light_rows.png")))
    kind = answer.content_type if isinstance(answer, Reply) else answer.headers["Content-Type"]
    assert kind == "application/json; charset=utf-8"
    detail = answer.json()["detail"]
    assert detail["hold_share"]["label"] == "可用份额"
    for field in ("fund_code", "hold_share"):
        assert 0.5 <= detail[field]["confidence"] <= 1
        assert len(detail[field]["box"]) == 4
    assert detail["candidates"]["fund_codes"] == ["011608"]
    assert detail["rules"] == "layout@2"
    assert detail["elapsed_ms"] >= 0


def test_a_dry_run_reads_but_looks_at_no_row_and_writes_none(
    asked: Asked, pictures: PictureHost, truth: Truth
) -> None:
    name = "xueqiu_light_pairs.jpg"
    url = pictures.url(f"/{name}?dry")
    answer = asked.post(link(url, dry_run=True)).json()
    assert answer["data"] == truth[name]
    assert (answer["detail"]["source"], answer["detail"]["id"]) == ("dry_run", None)
    with asked.store() as store:
        assert store.find([url]) == {}


def test_the_same_picture_under_another_link_is_not_read_again(
    asked: Asked, pictures: PictureHost, truth: Truth
) -> None:
    name = "fundhouse_light_label_above.png"
    first = asked.post(link(pictures.url(f"/{name}?signature=1"))).json()
    other = asked.post(link(pictures.url(f"/{name}?signature=2"))).json()
    assert other["data"] == truth[name]
    assert other["detail"]["source"] == "stored"
    assert other["detail"]["id"] != first["detail"]["id"]


def test_a_correction_wins_from_then_on(asked: Asked, pictures: PictureHost) -> None:
    url = pictures.url("/to-correct-1.png")
    read = asked.post(link(url)).json()
    assert read["flag"] is False and read["detail"]["reason"] == "NO_CODE"

    told = asked.post(correction(url, "000001", "1,234.50"), model="ocr_info_update")
    assert told.status_code == 200
    assert told.json()["congratulations"] == "MySQL中ocr信息更新成功!"
    assert told.json()["detail"]["row_version"] == read["detail"]["row_version"] + 1

    for body in (link(url), link(url, refresh=True)):
        answer = asked.post(body).json()
        assert answer["flag"] is True
        assert answer["data"] == {"fund_code": "000001", "hold_share": "1234.50"}
        assert answer["detail"]["source"] == "corrected"
    row = asked.row(url)
    assert (row.flag, row.reason) == (False, "NO_CODE"), "the reading stays what it was"


def test_a_correction_of_a_row_that_has_changed_since_is_refused_with_its_present_state(
    asked: Asked, pictures: PictureHost
) -> None:
    url = pictures.url("/to-correct-2.png")
    version = asked.post(link(url)).json()["detail"]["row_version"]
    body = correction(url, "000001", "1", row_version=version)
    assert asked.post(body, model="ocr_info_update").status_code == 200
    late = correction(url, "000002", "2", row_version=version)
    refused = asked.post(late, model="ocr_info_update")
    assert refused.status_code == 412
    assert refused.json()["code"] == "ROW_CHANGED"
    assert refused.json()["present"]["fund_code"] == "000001"


def test_a_link_with_characters_beyond_ascii_is_fetched_and_keeps_its_exact_text(
    asked: Asked, pictures: PictureHost
) -> None:
    url = pictures.url("/alipay_light_rows.png?名字=张 三")
    answer = asked.post(link(url))
    assert answer.status_code == 200, answer.content
    assert asked.row(url).image_url == url
    assert pictures.requests[-1].target.endswith("?%E5%90%8D%E5%AD%97=%E5%BC%A0%20%E4%B8%89")


def test_without_a_token_torchserve_answers_400(shared: SharedService) -> None:
    url = f"{shared.trial.address.inference}/predictions/ocr_handler"
    answer = requests.post(url, json=link("http://127.0.0.1/a.png"), timeout=10)
    assert answer.status_code == 400
    assert "token" in answer.text.lower()


def test_equal_answers_for_everybody_who_asks_at_once(
    shared: SharedService, pictures: PictureHost
) -> None:
    url = pictures.url("/cmb_light_product_code.png?at-once")
    answers = [answer.json() for answer in post_at_once(shared.trial, [link(url)] * 16)]
    assert {answer["detail"]["id"] for answer in answers} == {answers[0]["detail"]["id"]}
    assert {tuple(answer["data"].values()) for answer in answers} == {("002611", "48211.90")}
    engine = open_engine(shared.database_url)
    with engine.connect() as connection:
        rows = select(func.count()).where(ocr_result.c.image_url == url)
        assert connection.execute(rows).scalar_one() == 1
    engine.dispose()
