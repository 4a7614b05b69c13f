"""TorchServe, a backfill in one process and a backfill on Ray give the same answers."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from db.engine import open_engine
from db.tables import ocr_result
from screens.corpus import draw
from tests.bulk.backfills import done, environment, listed, report
from tests.conftest import SAMPLES
from tests.mariadb import MariaDB
from tests.picture_host import Behaviour, PictureHost, hangs_up, picture_host
from tests.trial import Trial

_DRAWN = 12
_COLUMNS = (
    *("image_url", "url_type", "ocr_fund_code", "ocr_hold_share", "fund_code", "hold_share"),
    *("flag", "reason", "label", "image_sha256", "model_version", "rules_version", "evidence"),
)


def _routes(names: list[str]) -> dict[str, "bytes | Behaviour"]:
    routes: dict[str, bytes | Behaviour] = {f"/{n}": (SAMPLES / n).read_bytes() for n in names}
    for number, screen in enumerate(draw(_DRAWN, 7)):
        data = BytesIO()
        screen.picture.save(data, "PNG")
        routes[f"/drawn-{number}.png"] = data.getvalue()
    whole = (SAMPLES / names[0]).read_bytes()
    return routes | {
        "/cut.png": whole[: len(whole) // 2],
        "/text.png": b"no picture at all",
        "/hangs-up.png": hangs_up,
        "/again.png": whole,
    }


@pytest.fixture(scope="module")
def host(truth: dict[str, dict[str, str]]) -> Iterator[PictureHost]:
    with picture_host(_routes(list(truth))) as host:
        yield host


@pytest.fixture(scope="module")
def urls(host: PictureHost, truth: dict[str, dict[str, str]]) -> list[str]:
    return [host.url(path) for path in [*_routes(list(truth)), "/missing.png"]]


def _rows(database_url: str) -> dict[str, dict[str, Any]]:
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            query = select(*(ocr_result.c[name] for name in _COLUMNS))
            rows = [dict(row) for row in connection.execute(query).mappings()]
    finally:
        engine.dispose()
    for row in rows:
        # Confidences differ in the last places with the neighbours of a batch.
        answer = row.pop("evidence")["answer"]
        row["candidates"], row["checks"] = answer["candidates"], answer["checks"]
    return {row["image_url"]: row for row in rows}


def _of_torchserve(home: Path, urls: list[str], settings: dict[str, str]) -> dict[str, str]:
    """Each link's code of error, empty where it was answered."""
    wanted = {key: value for key, value in settings.items() if key != "FUNDOCR_HOME"}
    with Trial(home, wanted) as service, requests.Session() as session:
        codes = {}
        for url in urls:
            answer = session.post(
                f"{service.address.inference}/predictions/ocr_handler",
                json={"image_url": url, "url_type": "7min_local"},
                headers=service.authorization(),
                timeout=120,
            )
            codes[url] = answer.json().get("code", "")
    return codes


def test_the_three_ways_agree(
    home: Path, tmp_path: Path, host: PictureHost, urls: list[str], mariadb: MariaDB
) -> None:
    databases = [mariadb.new_database(upgraded=True) for _ in range(3)]
    settings = [environment(home, [host], url) for url in databases]
    links = listed(tmp_path / "links.txt", urls)
    command = (links, "--url-type", "7min_local", "--batch", "8")
    codes = _of_torchserve(tmp_path / "service", urls, settings[0])
    done(*command, "--out", tmp_path / "one.csv", settings=settings[1])
    on_two = ("--ray", "local", "--readers", "2")
    done(*command, *on_two, "--out", tmp_path / "two.csv", settings=settings[2])

    served, alone, on_ray = (_rows(url) for url in databases)
    assert len(served) == len(urls) - 4
    assert alone == served
    assert on_ray == served
    assert {row["flag"] for row in served.values()} == {True, False}
    for name in ("one.csv", "two.csv"):
        rows = report(tmp_path / name)
        assert {row["image_url"]: row["code"] for row in rows} == codes
        for row in rows:
            if row["code"]:
                continue
            kept = served[row["image_url"]]
            assert (row["flag"] == "true", row["reason"]) == (kept["flag"], kept["reason"] or "")
            assert row["fund_code"] == kept["ocr_fund_code"]
            assert row["hold_share"] == kept["ocr_hold_share"]
