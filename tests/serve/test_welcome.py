"""What a start says when all is READY."""

from pathlib import Path

import pytest

from pipeline.settings import Settings
from serving.front_process import Front
from serving.serve import _welcome
from serving.torchserve_process import TorchServe


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///var/fundocr.db", "sqlite:///{home}/var/fundocr.db"),
        (
            "mysql+pymysql://fundocr:geheim@db.example.com/funds?ssl_key_password=geheim",
            "mysql+pymysql://fundocr:***@db.example.com/funds",
        ),
    ],
)
def test_it_names_the_database_and_no_password(tmp_path: Path, url: str, told: str) -> None:
    settings = Settings(home=tmp_path, database_url=url)
    said = _welcome(settings, TorchServe(tmp_path), Front(settings), None)
    assert f"\n  database     {told.format(home=tmp_path)}\n" in said
    assert "geheim" not in said
