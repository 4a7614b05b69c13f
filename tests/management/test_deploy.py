"""Versions come and go by `fundocr deploy`, `rollback` and `scale` while callers go on asking."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from cli.archive import read_archive
from cli.trial import Trial
from db.engine import open_engine
from db.store import Store
from front.torchserve import read_properties
from tests.db.sample_readings import refused
from tests.management import broken_archives as broken
from tests.management.callers import PICTURE, SHOWN, Told, callers
from tests.management.operator_api import Operator
from tests.picture_host import PictureHost, picture_host
from tests.serve.archives import OCR, STORE, UPDATE, flipped, store_with
from tests.serve.service_process import Place, started

CLIENTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A service, its model store, a folder of archives that are not in it, and a picture host."""

    trial: Trial
    place: Place
    store: Path
    outside: Path
    host: PictureHost

    @property
    def operator(self) -> Operator:
        return Operator(
            management=self.trial.address.management,
            authorization=lambda: self.trial.authorization("management"),
        )

    def fundocr(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.place.fundocr(*map(str, arguments))

    def registered(self, model: str = "ocr_handler") -> list[str]:
        return sorted(self.operator.describe(model))

    def told_by_doctor(self, about: str) -> list[str]:
        lines = self.fundocr("doctor").stdout.splitlines()
        return [line for line in lines if line.split()[1] == about]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("deploy")
    outside = folder / "outside"
    outside.mkdir()
    broken.version_of(STORE / OCR, outside / "ocr_handler-2.0.mar", "2.0")
    with picture_host({"/a.png": PICTURE}) as host:
        settings = {
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_THREADS": "1",
        }
        store = store_with(folder / "store")
        trial = Trial(folder / "home", settings, {"model_store": str(store)})
        with started(trial):
            yield Shop(
                trial=trial,
                place=Place.of(trial, **settings),
                store=store,
                outside=outside,
                host=host,
            )


@pytest.fixture
def busy(shop: Shop) -> Iterator[Told]:
    """Callers who ask as long as the test lasts."""
    with callers(shop.trial.front, shop.host, CLIENTS) as told:
        yield told


def choice_of(trial: Trial) -> dict[str, dict[str, dict[str, object]]]:
    models = read_properties(trial.home / "config.properties")["models"]
    return dict(json.loads(models))


def test_a_version_is_deployed_and_rolled_back_without_one_failed_answer(
    shop: Shop, busy: Told
) -> None:
    done = shop.fundocr("deploy", shop.outside / "ocr_handler-2.0.mar")
    assert done.returncode == 0, done
    assert "samples: " in done.stdout
    assert shop.operator.default_version("ocr_handler") == "2.0"
    assert shop.registered() == ["2.0"]
    assert (shop.store / "ocr_handler-2.0.mar").is_file()
    assert list(choice_of(shop.trial)["ocr_handler"]) == ["2.0"]

    back = shop.fundocr("rollback")
    assert back.returncode == 0, back
    assert shop.operator.default_version("ocr_handler") == "1.0"
    assert shop.registered() == ["1.0"]
    assert choice_of(shop.trial)["ocr_handler"]["1.0"]["marName"] == OCR
    assert busy.wrong == []
    assert busy.right > CLIENTS


def cut_off(shop: Shop) -> Path:
    return broken.cut_off(STORE / OCR, shop.outside / "cut.mar")


def with_one_changed_byte(shop: Shop) -> Path:
    path = shop.outside / "flipped.mar"
    path.write_bytes(flipped(STORE / OCR, "model/rec/inference.onnx"))
    return path


def with_mistake(mistake: tuple[str, str]) -> Callable[[Shop], Path]:
    def make(shop: Shop) -> Path:
        return broken.with_mistake(STORE / OCR, shop.outside / "mistake.mar", "3.0", mistake)

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (cut_off, "cannot be used"),
        (with_one_changed_byte, "cannot be used"),
        (with_mistake(broken.FAILS_TO_LOAD), "TorchServe says"),
        (with_mistake(broken.FAILS_TO_ANSWER), "TorchServe answered 503"),
        (with_mistake(broken.READS_WRONG), "wrong, as sure"),
        (with_mistake(broken.READS_NOTHING), "reads 3 of the samples right where 1.0 reads 12"),
    ],
    ids=["cut off", "one byte", "does not load", "does not answer", "wrong", "silent"],
)
def test_a_broken_archive_is_refused_and_the_old_version_goes_on(
    shop: Shop, busy: Told, make: Callable[[Shop], Path], said: str
) -> None:
    before = choice_of(shop.trial)
    told = shop.fundocr("deploy", make(shop))
    assert told.returncode == 1, told
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert shop.registered() == ["1.0"]
    assert shop.operator.ready("ocr_handler", "1.0") == 1
    assert choice_of(shop.trial) == before
    assert not (shop.store / "ocr_handler-3.0.mar").exists()
    assert busy.wrong == []


def test_the_version_in_service_cannot_be_deployed_again(shop: Shop) -> None:
    told = shop.fundocr("deploy", STORE / OCR)
    assert (told.returncode, told.stdout) == (1, "")
    assert "is in service already" in told.stderr


def test_workers_are_scaled_up_and_down_without_one_failed_answer(shop: Shop, busy: Told) -> None:
    for workers in (2, 1):
        done = shop.fundocr("scale", "ocr_handler", str(workers))
        assert done.returncode == 0, done
        assert shop.operator.ready("ocr_handler", "1.0") == workers
        assert choice_of(shop.trial)["ocr_handler"]["1.0"]["minWorkers"] == workers
    assert busy.wrong == []
    assert busy.right > 0


def test_the_file_scales_too(shop: Shop, busy: Told) -> None:
    file = shop.trial.home / "config.properties"
    text = file.read_text("utf-8")
    file.write_text(text.replace('"minWorkers": 1', '"minWorkers": 2'), "utf-8")
    done = shop.fundocr("scale")
    assert done.returncode == 0, done
    assert shop.operator.ready("ocr_info_update", "1.0") == 2
    file.write_text(text, "utf-8")
    assert shop.fundocr("scale").returncode == 0
    assert shop.operator.ready("ocr_info_update", "1.0") == 1
    assert busy.wrong == []


def test_versions_tells_what_serves_and_since_when(shop: Shop) -> None:
    told = shop.fundocr("versions").stdout
    (line,) = [line for line in told.splitlines() if line.startswith("ocr_handler")]
    assert line.split()[:5] == ["ocr_handler", "1.0", "yes", "1/1", told_weights(shop)]


def told_weights(shop: Shop) -> str:
    return read_archive(shop.store / OCR).weights


@contextmanager
def rows_of(shop: Shop) -> Iterator[Store]:
    """The rows of the service's own database."""
    engine = open_engine(shop.trial.database_url)
    try:
        yield Store(engine)
    finally:
        engine.dispose()


def read_once(shop: Shop, name: str) -> str:
    """A link that the service has read; the picture shows SHOWN."""
    link = shop.host.url(f"/a.png?{name}")
    asked = {"image_url": link, "url_type": "7min_local", "refresh": True}
    answer = requests.post(f"{shop.trial.front}/ocr_handler", json=asked, timeout=120)
    assert answer.json()["data"] == SHOWN
    return link


def test_a_version_that_reads_otherwise_than_people_said_is_refused(shop: Shop) -> None:
    nothing = shop.fundocr("deploy", shop.outside / "ocr_handler-2.0.mar", "--stored", "3")
    assert "No link has been judged" in nothing.stderr
    links = [read_once(shop, f"judged={n}") for n in range(2)]
    with rows_of(shop) as store:
        one, other = (store.get(identity=link) for link in links)
        store.confirm(one.id, row_version=one.row_version, actor="李四")
        store.correct(links[1], "000001", "7", actor="李四")
        told = shop.fundocr("deploy", shop.outside / "ocr_handler-2.0.mar", "--stored", "3")
        assert "judged links: 1 of 2 right, 1 wrong" in told.stdout
        assert "as sure" in told.stderr
        assert shop.registered() == ["1.0"]
        store.undo(other.id, row_version=store.get(id=other.id).row_version, actor="李四")
    done = shop.fundocr("deploy", shop.outside / "ocr_handler-2.0.mar", "--stored", "3")
    assert "judged links: 1 of 1 right, 0 wrong" in done.stdout
    assert shop.fundocr("rollback").returncode == 0


def test_pictures_are_read_again_to_see_what_would_change_before_it_does(shop: Shop) -> None:
    links = [read_once(shop, f"again={n}") for n in range(3)]
    gone = "http://127.0.0.1:9/gone.png"
    with rows_of(shop) as store:
        lost, corrected, _ = (store.get(identity=link) for link in links)
        silent = {"evidence": {}, "image_sha256": None, "url_type": "7min_local", "refresh": True}
        store.save([refused(link, **silent) for link in (*links[:2], gone)])
        store.correct(links[1], "000001", "7", actor="李四")
        kept = store.get(id=corrected.id)

        looked = shop.fundocr("reread", "--model", "1.0", "--reason", "NO_CODE")
        assert looked.returncode == 0, looked
        assert "2 rows: 0 same, 0 changed, 2 gained, 0 lost" in looked.stdout
        assert "1 with nothing to go by" in looked.stdout
        assert store.get(id=lost.id).flag is False

        done = shop.fundocr("reread", "--model", "1.0", "--reason", "NO_CODE", "--apply")
        assert "1 rows were changed" in done.stdout
        now = store.get(id=lost.id)
        assert {"fund_code": now.ocr_fund_code, "hold_share": now.ocr_hold_share} == SHOWN
        assert store.history(lost.id)[-1].action == "reread"
        assert store.get(id=corrected.id) == kept
    unknown = shop.fundocr("reread", "--model", "9.9")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "there are: 1.0" in unknown.stderr


def test_the_corrections_model_is_deployed_in_the_same_way(shop: Shop) -> None:
    file = broken.version_of(STORE / UPDATE, shop.outside / "update.mar", "1.1")
    done = shop.fundocr("deploy", file)
    assert done.returncode == 0, done
    assert shop.registered("ocr_info_update") == ["1.1"]
    assert shop.fundocr("rollback", "ocr_info_update").returncode == 0
    assert shop.registered("ocr_info_update") == ["1.0"]


def test_what_was_deployed_is_there_again_after_a_crash(shop: Shop) -> None:
    assert shop.fundocr("deploy", shop.outside / "ocr_handler-2.0.mar").returncode == 0
    assert shop.fundocr("scale", "ocr_handler", "2").returncode == 0
    processes = [p for p in psutil.process_iter() if is_of(p, shop.trial.home)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes)
    shop.trial.stop()

    with started(shop.trial):
        assert shop.operator.default_version("ocr_handler") == "2.0"
        assert shop.operator.ready("ocr_handler", "2.0") == 2
        assert shop.told_by_doctor("versions")[0].startswith("ok ")


def is_of(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("FUNDOCR_HOME") == str(home)
    except psutil.Error:
        return False
