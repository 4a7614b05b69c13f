"""TorchServe, a backfill in one process and a backfill on Ray give the same answers."""

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from db.engine import open_engine
from db.tables import ocr_result
from evals.bench.host import unique
from evals.screens.corpus import draw
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost, hangs_up
from tests.bulk.backfills import (
    Crowd,
    Row,
    done,
    environment,
    host_of,
    listed,
    process_done,
    report,
)
from tests.bulk.nodes import Nodes
from tests.conftest import SAMPLES
from tests.faults.pictures import Pictures, upload_identity
from tests.trial import Trial

LOCAL = ("--url-type", "7min_local")
# Light and dark, PNG and JPEG, one that needs a label, and two that must be refused.
_SAMPLES = (
    *("alipay_dark_two_labels.jpg", "fundhouse_light_label_above.png"),
    *("danjuan_light_no_code.png", "cmb_dark_bank_balance.jpg"),
)
_DRAWN, _STRIPS = 2, 9
_NUMBER = 700_000
"""Of these files' own bytes: other tests ask the same service for the samples."""
_COLUMNS = (
    *("image_url", "url_type", "ocr_fund_code", "ocr_hold_share", "fund_code", "hold_share"),
    *("flag", "reason", "label", "image_sha256", "model_version", "rules_version", "evidence"),
)


def _files(strips: Pictures) -> dict[str, bytes]:
    """Pictures of all kinds, in the order in which they are read, and two that are none."""
    files = {name: unique((SAMPLES / name).read_bytes(), _NUMBER) for name in _SAMPLES}
    for number, screen in enumerate(draw(_DRAWN, 7)):
        data = BytesIO()
        screen.picture.save(data, "PNG")
        files[f"drawn-{number}.png"] = data.getvalue()
    files |= {f"strip-{n}.png": strips.content(_NUMBER + n) for n in range(_STRIPS)}
    whole = files[_SAMPLES[0]]
    return files | {"cut.png": whole[: len(whole) // 2], "text.png": b"no picture at all"}


def _rows(database_url: str, identities: Sequence[str]) -> dict[str, dict[str, Any]]:
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            query = select(*(ocr_result.c[name] for name in _COLUMNS)).where(
                ocr_result.c.image_url.in_(identities)
            )
            rows = [dict(row) for row in connection.execute(query).mappings()]
    finally:
        engine.dispose()
    for row in rows:
        # Confidences differ in the last places with the neighbours of a batch.
        answer = row.pop("evidence")["answer"]
        row["candidates"], row["checks"] = answer["candidates"], answer["checks"]
    return {row["image_url"]: row for row in rows}


def _code(trial: Trial, content: bytes, content_type: str = "image/png") -> str:
    """What TorchServe answers to this body: the code of an error, else nothing."""
    answer = requests.post(
        f"{trial.address.inference}/predictions/ocr_handler",
        data=content,
        headers={**trial.authorization(), "Content-Type": content_type},
        timeout=120,
    )
    return str(answer.json().get("code", ""))


def _code_of_link(trial: Trial, url: str) -> str:
    """The same of a link, whose picture is read anew even if others asked for it."""
    fields = {"image_url": url, "url_type": "7min_local", "refresh": True}
    return _code(trial, json.dumps(fields).encode(), "application/json")


def test_pictures_are_read_alike_and_travel_to_their_readers(
    home: Path, tmp_path: Path, strips: Pictures, trial: Trial, nodes: Nodes, mariadb: MariaDB
) -> None:
    files = _files(strips)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    codes = {upload_identity(content): _code(trial, content) for content in files.values()}
    databases = [mariadb.new_database(upgraded=True) for _ in range(2)]
    settings = [environment(home, [], url) for url in databases]
    command = (folder, "--batch", "8")
    done(*command, "--out", tmp_path / "one.csv", settings=settings[0])
    on_ray = ("--ray", nodes.address, "--out", tmp_path / "two.csv")
    said = process_done(*command, *on_ray, settings=settings[1])
    assert "2 readers on 2 machines\n" in said

    _assert_private(nodes.folder / "session_latest" / "logs")

    served, alone, shared = (_rows(url, list(codes)) for url in (trial.database_url, *databases))
    assert len(served) == len(files) - 2
    assert alone == served
    assert shared == served
    assert {row["flag"] for row in served.values()} == {True, False}
    for name in ("one.csv", "two.csv"):
        rows = report(tmp_path / name)
        assert {row["image_url"]: row["code"] for row in rows} == codes
        assert {row["code"] for row in rows} == {"", "BAD_PICTURE", "NOT_A_PICTURE"}
        _agree(rows, served)
        by_file = {Path(row["file"]).name: row for row in rows}
        for number in range(_STRIPS):
            row = by_file[f"strip-{number}.png"]
            assert (row["fund_code"], row["hold_share"]) == strips.shows(_NUMBER + number)


def test_links_and_bad_ones_come_to_the_same_and_a_host_is_asked_by_three_at_once(
    home: Path,
    tmp_path: Path,
    strips: Pictures,
    pictures: PictureHost,
    trial: Trial,
    nodes: Nodes,
    mariadb: MariaDB,
) -> None:
    crowd = Crowd(0.2, full=3)
    routes = {f"/{n}.png": crowd.serving(strips.content(n)) for n in range(15)}
    good = [pictures.url(f"/{name}?three-ways") for name in _SAMPLES[:2]]
    of_service = [*good, pictures.url("/gone.png"), "ftp://example.com/x.png"]
    with host_of({**routes, "/hangs-up.png": hangs_up}) as host:
        urls = [host.url(path) for path in routes]
        urls += [host.url("/hangs-up.png"), urls[0], *of_service]
        links = listed(tmp_path / "links.txt", urls)
        databases = [mariadb.new_database(upgraded=True) for _ in range(2)]
        settings = [environment(home, [host, pictures], url) for url in databases]
        command = (links, *LOCAL, "--per-host", "3", "--batch", "8")
        on_ray = ("--ray", nodes.address, "--out", tmp_path / "ray.csv")
        process_done(*command, *on_ray, settings=settings[0])
        assert crowd.most == 3, "by all readers together"
        done(*command, "--out", tmp_path / "alone.csv", settings=settings[1])
    codes = {url: _code_of_link(trial, url) for url in of_service}

    shared, alone = report(tmp_path / "ray.csv"), report(tmp_path / "alone.csv")
    for row in (*shared, *alone):
        assert bool(row.pop("row_id")) == (row["status"] == "200")
    assert shared == alone
    assert [row["flag"] for row in shared[:15]] == ["true"] * 15
    assert {row["image_url"]: row["code"] for row in shared[-4:]} == codes
    served = _rows(trial.database_url, good)
    assert len(served) == 2
    assert [_rows(url, good) for url in databases] == [served] * 2
    _agree(shared[-4:], served)


def _assert_private(logs: Path) -> None:
    """Ray's logs name no link, no password and no number."""
    text = "".join(file.read_text(errors="replace") for file in logs.rglob("*") if file.is_file())
    assert "MapWorker" in text or "RayReader" in text
    for private in ("only-for-tests", ".png", "1234.56", "48211.90"):
        assert private not in text


def _agree(rows: Sequence[Row], served: Mapping[str, Mapping[str, Any]]) -> None:
    """A report with the rows that the service has stored."""
    for row in rows:
        if row["code"]:
            continue
        kept = served[row["image_url"]]
        assert (row["flag"] == "true", row["reason"]) == (kept["flag"], kept["reason"] or "")
        assert row["fund_code"] == kept["ocr_fund_code"]
        assert row["hold_share"] == kept["ocr_hold_share"]
