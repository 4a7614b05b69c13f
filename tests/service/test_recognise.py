"""The main job, on real parts: TorchServe, the models, both databases, tokens on."""

import mimetypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import func, select

from db.engine import open_engine
from db.rows import Row
from db.store import Store
from db.tables import ocr_result
from postprocess.evidence import page_from_json
from postprocess.extract import RULES
from tests.picture_host import PictureHost
from tests.service.rest import SAMPLES, correction, link, post, post_at_once
from tests.trial import Trial

Truth = dict[str, dict[str, str]]


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def trial(request: pytest.FixtureRequest, service: Callable[[str], Trial]) -> Trial:
    return service(request.param)


@contextmanager
def store_of(trial: Trial) -> Iterator[Store]:
    engine = open_engine(trial.database_url)
    try:
        yield Store(engine)
    finally:
        engine.dispose()


def row_of(trial: Trial, identity: str) -> Row:
    with store_of(trial) as store:
        return store.get(identity=identity)


def test_every_sample_is_answered_as_it_shows_and_stored(
    trial: Trial, pictures: PictureHost, truth: Truth
) -> None:
    for name, expected in truth.items():
        url = pictures.url(f"/{name}")
        first = post(trial, link(url, refresh=True)).json()
        assert first["data"] == expected, name
        assert first["flag"] is bool(expected["fund_code"])
        assert first["detail"]["source"] == "ocr"

        asked_before = len(pictures.requests)
        again = post(trial, link(url)).json()
        assert (again["flag"], again["data"]) == (first["flag"], first["data"])
        assert again["detail"]["source"] == "stored"
        assert len(pictures.requests) == asked_before, "a known link is not fetched again"

        row = row_of(trial, url)
        assert row.id == first["detail"]["id"] == again["detail"]["id"]
        assert (row.ocr_fund_code, row.ocr_hold_share) == tuple(expected.values())
        assert row.fund_code == (expected["fund_code"] or None)
        assert row.model_version.startswith("PP-OCRv6_small@")


def test_rules_on_stored_evidence_give_the_stored_answer_again(
    trial: Trial, pictures: PictureHost, truth: Truth
) -> None:
    for name in truth:
        url = pictures.url(f"/{name}")
        post(trial, link(url))
        row = row_of(trial, url)
        found = RULES["layout"](page_from_json(row.evidence))
        assert found.reason == row.reason
        assert (found.fund_code.value if found.fund_code else "") == row.ocr_fund_code
        assert (found.hold_share.value if found.hold_share else "") == row.ocr_hold_share


@pytest.mark.parametrize("way", ["raw", "form"])
def test_the_picture_itself_is_read_like_its_link(trial: Trial, truth: Truth, way: str) -> None:
    for name in ("licaitong_light_inline.png", "cmb_dark_two_labels.jpg"):
        content = (SAMPLES / name).read_bytes()
        kind = mimetypes.guess_type(name)[0]
        if way == "raw":
            # Bytes after the end of the picture: the same picture, not the same bytes.
            answer = post(trial, content + os.urandom(16), content_type=kind)
        else:
            form = {"image": (name, content, kind), "refresh": (None, "true")}
            answer = post(trial, b"", files=form)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == truth[name]
        assert answer.json()["detail"]["source"] == "ocr"


def test_the_answer_tells_where_and_how_surely_each_field_was_read(
    trial: Trial, pictures: PictureHost
) -> None:
    answer = post(trial, link(pictures.url("/alipay_light_rows.png")))
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    detail = answer.json()["detail"]
    assert detail["hold_share"]["label"] == "可用份额"
    for field in ("fund_code", "hold_share"):
        assert 0.5 <= detail[field]["confidence"] <= 1
        assert len(detail[field]["box"]) == 4
    assert detail["candidates"]["fund_codes"] == ["011608"]
    assert detail["rules"] == "layout@1"
    assert detail["elapsed_ms"] >= 0


def test_a_dry_run_reads_but_looks_at_no_row_and_writes_none(
    trial: Trial, pictures: PictureHost, truth: Truth
) -> None:
    name = "xueqiu_light_pairs.jpg"
    url = pictures.url(f"/{name}?dry")
    answer = post(trial, link(url, dry_run=True)).json()
    assert answer["data"] == truth[name]
    assert (answer["detail"]["source"], answer["detail"]["id"]) == ("dry_run", None)
    with store_of(trial) as store:
        assert store.find([url]) == {}


def test_the_same_picture_under_another_link_is_not_read_again(
    trial: Trial, pictures: PictureHost, truth: Truth
) -> None:
    name = "fundhouse_light_label_above.png"
    first = post(trial, link(pictures.url(f"/{name}?signature=1"))).json()
    other = post(trial, link(pictures.url(f"/{name}?signature=2"))).json()
    assert other["data"] == truth[name]
    assert other["detail"]["source"] == "stored"
    assert other["detail"]["id"] != first["detail"]["id"]


def test_a_correction_wins_from_then_on(trial: Trial, pictures: PictureHost) -> None:
    url = pictures.url("/to-correct-1.png")
    read = post(trial, link(url)).json()
    assert read["flag"] is False and read["detail"]["reason"] == "NO_CODE"

    told = post(trial, correction(url, "000001", "1,234.50"), model="ocr_info_update")
    assert told.status_code == 200
    assert told.json()["congratulations"] == "MySQL中ocr信息更新成功!"
    assert told.json()["detail"]["row_version"] == read["detail"]["row_version"] + 1

    for body in (link(url), link(url, refresh=True)):
        answer = post(trial, body).json()
        assert answer["flag"] is True
        assert answer["data"] == {"fund_code": "000001", "hold_share": "1234.50"}
        assert answer["detail"]["source"] == "corrected"
    row = row_of(trial, url)
    assert (row.flag, row.reason) == (False, "NO_CODE"), "the reading stays what it was"


def test_a_correction_of_a_row_that_has_changed_since_is_refused_with_its_present_state(
    trial: Trial, pictures: PictureHost
) -> None:
    url = pictures.url("/to-correct-2.png")
    version = post(trial, link(url)).json()["detail"]["row_version"]
    body = correction(url, "000001", "1", row_version=version)
    assert post(trial, body, model="ocr_info_update").status_code == 200
    late = correction(url, "000002", "2", row_version=version)
    refused = post(trial, late, model="ocr_info_update")
    assert refused.status_code == 412
    assert refused.json()["code"] == "ROW_CHANGED"
    assert refused.json()["present"]["fund_code"] == "000001"


def test_a_link_with_characters_beyond_ascii_is_fetched_and_keeps_its_exact_text(
    trial: Trial, pictures: PictureHost
) -> None:
    url = pictures.url("/alipay_light_rows.png?名字=张 三")
    answer = post(trial, link(url))
    assert answer.status_code == 200, answer.text
    assert row_of(trial, url).image_url == url
    assert pictures.requests[-1].target.endswith("?%E5%90%8D%E5%AD%97=%E5%BC%A0%20%E4%B8%89")


def test_without_a_token_torchserve_answers_400(trial: Trial) -> None:
    url = f"{trial.address.inference}/predictions/ocr_handler"
    answer = requests.post(url, json=link("http://127.0.0.1/a.png"), timeout=10)
    assert answer.status_code == 400
    assert "token" in answer.text.lower()


def test_equal_answers_for_everybody_who_asks_at_once(trial: Trial, pictures: PictureHost) -> None:
    url = pictures.url("/cmb_light_product_code.png?at-once")
    answers = [answer.json() for answer in post_at_once(trial, [link(url)] * 16)]
    assert {answer["detail"]["id"] for answer in answers} == {answers[0]["detail"]["id"]}
    assert {tuple(answer["data"].values()) for answer in answers} == {("002611", "48211.90")}
    engine = open_engine(trial.database_url)
    with engine.connect() as connection:
        rows = select(func.count()).where(ocr_result.c.image_url == url)
        assert connection.execute(rows).scalar_one() == 1
    engine.dispose()
