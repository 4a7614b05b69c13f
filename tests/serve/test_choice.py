"""What deploy, rollback and scale write into config.properties, and what they leave as it was."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import PROJECT
from serving.choice import choice_written, read_choice
from serving.torchserve import read_properties
from tests.serve.archives import UPDATE


def written(
    home: Path, own: dict[str, Any], *, workers: int, before: str = "1.0"
) -> dict[str, Any]:
    """What stands in `models=` of version 1.0 with so many workers, where the version `before` had
    these keys."""
    config = home / "config.properties"
    version = {"defaultVersion": True, "marName": UPDATE, **own}
    models = json.dumps({"ocr_info_update": {before: version}})
    store = PROJECT / "model_store"
    config.write_text(f"model_store={store}\nload_models={UPDATE}\nmodels={models}\n")
    (chosen,) = read_choice(config)
    with choice_written(config, home, [replace(chosen, workers=workers)]):
        pass
    found: dict[str, Any] = json.loads(read_properties(config)["models"])["ocr_info_update"]["1.0"]
    return found


@pytest.mark.parametrize(
    ("own", "workers", "most"),
    [
        ({"minWorkers": 2, "maxWorkers": 6}, 2, 6),  # another model's version was deployed
        ({"minWorkers": 2, "maxWorkers": 6}, 3, 6),
        ({"minWorkers": 2, "maxWorkers": 6}, 8, 8),  # TorchServe would end what is beyond
        ({"minWorkers": 2, "maxWorkers": 2}, 1, 1),
        ({"minWorkers": 2, "maxWorkers": 2}, 3, 3),
        ({"minWorkers": 2}, 2, 2),
    ],
)
def test_an_operators_most_workers_stay_where_they_are_more_than_are_started(
    tmp_path: Path, own: dict[str, Any], workers: int, most: int
) -> None:
    found = written(tmp_path, {**own, "batchSize": 4}, workers=workers)
    assert (found["minWorkers"], found["maxWorkers"], found["batchSize"]) == (workers, most, 4)


def test_a_version_that_takes_anothers_place_takes_its_most_workers(tmp_path: Path) -> None:
    own = {"minWorkers": 2, "maxWorkers": 6, "batchSize": 4}
    found = written(tmp_path, own, workers=2, before="0.9")
    assert (found["minWorkers"], found["maxWorkers"]) == (2, 6)
    assert "batchSize" not in found  # which is the archive's affair
