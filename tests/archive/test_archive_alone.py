"""An archive needs only itself and the installed packages, and refuses to be anything else."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from db.upgrade import upgrade
from handlers import manifest
from ocr.models import load_models
from pipeline.settings import PROJECT
from tests.archive.archives import manifest_of, unpack
from tests.archive.bare_process import Item, bare_worker, refusals, told
from tests.trial import share_compiled

SAMPLE = PROJECT / "samples" / "alipay_light_rows.png"
PICTURE = {"Content-Type": "image/png"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FUNDOCR_HOME with its embedded database, and a setting of some later version."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".env").write_text("FUNDOCR_OF_LATER=1\n")
    share_compiled(folder)
    upgrade(f"sqlite:///{folder}/var/fundocr.db")
    return folder


@pytest.fixture(scope="module")
def reader(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(store / "ocr_handler.mar", tmp_path_factory.mktemp("ocr_handler"))


@pytest.fixture(scope="module")
def corrector(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(store / "ocr_info_update.mar", tmp_path_factory.mktemp("ocr_info_update"))


@pytest.fixture(scope="module")
def recognised(reader: Path, home: Path) -> dict[str, Any]:
    """What the reader's archive tells about one batch of good and bad requests."""
    sample = SAMPLE.read_bytes()
    link = {"image_url": "http://pictures.invalid/a.png", "url_type": "7min_local"}
    batch = [
        Item(body=b"{", headers=JSON),
        Item(body=sample, headers=PICTURE),
        Item(body=sample[: len(sample) // 2], headers=PICTURE),
        Item(headers={"describe": "True"}),
        Item(body=b"no picture", headers=PICTURE),
        Item(body=json.dumps(link).encode(), headers=JSON),
        Item(body=json.dumps({"image_url": link["image_url"]}).encode(), headers=JSON),
    ]
    done = bare_worker(reader, home, batch)
    return {**told(done), "log": done.stdout}


def test_a_batch_of_good_and_bad_requests_is_answered_each_by_itself(
    recognised: dict[str, Any], truth: dict[str, dict[str, str]]
) -> None:
    answers = recognised["answers"]
    assert [answer["status"] for answer in answers] == [400, 200, 422, 200, 415, 403, 400]
    codes = [answer["body"].get("code") for answer in answers]
    assert codes == [
        *("NOT_JSON", None, "BAD_PICTURE", None),
        *("NOT_A_PICTURE", "HOST_NOT_ALLOWED", "MISSING_FIELD"),
    ]
    assert answers[1]["body"]["data"] == truth[SAMPLE.name]
    assert {answer["content_type"] for answer in answers} == {"application/json; charset=utf-8"}


def test_a_setting_that_it_does_not_know_is_logged_and_stops_no_worker(
    recognised: dict[str, Any], home: Path
) -> None:
    (line,) = [one for one in recognised["log"].splitlines() if "FUNDOCR_OF_LATER" in one]
    record, name = json.loads(line), f"FUNDOCR_OF_LATER in {home / '.env'}"
    assert record["level"] == "WARNING"
    assert record["message"].startswith(f"{name}: there is no such setting; ")


def test_a_version_describes_itself_by_what_its_answers_carry(
    recognised: dict[str, Any], home: Path
) -> None:
    answer, description = (recognised["answers"][index]["body"] for index in (1, 3))
    assert description["model_version"] == answer["detail"]["model_version"]
    assert (description["engine"], description["device"]) == ("openvino", "cpu")
    assert (description["database"], description["home"]) == ("sqlite", str(home))


def test_all_our_code_comes_from_the_archive(recognised: dict[str, Any], reader: Path) -> None:
    ours = recognised["ours"]
    assert {"handlers.worker", "pipeline.batch", "ocr.reader", "db.store"} <= ours.keys()
    elsewhere = {name: file for name, file in ours.items() if reader not in Path(file).parents}
    assert elsewhere == {}


def test_the_openvino_worker_imports_no_other_engine(recognised: dict[str, Any]) -> None:
    modules = set(recognised["modules"])
    assert "openvino" in modules
    assert modules & {"paddle", "paddleocr", "paddlex", "onnxruntime"} == set()


def test_the_correcting_archive_works_without_a_reader(
    recognised: dict[str, Any], corrector: Path, home: Path
) -> None:
    correction = {
        "image_url": f"upload:sha256:{sha256(SAMPLE.read_bytes()).hexdigest()}",
        "update_fund_code": "005827",
        "update_hold_share": "7.1",
    }
    unknown = {**correction, "image_url": "http://pictures.invalid/never"}
    batch = [Item(body=json.dumps(one).encode(), headers=JSON) for one in (correction, unknown)]
    done = told(bare_worker(corrector, home, [*batch, Item(headers={"describe": "True"})]))
    good, refused, description = (answer["body"] for answer in done["answers"])
    assert good["detail"]["id"] == recognised["answers"][1]["body"]["detail"]["id"]
    assert good["detail"]["data"] == {"fund_code": "005827", "hold_share": "7.1"}
    assert refused["code"] == "UNKNOWN_IMAGE"
    assert description["database"] == "sqlite"
    elsewhere = {n: f for n, f in done["ours"].items() if corrector not in Path(f).parents}
    assert elsewhere == {}
    assert "openvino" not in done["modules"]


def test_the_model_version_is_that_of_the_weights_inside(store: Path, reader: Path) -> None:
    told_inside = manifest_of(store / "ocr_handler.mar")["model_version"]
    assert told_inside == load_models(reader / "model").version


def flip(name: str) -> Callable[[Path], object]:
    """Change one bit in the middle of a file."""

    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)

    return change


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def append(name: str) -> Callable[[Path], object]:
    """One byte more."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b"\n")


def add(name: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")

    return change


def link(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).symlink_to("/nowhere")


def changed_copy(folder: Path, change: Callable[[Path], object], place: Path) -> Path:
    copy = shutil.copytree(folder, place, ignore=shutil.ignore_patterns("__pycache__"))
    change(copy)
    return copy


DAMAGES = {
    "ocr/reader.py differs from what was archived": flip("ocr/reader.py"),
    "ocr_handler.yaml differs from what was archived": flip("ocr_handler.yaml"),
    "model/rec/inference.onnx differs from what was archived": flip("model/rec/inference.onnx"),
    "model/det/inference.yml differs from what was archived": flip("model/det/inference.yml"),
    "manifest.json and manifest.sha256 do not agree": flip("manifest.json"),
    "MAR-INF/MANIFEST.json and manifest.sha256 do not agree": flip("MAR-INF/MANIFEST.json"),
    "manifest.sha256 differs from what was archived": append("manifest.sha256"),
    "postprocess/seed.py is missing from the archive": remove("postprocess/seed.py"),
    "model/det/inference.onnx is missing from the archive": remove("model/det/inference.onnx"),
    "sqlalchemy.py does not belong to the archive": add("sqlalchemy.py"),
    "model/det/inference.pdmodel does not belong to the archive": add(
        "model/det/inference.pdmodel"
    ),
    "ocr/__pycache__/reader.cpython-311.pyc does not belong to the archive": add(
        "ocr/__pycache__/reader.cpython-311.pyc"
    ),
    "__pycache__/ocr_handler.cpython-311.pyc does not belong to the archive": add(
        "__pycache__/ocr_handler.cpython-311.pyc"
    ),
    "logs/worker.pyc does not belong to the archive": add("logs/worker.pyc"),
    "handlers/there.py does not belong to the archive": link("handlers/there.py"),
}


@pytest.mark.parametrize("why", DAMAGES)
def test_the_manifest_names_the_file_that_is_not_as_it_was(
    why: str, reader: Path, tmp_path: Path
) -> None:
    folder = changed_copy(reader, DAMAGES[why], tmp_path / "changed")
    with pytest.raises(manifest.ManifestError) as refusal:
        manifest.check(folder)
    assert str(refusal.value) == f"{why}; build it again"


def test_what_a_worker_leaves_in_its_folder_changes_nothing(reader: Path, tmp_path: Path) -> None:
    folder = changed_copy(reader, lambda copy: (copy / "logs").mkdir(), tmp_path / "used")
    (folder / "logs" / "model_log.log").write_text("a line")
    # Of this file alone: Python compiles it before it can keep it from doing so.
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "sitecustomize.cpython-311.pyc").write_bytes(b"compiled")
    manifest.check(folder)


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        ("reader", "model/rec/inference.onnx differs from what was archived"),
        ("corrector", "postprocess/seed.py is missing from the archive"),
    ],
)
def test_a_worker_of_a_changed_archive_says_so_in_one_line(
    archive: str, why: str, request: pytest.FixtureRequest, home: Path, tmp_path: Path
) -> None:
    folder = changed_copy(request.getfixturevalue(archive), DAMAGES[why], tmp_path / "changed")
    done = bare_worker(folder, home)
    assert done.returncode != 0
    (refusal,) = refusals(done)
    assert refusal["message"] == f"cannot serve: {why}; build it again"
    assert "exception" not in refusal


def test_without_fundocr_home_an_archive_asks_for_it_where_its_own_home_is_not(
    corrector: Path, tmp_path: Path
) -> None:
    def move(copy: Path) -> None:
        facts = json.loads((copy / "manifest.json").read_text())
        (copy / "manifest.json").write_text(json.dumps(facts | {"home": "/not/here"}))
        contents = {name: (copy / name).read_bytes() for name in manifest.SEALED}
        (copy / manifest.SEAL).write_text(manifest.seal(contents))

    done = bare_worker(changed_copy(corrector, move, tmp_path / "moved"), None)
    assert done.returncode != 0
    (refusal,) = refusals(done)
    assert refusal["message"] == (
        "cannot serve: FUNDOCR_HOME is not set and /not/here, where this archive was built, is not "
        "here; set FUNDOCR_HOME"
    )


def test_the_projects_own_code_in_place_of_the_archives_is_refused(
    corrector: Path, home: Path
) -> None:
    done = bare_worker(corrector, home, before=[PROJECT])
    assert done.returncode != 0
    (refusal,) = refusals(done)
    assert refusal["message"] == (
        f"cannot serve: package handlers was loaded from {PROJECT}/handlers, not from the archive; "
        "unset PYTHONPATH"
    )
    assert "exception" not in refusal
