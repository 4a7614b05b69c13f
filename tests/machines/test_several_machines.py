"""A short form of `python -m tests.machines`: how much two machines read is measured there."""

import json
import subprocess
import sys

import pytest

from pipeline.settings import PROJECT


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What came of it, by what was done."""
    file = tmp_path_factory.mktemp("machines") / "machines.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.machines", "--short", "--json", str(file)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["key"]: one for one in json.loads(file.read_text("utf-8"))["targets"]}


@pytest.mark.parametrize("what", ["machine killed", "machine cut off", "machine upgraded"])
def test_nothing_is_lost_double_or_changed(
    targets: dict[str, dict[str, object]], what: str
) -> None:
    assert targets[what]["met"], targets[what]


def test_an_upgrade_costs_no_request(targets: dict[str, dict[str, object]]) -> None:
    numbers = targets["machine upgraded"]["numbers"]
    assert isinstance(numbers, dict)
    assert (numbers["requests"]["failed"], numbers["requests"]["unknown"]) == (0, 0)
    assert numbers["requests"]["ok"] > 0


def test_all_of_it_was_tried(targets: dict[str, dict[str, object]]) -> None:
    assert set(targets) == {"machine killed", "machine cut off", "machine upgraded"}
