"""`fundocr token`: what TorchServe's key file holds, or one sentence."""

import json
from pathlib import Path

import pytest

from tests.fundocr_command import fundocr


def key_file(expires: str) -> str:
    return json.dumps(
        {
            "management": {"key": "aaaa-management", "expiration time": expires},
            "inference": {"key": "bbbb-inference", "expiration time": expires},
            "API": {"key": "cccc-api"},
        }
    )


@pytest.mark.parametrize("kind", ["inference", "management"])
def test_the_token_alone_is_printed(kind: str, tmp_path: Path) -> None:
    (tmp_path / "key_file.json").write_text(key_file("2999-01-01T00:00:00.123456789Z"))
    done = fundocr("token", kind, home=tmp_path)
    letter = {"inference": "b", "management": "a"}[kind]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"{letter * 4}-{kind}\n"


def test_an_expired_token_is_printed_and_told(tmp_path: Path) -> None:
    (tmp_path / "key_file.json").write_text(key_file("2001-02-03T04:05:06Z"))
    done = fundocr("token", "inference", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"bbbb-inference\n")
    assert b"expired at 2001-02-03 04:05 UTC" in done.stderr


def test_without_torchserve_one_sentence_says_so(tmp_path: Path) -> None:
    done = fundocr("token", "inference", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith("TorchServe is not running here")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"inference": "x"}', '{"inference": {}}'])
def test_a_key_file_without_the_token_is_told_in_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "key_file.json").write_text(content)
    done = fundocr("token", "inference", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.splitlines()) == 1
    assert b"holds no inference token" in done.stderr


def test_another_kind_of_token_is_refused(tmp_path: Path) -> None:
    done = fundocr("token", "API", home=tmp_path)
    assert done.returncode == 2
    assert b"inference" in done.stderr
