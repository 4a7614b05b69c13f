"""What `models=` says and TorchServe does not heed is told at the start, in a process of ours."""

import json
from pathlib import Path

import pytest

from serving.failure import Failure
from serving.serve import serve
from tests.serve.archives import CORRECTIONS_ALONE
from tests.serve.service_process import place

NOBODY = "mysql+pymysql://nobody@127.0.0.1:1/none"


def told_at_the_start(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **more: object
) -> list[str]:
    """Of a start that ends where it would open its database. more: keys of the version."""
    models = json.loads(CORRECTIONS_ALONE["models"])
    models["ocr_info_update"]["1.0"] |= more
    config = CORRECTIONS_ALONE | {"models": json.dumps(models)}
    monkeypatch.setattr("serving.serve.signal.signal", lambda *_: None)
    monkeypatch.setattr("serving.serve.raise_file_handles", lambda: None)
    with place(home, config) as here:
        monkeypatch.setenv("FUNDOCR_HOME", str(here.home))
        monkeypatch.setenv("FUNDOCR_FRONT_ADDRESS", here.front_address)
        monkeypatch.setenv("FUNDOCR_DATABASE_URL", NOBODY)
        with pytest.raises(Failure, match="The database cannot be reached"):
            serve()
    return capsys.readouterr().out.splitlines()


def test_the_start_warns_of_a_batch_size_that_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_at_the_start(
        tmp_path, monkeypatch, capsys, batchSize=4, maxBatchDelay=50, responseTimeout=60
    )
    where = f"of ocr_info_update 1.0 in {tmp_path}/config.properties has no effect"
    assert told == [
        f"warning: batchSize 4 {where}: its archive says 8, which wins; "
        "build it with `./archive.sh --batch-size 4`.",
        f"warning: maxBatchDelay 50 {where}: its archive says 2, which wins; "
        "set maxBatchDelay in handlers/*.yaml and build it with `./archive.sh`.",
    ]


def test_what_the_archive_says_too_is_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told_at_the_start(tmp_path, monkeypatch, capsys, batchSize=8) == []
