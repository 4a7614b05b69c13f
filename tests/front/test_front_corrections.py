"""`/ocr_info_update` at the front door: stored there, with TorchServe or without, and answered as
the model `ocr_info_update` answers."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from db.store import Store
from handlers import exchange
from pipeline.answer import correction_body
from pipeline.review import correct
from tests.db.sample_readings import reading
from tests.front.front_process import database_url
from tests.front.in_process import front_in_process, lone_front_in_process, new_database
from tests.front.torchserve_stub import TorchServeStub, torchserve_stub

PATHS = ("/ocr_info_update", "/predictions/ocr_info_update")
VALUES = {"update_fund_code": "000001", "update_hold_share": "1,234.50"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fronts:
    """Two of one database: TorchServe is behind the first, nobody behind the second."""

    urls: tuple[str, str]
    legacy: str
    stub: TorchServeStub
    store: Store
    keys: Keys

    def row(self) -> str:
        """The link of a row that nobody has corrected."""
        link = f"https://pictures.example.com/{uuid4().hex}.png"
        self.store.save([reading(link, image_sha256=None)])
        return link


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    home = tmp_path_factory.mktemp("fronts")
    new_database(home)
    engine = open_engine(database_url(home))
    with (
        torchserve_stub() as stub,
        front_in_process(stub.url, home) as first,
        lone_front_in_process(home) as second,
        lone_front_in_process(home, FUNDOCR_LEGACY_STATUS="1") as legacy,
    ):
        store, keys = Store(engine), Keys(engine)
        yield Fronts(urls=(first, second), legacy=legacy, stub=stub, store=store, keys=keys)
    engine.dispose()


class _Context:
    """What the model's answer needs of TorchServe."""

    status = 0
    headers: dict[str, str]

    def __init__(self) -> None:
        self.headers = {}

    def set_response_status(self, *, code: int, **_: object) -> None:
        self.status = code

    def set_response_header(self, _: int, name: str, text: str) -> None:
        self.headers[name] = text

    def set_response_content_type(self, _: int, text: str) -> None:
        self.headers["Content-Type"] = text


def by_the_model(store: Store, body: bytes) -> tuple[int, Any]:
    """What the model answers, step by step as its handler does."""
    call = exchange.Call(
        id="r", index=0, batch=1, describe=False, content_type="", fields={"body": body}
    )
    context = _Context()
    outcome = correct(store, exchange.correction(call))
    text = exchange.reply(context, call, outcome, lambda row: correction_body(row, call.id, 0))
    return context.status, _alike(json.loads(text))


def by(front: str, body: bytes, path: str = PATHS[0]) -> tuple[int, Any]:
    answer = requests.post(front + path, data=body, headers={"X-Request-Id": "r"}, timeout=30)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return answer.status_code, _alike(answer.json())


def _alike(answer: dict[str, Any]) -> dict[str, Any]:
    """Without what two rows and two moments have of their own."""
    detail = answer.get("detail")
    if detail:
        for own in ("id", "elapsed_ms"):
            assert type(detail.pop(own, 0)) is int
    answer.get("present", {}).pop("id", None)
    return answer


BODIES: dict[str, dict[str, Any] | bytes] = {
    "right": VALUES,
    "with a note": VALUES | {"note": "看图", "row_version": 1},
    "who it was is not his to say": VALUES | {"actor": "the boss"},
    "another version": VALUES | {"row_version": 7},
    "no code": VALUES | {"update_fund_code": "1"},
    "no share": VALUES | {"update_hold_share": "1,23"},
    "no version": VALUES | {"row_version": "1"},
    "no note": VALUES | {"note": 1},
    "a field missing": {"update_fund_code": "000001"},
    "a field of another type": VALUES | {"update_fund_code": 1},
    "not JSON": b"{",
    "no object": b"[]",
    "nothing": b"",
    "an unknown link": VALUES | {"image_url": "https://pictures.example.com/never.png"},
    "no link at all": VALUES | {"image_url": "\ud800"},
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_correction_is_answered_as_by_the_model_with_torchserve_and_without(
    fronts: Fronts, kind: str
) -> None:
    said = BODIES[kind]

    def body() -> bytes:
        return (
            said
            if isinstance(said, bytes)
            else json.dumps({"image_url": fronts.row(), **said}).encode()
        )

    expected = by_the_model(fronts.store, body())
    for front in fronts.urls:
        for path in PATHS:
            assert by(front, body(), path) == expected
    assert fronts.stub.handed == []


def test_a_key_is_the_actor_of_its_corrections(fronts: Fronts) -> None:
    link, name = fronts.row(), "小王"
    headers = {"Authorization": f"Bearer {fronts.keys.add(name, Role.CORRECTOR)}"}
    asked = {"image_url": link, **VALUES, "actor": "the boss", "note": "看图"}
    for path in PATHS:
        answer = requests.post(fronts.urls[1] + path, json=asked, headers=headers, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["congratulations"] == "MySQL中ocr信息更新成功!"
        assert answer.json()["detail"]["data"] == {"fund_code": "000001", "hold_share": "1234.50"}
    (line,) = fronts.store.history(fronts.store.get(identity=link).id)
    assert (line.action, line.actor, line.note) == ("corrected", name, "看图")


def test_who_names_a_version_of_the_model_is_handed_on_to_it(fronts: Fronts) -> None:
    link = fronts.row()
    path = f"{PATHS[1]}/1.0"
    answer = requests.post(
        fronts.urls[0] + path, json={"image_url": link, **VALUES, "actor": "the boss"}, timeout=30
    )
    assert answer.status_code == 200
    handed = fronts.stub.handed.pop()
    assert handed.path == path
    told = json.loads(handed.body)
    assert (told["actor"], told["update_hold_share"]) == ("anonymous", "1234.50")
    assert not fronts.store.get(identity=link).corrected
    answer = requests.post(fronts.urls[1] + path, json={"image_url": link, **VALUES}, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_BUSY")


def test_what_cannot_be_stored_has_its_old_sentence(fronts: Fronts, tmp_path: Path) -> None:
    sentence = "MySQL中ocr信息更新失败,在执行更新操作时出现错误。"
    new_database(tmp_path)
    with closing(sqlite3.connect(tmp_path / "var" / "fundocr.db")) as database:
        database.execute("DROP TABLE ocr_result")
    for settings, status in ({}, 503), ({"FUNDOCR_LEGACY_STATUS": "1"}, 200):
        with lone_front_in_process(tmp_path, **settings) as front:
            answer = requests.post(
                front + PATHS[0], json={"image_url": "https://h/a", **VALUES}, timeout=30
            )
        assert (answer.status_code, answer.json()["error"]) == (status, sentence)
        assert answer.json()["code"] == "DATABASE_UNAVAILABLE"
        assert int(answer.headers["Retry-After"]) > 0


def test_todays_statuses_are_for_the_old_path_alone(fronts: Fronts) -> None:
    unknown = json.dumps({"image_url": "https://h/never", **VALUES}).encode()
    for body in (b"{", unknown):
        assert by(fronts.legacy, body, PATHS[0])[0] == 200
        assert by(fronts.legacy, body, PATHS[1])[0] in (400, 404)
