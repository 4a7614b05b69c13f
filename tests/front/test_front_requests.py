"""The front door before a real TorchServe: legacy callers' requests, as they send them."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
import requests
from PIL import Image

from db.access import Keys, Role
from db.engine import open_engine
from evals.testbed.picture_host import PictureHost, allowed_from
from pipeline.settings import PROJECT
from tests.front.in_process import front_in_process
from tests.trial import Trial

SAMPLES = PROJECT / "samples"
SAMPLE = "alipay_light_rows.png"
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}


@pytest.fixture
def url(pictures: PictureHost) -> str:
    """A link that nobody has asked for."""
    return pictures.url(f"/{SAMPLE}?{uuid4().hex}")


@pytest.fixture
def picture() -> bytes:
    """A picture that nobody has sent: the sample with one pixel of its own."""
    with Image.open(SAMPLES / SAMPLE) as opened:
        image = opened.convert("RGB")
    image.putpixel((0, 0), tuple(uuid4().bytes[:3]))
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def link(url: str, **more: Any) -> dict[str, Any]:
    return {"image_url": url, "url_type": "7min_local", **more}


def post(front: str, path: str, **options: Any) -> requests.Response:
    return requests.post(f"{front}{path}", timeout=120, **options)


def assert_read_right(answer: requests.Response, source: str = "ocr") -> None:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    content = answer.json()
    assert (content["flag"], content["data"]) == (True, SHOWN)
    assert content["detail"]["source"] == source


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "image",
        "",
        None,
    ],
)
def test_json_is_taken_under_any_content_type(
    trial: Trial, url: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = json.dumps(link(url, refresh=True))
    assert_read_right(post(trial.front, "/ocr_handler", data=body, headers=headers))


def test_json_as_curl_sends_it_is_taken(trial: Trial, url: str) -> None:
    command = [
        "curl",
        "-s",
        "-d",
        json.dumps(link(url, refresh=True)),
        f"{trial.front}/ocr_handler",
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout)["data"] == SHOWN


def test_a_link_is_read_once_and_answered_from_the_table_then(trial: Trial, url: str) -> None:
    assert_read_right(post(trial.front, "/ocr_handler", json=link(url, refresh=True)))
    assert_read_right(post(trial.front, "/ocr_handler", json=link(url)), "stored")


def test_a_link_with_chinese_characters_is_fetched_encoded_and_known_as_it_stands(
    trial: Trial, pictures: PictureHost, url: str
) -> None:
    chinese = f"{url}&名=基金"
    assert_read_right(post(trial.front, "/ocr_handler", json=link(chinese, refresh=True)))
    assert pictures.requests[-1].target.endswith("&%E5%90%8D=%E5%9F%BA%E9%87%91")
    body = json.dumps(link(chinese), ensure_ascii=False).encode()
    assert_read_right(post(trial.front, "/ocr_handler", data=body), "stored")
    assert len(rows(trial, chinese)) == 1


@pytest.mark.parametrize("content_type", ["image/png", "IMAGE/PNG", "image/jpeg"])
def test_a_picture_is_taken_as_the_body(trial: Trial, picture: bytes, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert_read_right(post(trial.front, "/ocr_handler", data=picture, headers=headers))
    assert_read_right(post(trial.front, "/ocr_handler", data=picture, headers=headers), "stored")


def test_a_picture_is_taken_from_a_form(trial: Trial, picture: bytes) -> None:
    form = {"image": ("截图.png", picture, "image/png")}
    assert_read_right(post(trial.front, "/ocr_handler", files=form))
    assert len(rows(trial, upload(picture))) == 1


def test_a_picture_in_chunks_is_taken(trial: Trial, picture: bytes) -> None:
    parts = (picture[start : start + 5000] for start in range(0, len(picture), 5000))
    headers = {"Content-Type": "image/png"}
    assert_read_right(post(trial.front, "/ocr_handler", data=parts, headers=headers))


def test_a_form_asks_for_a_dry_run_or_a_new_reading(trial: Trial, picture: bytes) -> None:
    def ask(**fields: str) -> requests.Response:
        form = {"image": ("a.png", picture, "image/png")}
        return post(trial.front, "/ocr_handler", files=form, data=fields)

    assert_read_right(ask(dry_run="true"), "dry_run")
    assert rows(trial, upload(picture)) == []
    assert_read_right(ask())
    assert_read_right(ask(), "stored")
    assert_read_right(ask(refresh="true"))
    assert len(rows(trial, upload(picture))) == 1


def test_a_query_changes_nothing(trial: Trial, picture: bytes) -> None:
    query = {"image": "x", "body": "{}", "data": "{}", "dry_run": "true"}
    headers = {"Content-Type": "image/png"}
    answer = post(trial.front, "/ocr_handler", data=picture, headers=headers, params=query)
    assert_read_right(answer)


def test_a_correction_is_stored_and_its_author_is_not_for_the_caller_to_name(
    trial: Trial, picture: bytes
) -> None:
    headers = {"Content-Type": "image/png"}
    assert_read_right(post(trial.front, "/ocr_handler", data=picture, headers=headers))
    correction = {
        "image_url": upload(picture),
        "update_fund_code": "000001",
        "update_hold_share": "12.5",
        "actor": "the boss",
        "note": "看错了",
    }
    answer = post(trial.front, "/ocr_info_update", json=correction)
    assert answer.status_code == 200
    assert answer.json()["congratulations"] == "MySQL中ocr信息更新成功!"
    (row,) = rows(trial, upload(picture))
    assert row[1:] == ("000001", "12.5")
    with database(trial) as connection:
        history = connection.execute(
            "SELECT actor, note FROM ocr_history WHERE result_id = ? AND note != ''", row[:1]
        ).fetchall()
    assert history == [("anonymous", "看错了")]


def test_a_request_id_goes_through_to_the_answer_and_the_workers_log(
    trial: Trial, url: str
) -> None:
    given = f"order-{uuid4().hex}"
    answer = post(trial.front, "/ocr_handler", json=link(url), headers={"X-Request-Id": given})
    assert answer.json()["detail"]["request_id"] == answer.headers["X-Request-Id"] == given
    lines = (trial.home / "var" / "log" / "model_log.log").read_text("utf-8").splitlines()
    (line,) = [json.loads(line) for line in lines if given in line]
    assert (line["request_id"], line["status"]) == (given, 200)


def test_sixteen_clients_at_once_each_get_their_own_answer(
    trial: Trial, pictures: PictureHost, truth: dict[str, dict[str, str]]
) -> None:
    names = (list(truth) * 2)[:16]

    def ask(number: int) -> dict[str, Any]:
        own = link(pictures.url(f"/{names[number]}?{number}-{uuid4().hex}"))
        return dict(post(trial.front, "/ocr_handler", json=own).json()["data"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(16))) == [truth[name] for name in names]


@pytest.mark.parametrize("path", ["/predictions/ocr_handler", "/predictions/ocr_handler/1.0"])
def test_torchserves_own_path_leads_there_too(trial: Trial, url: str, path: str) -> None:
    assert_read_right(post(trial.front, path, json=link(url, refresh=True)))


@pytest.mark.parametrize("model", ["ocr_handler", "ocr_info_update"])
def test_a_version_that_is_not_registered_is_not_there(trial: Trial, url: str, model: str) -> None:
    body = link(url, update_fund_code="000001", update_hold_share="1")
    answer = post(trial.front, f"/predictions/{model}/9.9", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_VERSION")


def test_todays_statuses_are_for_the_two_old_paths_alone(fronts: dict[str, str]) -> None:
    answer = post(fronts["legacy"], "/predictions/ocr_handler", data="{")
    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_JSON")


def test_a_key_is_the_actor_of_its_corrections(trial: Trial, picture: bytes) -> None:
    name = f"小王 {uuid4().hex[:8]}"
    engine = open_engine(trial.database_url)
    key = Keys(engine).add(name, Role.CORRECTOR)
    engine.dispose()
    headers = {"Authorization": f"Bearer {key}"}
    sent = {"data": picture, "headers": headers | {"Content-Type": "image/png"}}
    assert_read_right(post(trial.front, "/ocr_handler", **sent))
    correction = {
        "image_url": upload(picture),
        "update_fund_code": "000001",
        "update_hold_share": "12.5",
        "actor": "the boss",
    }
    answer = post(trial.front, "/ocr_info_update", json=correction, headers=headers)
    assert answer.status_code == 200
    with database(trial) as connection:
        actors = connection.execute(
            "SELECT actor FROM ocr_history WHERE result_id = ?", (answer.json()["detail"]["id"],)
        ).fetchall()
    assert (name,) in actors
    assert ("the boss",) not in actors


NOT_JSON = "没有获取到您传入的数据，请仔细检查您的输入。"
NOT_FETCHED = "图片下载失败，请检查所输入图片链接是否有效。"
UNKNOWN = "MySQL中ocr信息更新失败,请先确保您的图片已被解析并存入MySQL表中。"
NOT_STORED = "MySQL中ocr信息更新失败,在执行更新操作时出现错误。"


@pytest.fixture(scope="module")
def fronts(trial: Trial, pictures: PictureHost) -> Iterator[dict[str, str]]:
    """The service's own front door, and one that answers with legacy statuses."""
    settings = {"FUNDOCR_LEGACY_STATUS": "1", **allowed_from(pictures)}
    with front_in_process(trial.address.inference, trial.home, **settings) as legacy:
        yield {"new": trial.front, "legacy": legacy}


def refused(kind: str, pictures: PictureHost) -> tuple[str, Any]:
    """Path and body of a request that fails."""
    gone = pictures.url("/gone.png")
    correction = {"image_url": "x", "update_fund_code": "000001", "update_hold_share": "1"}
    return {
        "recognise, not JSON": ("/ocr_handler", "{"),
        "recognise, empty": ("/ocr_handler", ""),
        "correct, not JSON": ("/ocr_info_update", "[]"),
        "picture gone": ("/ocr_handler", link(gone)),
        "row unknown": ("/ocr_info_update", correction),
        "field missing": ("/ocr_handler", {"image_url": gone}),
        "field of another type": ("/ocr_handler", link(17)),  # type: ignore[arg-type]
        "bad address": ("/ocr_handler", link("ftp://here/a.png")),
        "host not allowed": ("/ocr_handler", link("http://127.0.0.1:1/a.png")),
        "no fund code": ("/ocr_info_update", {**correction, "update_fund_code": "1"}),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "code", "new", "legacy"),
    [
        ("recognise, not JSON", "NOT_JSON", 400, 200),
        ("recognise, empty", "NOT_JSON", 400, 200),
        ("correct, not JSON", "NOT_JSON", 400, 200),
        ("picture gone", "FETCH_FAILED", 502, 200),
        ("row unknown", "UNKNOWN_IMAGE", 404, 200),
        ("field missing", "MISSING_FIELD", 400, 400),
        ("field of another type", "WRONG_TYPE", 400, 400),
        ("bad address", "BAD_URL", 400, 400),
        ("host not allowed", "HOST_NOT_ALLOWED", 403, 403),
        ("no fund code", "BAD_FUND_CODE", 400, 400),
    ],
)
def test_refusals_have_their_status_and_todays_where_that_is_asked_for(
    fronts: dict[str, str], pictures: PictureHost, kind: str, code: str, new: int, legacy: int
) -> None:
    path, body = refused(kind, pictures)
    sent = {"json": body} if isinstance(body, dict) else {"data": body}
    answers = [post(front, path, **sent) for front in fronts.values()]
    assert [answer.status_code for answer in answers] == [new, legacy]
    for answer in answers:
        assert answer.json()["code"] == code
        told = {"detail"} if code in ("FETCH_FAILED", "NOT_JSON") else set()
        assert set(answer.json()) == {"error", "code", "request_id"} | told
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    sentences = {"NOT_JSON": NOT_JSON, "FETCH_FAILED": NOT_FETCHED, "UNKNOWN_IMAGE": UNKNOWN}
    if code in sentences:
        assert [answer.json()["error"] for answer in answers] == [sentences[code]] * 2


def test_a_correction_that_cannot_be_stored_has_todays_status_where_that_is_asked_for(
    trial: Trial, fronts: dict[str, str]
) -> None:
    """The database is locked by somebody for longer than the service waits."""
    correction = {"image_url": "x", "update_fund_code": "000001", "update_hold_share": "1"}
    with database(trial) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        answer = post(fronts["legacy"], "/ocr_info_update", json=correction)
        connection.execute("ROLLBACK")
    assert (answer.status_code, answer.json()["code"]) == (200, "DATABASE_UNAVAILABLE")
    assert answer.json()["error"] == NOT_STORED
    assert int(answer.headers["Retry-After"]) > 0


def upload(picture: bytes) -> str:
    return f"upload:sha256:{sha256(picture).hexdigest()}"


@contextmanager
def database(trial: Trial) -> Iterator[sqlite3.Connection]:
    path = trial.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def rows(trial: Trial, identity: str) -> list[tuple[int, str, str]]:
    """Id and corrected values of the rows of this identity."""
    with database(trial) as connection:
        return connection.execute(
            "SELECT id, update_fund_code, update_hold_share FROM ocr_result WHERE image_url = ?",
            (identity,),
        ).fetchall()
