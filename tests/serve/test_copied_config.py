"""A config.properties that was copied into FUNDOCR_HOME means what the project's means."""

import shutil
from pathlib import Path

from pipeline.settings import PROJECT
from serving.config import metrics_file, model_store
from serving.torchserve_process import TorchServe


def test_its_relative_paths_are_the_projects(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "config.properties", tmp_path)
    server = TorchServe(tmp_path)
    assert server.config == tmp_path / "config.properties"
    assert model_store(server.config, server.properties) == PROJECT / "model_store"
    assert metrics_file(server.config, server.properties) == PROJECT / "metrics.yaml"
    assert [one.version for one in server.chosen] == ["1.0", "1.0"]


def test_what_lies_beside_it_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "model_store").mkdir()
    (tmp_path / "metrics.yaml").write_text("")
    shutil.copy(PROJECT / "config.properties", tmp_path)
    server = TorchServe(tmp_path)
    assert model_store(server.config, server.properties) == tmp_path / "model_store"
    assert metrics_file(server.config, server.properties) == tmp_path / "metrics.yaml"
