"""config.properties as TorchServe's Java reads it, and what is written into it."""

from pathlib import Path

import pytest

from pipeline.settings import PROJECT
from serving.properties import changed_properties, read_properties

AWKWARD = r"""# a comment = none
   ! another: none
inference_address=http://127.0.0.1:8080
 management_address : http://127.0.0.1:8081
metrics_address http://127.0.0.1:8082
models={"ocr_handler": \
    {"1.0": {"minWorkers": 1}}}
allowed_urls=https://models\\.invalid/.*
model_store=\u6a21\u578b
store\ of\:archives = 模型\t1
load_models=one.mar
load_models = two.mar  \
  \

empty
no\
  comment=# here
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    config = tmp_path / "config.properties"
    config.write_text(AWKWARD, encoding="utf-8")
    return config


def test_it_is_read_as_java_reads_it(file: Path) -> None:
    assert read_properties(file) == {
        "inference_address": "http://127.0.0.1:8080",
        "management_address": "http://127.0.0.1:8081",
        "metrics_address": "http://127.0.0.1:8082",
        "models": '{"ocr_handler": {"1.0": {"minWorkers": 1}}}',
        "allowed_urls": r"https://models\.invalid/.*",
        "model_store": "模型",
        # Java would read the file's UTF-8 as Latin-1, and keep the blanks at the end of a value.
        "store of:archives": "模型\t1",
        "load_models": "two.mar",
        "empty": "",
        "nocomment": "# here",
    }


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_is_not_changed_stays_to_the_byte(ends: str, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", ends.encode()))
    assert changed_properties(file, {}).encode() == file.read_bytes()
    before = read_properties(file)
    text = changed_properties(file, {"models": "{}", "new": "1"})
    file.write_bytes(text.encode())
    assert read_properties(file) == {**before, "models": "{}", "new": "1"}
    assert f"# a comment = none{ends}   ! another: none{ends}" in text


def test_of_a_key_that_stands_there_twice_one_is_left(file: Path) -> None:
    text = changed_properties(file, {"load_models": "three.mar"})
    assert text.count("load_models") == 1
    file.write_text(text, encoding="utf-8")
    assert read_properties(file)["load_models"] == "three.mar"


@pytest.mark.parametrize(
    "value",
    ["C:\\new", " a b ", "模型 \U0001f600", "a\tb\n#c", "", '{"a": {"1.0": true}}', "!x=y:z", "\\"],
)
def test_what_is_written_is_ascii_and_read_as_it_was(value: str, file: Path) -> None:
    text = changed_properties(file, {"new": value})
    (line,) = (line for line in text.splitlines() if line.startswith("new="))
    assert line.isascii()
    file.write_text(text, encoding="utf-8")
    assert read_properties(file)["new"] == value.rstrip()


def test_an_address_and_json_are_written_as_people_write_them(file: Path) -> None:
    changes = {"inference_address": "http://[::1]:80", "models": '{"a": 1}'}
    lines = changed_properties(file, changes).splitlines()
    assert "inference_address=http://[::1]:80" in lines
    assert 'models={"a": 1}' in lines


@pytest.mark.parametrize("content", [b"a=\\u12", b"a=\xff"])
def test_what_nobody_can_read_is_refused(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(ValueError):
        read_properties(file)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of its import
def test_the_projects_own_file_is_read_by_torchserves_launcher_in_the_same_way() -> None:
    """Its Python part has a reader of its own, which knows `=` alone."""
    from ts.model_server import load_properties

    config = PROJECT / "config.properties"
    theirs, ours = load_properties(str(config)), read_properties(config)
    assert {key for key in ours if theirs[key] != ours[key]} == {"allowed_urls"}
