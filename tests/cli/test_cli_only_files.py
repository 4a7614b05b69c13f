"""Where a file is asked for, a pipe, a device or a socket is refused: nobody is waited for."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bulk.errors import BulkError
from bulk.records import SourceLine, load
from bulk.source import open_source
from pipeline.regular_file import open_file, read_file
from tests.fundocr_command import fundocr

NO_FILE = "It is a pipe, a device or a socket and no file"


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.fixture(params=[fifo, device, bound], ids=lambda make: str(make.__name__))
def strange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes one under this name."""
    before = Path.cwd()
    os.chdir(tmp_path)  # the name of a socket must be short

    def make(name: str) -> Path:
        request.param(Path(name))
        return tmp_path / name

    yield make
    os.chdir(before)


def test_it_is_refused(strange: Callable[[str], Path]) -> None:
    with pytest.raises(OSError, match=NO_FILE):
        open_file(strange("x"))


def test_files_are_read_and_what_is_not_there_or_a_folder_is_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"all of it")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    assert read_file(tmp_path / "link") == b"all of it"
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "y")
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


def test_backfill_fails_it_alone_or_says_so(strange: Callable[[str], Path]) -> None:
    path = strange("a.png")
    line = SourceLine(number=1, place=str(path), url_type="upload", is_file=True)
    (picture,) = load([line], max_bytes=10)
    assert (picture.content, picture.fault) == (None, NO_FILE)
    for name in ("links.txt", "links.csv", "links.parquet"):
        with pytest.raises(BulkError, match=NO_FILE):
            list(open_source(str(strange(name)), "oss"))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("cases", ("evaluate", "--cases")),
        ("list.csv", ("import-corrections",)),
        ("list.xlsx", ("import-corrections",)),
        ("funds.csv", ("funds", "check")),
    ],
)
def test_commands_say_so_in_one_sentence(
    tmp_path: Path, name: str, command: tuple[str, ...]
) -> None:
    os.mkfifo(tmp_path / name)
    done = fundocr(*command, tmp_path / name, home=tmp_path)
    assert done.returncode != 0
    assert done.stderr.decode() == f"{tmp_path / name} cannot be read: {NO_FILE}.\n"


def test_recognize_fails_it_alone(tmp_path: Path) -> None:
    """By the step that opens pictures: a command would load the models first."""
    from bulk.errors import FileNotReadable
    from cli.recognize import _open_picture
    from pipeline.settings import load_settings

    os.mkfifo(tmp_path / "a.png")
    found = _open_picture(tmp_path / "a.png", load_settings(tmp_path)).image
    assert isinstance(found, FileNotReadable)
    assert str(found) == f"The file cannot be read: {NO_FILE}."
