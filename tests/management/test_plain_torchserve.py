"""`torchserve --start --ncs --model-store model_store --ts-config config.properties` serves the
same as `fundocr serve`, from FUNDOCR_HOME or, without it, from where the archives were built.
"""

import sys
from pathlib import Path
from subprocess import run

import pytest
import requests
from sqlalchemy import select

from db.engine import open_engine
from db.store import Store
from db.tables import ocr_result
from evals.testbed.picture_host import PictureHost, allowed_from
from pipeline.settings import PROJECT
from serving.torchserve import Api, TorchServeAddress, read_token
from tests.archive.archives import archive_sh, copy_of_project, own_environment
from tests.db.sample_readings import reading
from tests.fundocr_command import fundocr
from tests.management.operator_api import Operator
from tests.management.plain_torchserve import plain_torchserve, write_config
from tests.serve.archives import CORRECTIONS_ALONE, STORE
from tests.trial import share_compiled

LINKED, SENT = "xueqiu_light_pairs.jpg", "licaitong_light_inline.png"
Truth = dict[str, dict[str, str]]


def upgrade_database(project: Path) -> None:
    """`fundocr db upgrade` of the project in `project`."""
    command = [sys.executable, "-m", "cli.main", "db", "upgrade"]
    run(command, cwd=project, env=own_environment(), check=True, capture_output=True)


def authorization(folder: Path, api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {read_token(folder, api)}"}


def operator(folder: Path, address: TorchServeAddress) -> Operator:
    return Operator(
        management=address.management, authorization=lambda: authorization(folder, "management")
    )


def serves(
    folder: Path, home: Path, address: TorchServeAddress, pictures: PictureHost, truth: Truth
) -> None:
    """Ask for one picture by link and one by bytes; both rows are in the database of `home`."""

    for model in ("ocr_handler", "ocr_info_update"):
        operator(folder, address).wait_ready(model, 1)
    url = f"{address.inference}/predictions/ocr_handler"
    by_link = requests.post(
        url,
        json={"image_url": pictures.url(f"/{LINKED}"), "url_type": "7min_local"},
        headers=authorization(folder, "inference"),
        timeout=120,
    )
    by_bytes = requests.post(
        url,
        data=(PROJECT / "samples" / SENT).read_bytes(),
        headers={**authorization(folder, "inference"), "Content-Type": "image/png"},
        timeout=120,
    )
    for name, answer in ((LINKED, by_link), (SENT, by_bytes)):
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == truth[name]
    with open_engine(f"sqlite:///{home}/var/fundocr.db").connect() as connection:
        columns = (ocr_result.c.id, ocr_result.c.fund_code)
        rows = connection.execute(select(*columns).order_by(ocr_result.c.id)).all()
    assert [row.id for row in rows] == [
        answer.json()["detail"]["id"] for answer in (by_link, by_bytes)
    ]
    assert [row.fund_code for row in rows] == [truth[name]["fund_code"] for name in (LINKED, SENT)]


def test_it_serves_with_fundocr_home_and_stops(
    tmp_path: Path, pictures: PictureHost, truth: Truth
) -> None:
    folder, home = tmp_path / "started_here", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "model_store").symlink_to(STORE)
    share_compiled(home)
    address = write_config(folder)
    settings = {"FUNDOCR_HOME": str(home), **allowed_from(pictures)}
    assert fundocr("db", "upgrade", home=home).returncode == 0
    with plain_torchserve(folder, settings):
        serves(folder, home, address, pictures, truth)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address.inference}/ping", timeout=10)


def test_without_fundocr_home_the_project_that_built_the_archives_is_home(tmp_path: Path) -> None:
    """Of the corrections' model, which loads sooner: home is found by the same code."""
    project = copy_of_project(tmp_path / "clone")
    done = archive_sh(project=project, PYTHONPATH=str(project))
    assert done.returncode == 0, done.stderr
    address = write_config(project, CORRECTIONS_ALONE)
    upgrade_database(project)
    engine = open_engine(f"sqlite:///{project}/var/fundocr.db")
    store, link = Store(engine), "https://pictures.example.com/a.png"
    store.save([reading(link)])
    with plain_torchserve(project, {}):
        operator(project, address).wait_ready("ocr_info_update", 1)
        corrected = requests.post(
            f"{address.inference}/predictions/ocr_info_update",
            json={"image_url": link, "update_fund_code": "000934", "update_hold_share": "7"},
            headers=authorization(project, "inference"),
            timeout=120,
        )
        assert corrected.status_code == 200, corrected.text
    assert store.get(identity=link).update_fund_code == "000934"
    engine.dispose()
