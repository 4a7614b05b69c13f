"""Both models loaded in this process out of their archives: what is asked of them and answered."""

import json
import os
from pathlib import Path
from typing import Any

from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost
from pipeline import fetched, parse
from pipeline.settings import PROJECT
from pipeline.work import HEADER
from tests.handlers.in_process import Handlers, Item
from tests.service.rest import correction, link

pytest_plugins = ["tests.handlers.handler_fixtures"]

Truth = dict[str, dict[str, str]]
SAMPLES = PROJECT / "samples"
SAMPLE = SAMPLES / "alipay_light_rows.png"
UPDATED = "MySQL中ocr信息更新成功!"


def never_seen(name: str) -> bytes:
    """The same picture with other bytes after its end."""
    return (SAMPLES / name).read_bytes() + os.urandom(16)


def test_samples_are_read_by_their_links_and_known_from_then_on(
    handlers: Handlers, pictures: PictureHost, truth: Truth
) -> None:
    """Some in a batch; all of them, one by one, are asked for in tests/service."""
    reader, truth = handlers("ocr_handler"), dict([*truth.items()][::4])
    links = [link(f"{pictures.url(f'/{name}')}?in-process", refresh=True) for name in truth]
    first = [reply.json() for reply in reader.answer([Item.json(one) for one in links])]
    assert [one["data"] for one in first] == list(truth.values())
    assert [one["flag"] for one in first] == [bool(one["fund_code"]) for one in truth.values()]

    asked_before = len(pictures.requests)
    again = reader.answer([Item.json({**one, "refresh": False}) for one in links])
    assert len(pictures.requests) == asked_before, "a known link is not fetched again"
    assert {one.json()["detail"]["source"] for one in again} == {"stored"}
    assert [one.json()["data"] for one in again] == list(truth.values())


def test_a_link_that_the_front_door_has_fetched_is_that_links_row(
    handlers: Handlers, pictures: PictureHost, truth: Truth
) -> None:
    reader = handlers("ocr_handler")
    asked_before = len(pictures.requests)

    def fetched_item(url: str, content: bytes, **how: Any) -> Item:
        asked = parse.recognise_link(json.dumps(link(url, **how)).encode(), "")
        return Item.raw(fetched.pack(asked, content), fetched.CONTENT_TYPE)

    urls = [
        pictures.url(f"/{SAMPLE.name}?fetched-{name}=基金") for name in ("first", "copy", "dry")
    ]
    content = never_seen(SAMPLE.name)
    (read,) = reader.answer([fetched_item(urls[0], content)])
    assert (read.status_code, read.json()["detail"]["source"]) == (200, "ocr")
    assert read.json()["data"] == truth[SAMPLE.name]
    known, copy, dry, bad, page = reader.answer(
        [
            Item.json(link(urls[0])),
            fetched_item(urls[1], content),
            fetched_item(urls[2], content, dry_run=True),
            Item.raw(b"{}", fetched.CONTENT_TYPE),
            fetched_item(pictures.url("/page.html"), b"<html>"),
        ]
    )
    sources = [one.json()["detail"]["source"] for one in (known, copy, dry)]
    assert sources == ["stored", "stored", "dry_run"]
    ids = [one.json()["detail"]["id"] for one in (read, known, copy, dry)]
    assert (ids[0] == ids[1], ids[0] != ids[2], ids[3]) == (True, True, None)
    assert [one.json()["code"] for one in (bad, page)] == ["NOT_JSON", "NOT_A_PICTURE"]
    version = read.json()["detail"]["row_version"]
    late, again = (
        reader.answer([fetched_item(urls[0], content, refresh=True, row_version=n)])[0]
        for n in (version + 7, version)
    )
    assert (late.status_code, late.json()["code"]) == (412, "ROW_CHANGED")
    assert again.json()["detail"]["row_version"] == version + 1
    assert len(pictures.requests) == asked_before, "it is not fetched again"


def test_samples_are_read_by_their_bytes(handlers: Handlers, truth: Truth) -> None:
    names = [*truth][::3]
    replies = handlers("ocr_handler").answer([Item.picture(never_seen(name)) for name in names])
    assert [reply.json()["data"] for reply in replies] == [truth[name] for name in names]
    assert {reply.json()["detail"]["source"] for reply in replies} == {"ocr"}


def test_a_picture_is_known_by_its_bytes_as_torchserves_usual_clients_send_it(
    handlers: Handlers, pictures: PictureHost, truth: Truth
) -> None:
    content = never_seen(SAMPLE.name)
    asked = json.dumps(link(pictures.url(f"/{SAMPLE.name}"))).encode()
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    batch = [
        Item(fields={"body": content}),  # curl -T
        Item.raw(content, "application/x-www-form-urlencoded"),
        Item(fields={"data": content}, headers=form),  # curl -F data=@a.png
        Item(fields={"data": content, "refresh": b"false"}),  # gRPC
        Item(fields={"data": asked}),
        Item(fields={"data": b"no picture"}),
        Item(fields={"data": b"GIF89a"}),
    ]
    replies = handlers("ocr_handler").answer(batch)
    assert [reply.status_code for reply in replies] == [200] * 5 + [400, 415]
    assert [reply.json()["data"] for reply in replies[:5]] == [truth[SAMPLE.name]] * 5


def test_good_and_bad_items_of_a_batch_are_answered_each_by_itself(
    handlers: Handlers, pictures: PictureHost, truth: Truth
) -> None:
    content = SAMPLE.read_bytes()
    batch = [
        Item.raw(b"{", "application/json"),
        Item.picture(never_seen(SAMPLE.name), X_Request_Id="mine"),
        Item.picture(content[: len(content) // 2]),
        Item(headers={"describe": "True"}),
        Item.picture(b"no picture"),
        Item(fields={"image": never_seen(SAMPLE.name), "refresh": b"true"}),
        Item.json(link("http://pictures.invalid/a.png")),
        Item.json(link(pictures.url("/not-there.png"))),
        Item.json({"image_url": pictures.url(f"/{SAMPLE.name}")}),
        Item.raw(b"", "application/json"),
        Item(fields={"image": content, "refresh": b"maybe"}),
    ]
    replies = handlers("ocr_handler").answer(batch)
    statuses = [400, 200, 422, 200, 415, 200, 403, 502, 400, 400, 400]
    assert [reply.status_code for reply in replies] == statuses
    assert [reply.json().get("code") for reply in replies] == [
        *("NOT_JSON", None, "BAD_PICTURE", None, "NOT_A_PICTURE", None),
        *("HOST_NOT_ALLOWED", "FETCH_FAILED", "MISSING_FIELD", "NOT_JSON", "WRONG_TYPE"),
    ]
    works = [reply.headers.get(HEADER) for reply in replies]
    assert works.index(works[1]) == 1 and works[1] == works[5], "of what was read, and alike"
    assert 5_000 < int(works[1] or 0) < 15_000
    assert set(works) == {None, works[1]}
    assert {reply.content_type for reply in replies} == {"application/json; charset=utf-8"}
    assert replies[7].json()["detail"] == {"cause": "status 404"}
    for index in (1, 5):
        assert replies[index].json()["data"] == truth[SAMPLE.name]
    assert replies[1].json()["detail"]["request_id"] == "mine"
    assert replies[3].json()["engine"] == "openvino"


def test_a_correction_wins_from_then_on(handlers: Handlers, pictures: PictureHost) -> None:
    reader, corrector = map(handlers, ("ocr_handler", "ocr_info_update"))
    url = pictures.url("/to-correct-0.png")
    assert reader.post(link(url)).json()["detail"]["reason"] == "NO_CODE"
    told, unknown, bad = corrector.answer(
        [
            Item.json(correction(url, "000001", "1,234.50")),
            Item.json(correction(pictures.url("/never"))),
            Item.json(correction(url, "no code")),
        ]
    )
    assert (told.status_code, told.json()["congratulations"]) == (200, UPDATED)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_IMAGE")
    assert (bad.status_code, bad.json()["code"]) == (400, "BAD_FUND_CODE")
    answer = reader.post(link(url)).json()
    assert answer["data"] == {"fund_code": "000001", "hold_share": "1234.50"}
    assert answer["detail"]["source"] == "corrected"


def test_bodies_that_are_no_request_are_refused_by_both_models(handlers: Handlers) -> None:
    for model in ("ocr_handler", "ocr_info_update"):
        for body in (b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"image_url":1}'):
            reply = handlers(model).post(body)
            assert reply.status_code == 400, (model, body)
            assert reply.json()["code"] in ("NOT_JSON", "MISSING_FIELD", "BAD_FIELD"), body


def test_settings_of_one_handler_are_not_those_of_another(
    handlers: Handlers, pictures: PictureHost, tmp_path: Path, mariadb: MariaDB
) -> None:
    """One more is in this process, keeps its rows in MariaDB, and may fetch from nowhere."""
    settings = {
        "FUNDOCR_DATABASE_URL": mariadb.new_database(upgraded=True),
        "FUNDOCR_LOCAL_HOSTS": "elsewhere.invalid",
    }
    other = handlers("ocr_handler", settings, tmp_path / "home")
    content = never_seen(SAMPLE.name)
    sources = [other.post(content, "image/png").json()["detail"]["source"] for _ in range(2)]
    assert sources == ["ocr", "stored"]
    (described,) = other.answer([Item(headers={"describe": "True"})])
    assert described.json()["database"].startswith("mysql")
    assert described.json()["home"] == str(tmp_path / "home")
    body = link(pictures.url(f"/{SAMPLE.name}"), dry_run=True)
    for reader, status in ((handlers("ocr_handler"), 200), (other, 403)):
        assert reader.post(body).status_code == status


def test_each_answer_has_its_line_in_the_log(handlers: Handlers, pictures: PictureHost) -> None:
    reader = handlers("ocr_handler")
    reader.post(link(pictures.url(f"/{SAMPLE.name}"), dry_run=True), X_Request_Id="to-be-found")
    (line,) = [one for one in reader.log() if one.get("request_id") == "to-be-found"]
    assert (line["message"], line["status"], line["logger"]) == (
        *("answered", 200),
        "handlers.exchange",
    )
