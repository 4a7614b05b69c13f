"""An archive in which one byte has changed does not start, whatever the byte belongs to."""

import random
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.archive import read_archive
from serving.failure import Failure
from tests.serve.archives import OCR, STORE, UPDATE, rewritten, store_with
from tests.serve.service_process import place

# One of each kind, and how the sentence names it.
KINDS = {
    "model/rec/inference.onnx": "model/rec/inference.onnx differs from what was archived",
    "model/det/inference.yml": "model/det/inference.yml differs from what was archived",
    "pipeline/parse.py": "pipeline/parse.py differs from what was archived",
    "ocr_handler.py": "ocr_handler.py differs from what was archived",
    "ocr_handler.yaml": "ocr_handler.yaml differs from what was archived",
    "manifest.json": "manifest.json and manifest.sha256 do not agree",
    "MAR-INF/MANIFEST.json": "MAR-INF/MANIFEST.json and manifest.sha256 do not agree",
    "manifest.sha256": "MAR-INF/MANIFEST.json and manifest.sha256 do not agree",
}


def one_byte_other(content: bytes, at: int) -> bytes:
    """Of an empty file: one byte more."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] if content else b"\n"


def members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def sound() -> dict[str, bytes]:
    """What is in the reader's archive."""
    return members(STORE / OCR)


def changed(archive: Path, into: Path, name: str, content: bytes) -> Path:
    """A well-formed archive, checksums of the format and all, with this file in it."""
    return rewritten(archive, into, {name: content}, resealed=False)


def refused(archive: Path) -> str:
    """Why it cannot be used; the sentence is the one that `fundocr serve` says."""
    with pytest.raises(Failure) as failure:
        read_archive(archive)
    start, end = f"{archive} cannot be used: ", "; build it again with `./archive.sh`."
    said = str(failure.value)
    assert said.startswith(start)
    assert said.endswith(end)
    return said.removeprefix(start).removesuffix(end)


@pytest.mark.parametrize("name", KINDS)
def test_an_archive_with_one_changed_byte_is_refused(
    tmp_path: Path, sound: dict[str, bytes], name: str
) -> None:
    content = one_byte_other(sound[name], 0)
    archive = changed(STORE / OCR, tmp_path / OCR, name, content)
    assert refused(archive) == KINDS[name]


@pytest.mark.parametrize("name", ["model/rec/inference.onnx", "manifest.json"])
def test_one_changed_byte_and_the_service_does_not_start(
    tmp_path: Path, sound: dict[str, bytes], name: str
) -> None:
    archive = changed(STORE / OCR, tmp_path / OCR, name, one_byte_other(sound[name], 0))
    assert_does_not_start(tmp_path, archive)


def assert_does_not_start(folder: Path, archive: Path) -> None:
    """Nor is any of it loaded; what is wrong with the archive is all that is said."""
    store = store_with(folder / "store", ocr_handler=archive)
    with place(folder / "home", {"model_store": str(store)}) as here:
        (said,) = here.sentence("serve").splitlines()
        assert said == f"{store / OCR} cannot be used: {refused(archive)}; " + (
            "build it again with `./archive.sh`."
        )
        assert not (here.home / "var" / "log" / "model_log.log").exists()


FOREIGN = {
    "handlers/worker.py": "handlers/worker.py differs from what was archived",
    "handlers/manifest.py": "handlers/manifest.py differs from what was archived",
    "ocr_handler.py": "ocr_handler.py differs from what was archived",
    "pydantic.py": "pydantic.py does not belong to it",
}


@pytest.mark.parametrize("names", [*([name] for name in FOREIGN), list(FOREIGN)], ids=",".join)
def test_nothing_of_a_changed_archive_is_run_before_it_is_refused(
    tmp_path: Path, sound: dict[str, bytes], names: list[str]
) -> None:
    """All of it at once before a service that is to start, which takes a process."""
    mark = tmp_path / "it-was-run"
    code = f"open({str(mark)!r}, 'w')\n".encode()
    files = {name: code + sound.get(name, b"") for name in names}
    archive = rewritten(STORE / OCR, tmp_path / OCR, files, resealed=False)
    if len(names) == 1:
        assert refused(archive) == FOREIGN[names[0]]
    else:
        assert_does_not_start(tmp_path, archive)
    assert not mark.exists()


def with_more(archive: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(archive, "a") as file, warnings.catch_warnings(action="ignore"):
        file.writestr(name, content)
    return archive


@pytest.mark.parametrize(
    "name", ["__pycache__/ocr_handler.cpython-311.pyc", "pipeline/__pycache__/x.pyc", "x.so"]
)
def test_an_archive_with_one_more_file_is_refused(tmp_path: Path, name: str) -> None:
    archive = with_more(Path(shutil.copy(STORE / UPDATE, tmp_path)), name, b"code")
    assert refused(archive) == f"{name} does not belong to it"


def test_a_file_that_is_in_it_twice_is_refused(tmp_path: Path) -> None:
    """Who goes by the directory takes one of them, who unpacks it from its beginning the other."""
    content = members(STORE / UPDATE)["handlers/worker.py"]
    archive = with_more(Path(shutil.copy(STORE / UPDATE, tmp_path)), "handlers/worker.py", content)
    assert refused(archive) == "handlers/worker.py is in it twice"


@pytest.mark.parametrize("where", ["at its end", "in between"])
def test_a_file_that_its_directory_does_not_name_is_refused(tmp_path: Path, where: str) -> None:
    """TorchServe would unpack it all the same."""
    archive = Path(shutil.copy(STORE / UPDATE, tmp_path))
    with zipfile.ZipFile(archive, "a") as file:
        if where == "in between":
            seal = file.read("manifest.sha256")
            (last,) = [one for one in file.filelist if one.filename == "manifest.sha256"]
            file.filelist.remove(last)
            del file.NameToInfo["manifest.sha256"]
        file.writestr("handlers/__pycache__/worker.cpython-311.pyc", b"code")
        hidden = file.filelist.pop()
        del file.NameToInfo[hidden.filename]
        if where == "in between":
            file.writestr("manifest.sha256", seal)
    assert "directory does not name" in refused(archive)


def test_a_file_of_which_its_directory_tells_another_is_refused(tmp_path: Path) -> None:
    """Its length stands behind it, says the entry itself; its directory does not."""
    with zipfile.ZipFile(STORE / UPDATE) as file:
        entry = file.getinfo("handlers/worker.py")
    content = bytearray((STORE / UPDATE).read_bytes())
    content[entry.header_offset + 6] |= 0x08
    (tmp_path / UPDATE).write_bytes(content)
    assert refused(tmp_path / UPDATE) == (
        "its directory tells another handlers/worker.py than what is there"
    )


def test_one_changed_byte_in_any_file_is_found(tmp_path: Path) -> None:
    """Of the smaller archive every file, by turns at its beginning, its middle and its end."""
    contents = members(STORE / UPDATE)
    assert len(contents) > 30
    for turn, (name, content) in enumerate(contents.items()):
        last = max(len(content) - 1, 0)
        other = one_byte_other(content, (0, len(content) // 2, last)[turn % 3])
        archive = changed(STORE / UPDATE, tmp_path / "changed.mar", name, other)
        with pytest.raises(Failure) as failure:
            read_archive(archive)
        told = str(failure.value)
        assert name in told or (name == "manifest.sha256" and "manifest" in told), told


def damaged_bytes(content: bytes, times: int) -> Iterator[tuple[int, bytes]]:
    chance = random.Random(20261126)
    for _ in range(times):
        at = chance.randrange(len(content))
        yield (
            at,
            content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :],
        )


def test_one_changed_bit_of_the_file_is_found_or_changes_nothing_that_is_in_it(
    tmp_path: Path,
) -> None:
    """Dates and such of the zip format hold nothing that anybody uses."""
    sound, archive = members(STORE / UPDATE), tmp_path / "damaged.mar"
    found = 0
    for at, content in damaged_bytes((STORE / UPDATE).read_bytes(), 300):
        archive.write_bytes(content)
        try:
            read_archive(archive)
        except Failure:
            found += 1
        else:
            assert members(archive) == sound, at
    assert found > 250
