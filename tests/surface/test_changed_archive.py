"""An archive in which one byte has changed does not start, whatever the byte belongs to."""

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.failure import Failure
from cli.service.archive import read_archive
from tests.serve.archives import OCR, STORE, UPDATE, rewritten, store_with
from tests.serve.service_process import Place, place

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


def changed(archive: Path, into: Path, name: str, content: bytes) -> Path:
    """A well-formed archive, checksums of the format and all, with this file in it."""
    return rewritten(archive, into, {name: content}, resealed=False)


def refused(here: Place, store: Path) -> str:
    (said,) = here.sentence("serve").splitlines()
    start, end = f"{store / OCR} cannot be used: ", "; build it again with `./archive.sh`."
    assert said.startswith(start)
    assert said.endswith(end)
    return said.removeprefix(start).removesuffix(end)


@pytest.mark.parametrize("name", KINDS)
def test_one_changed_byte_and_the_service_does_not_start(tmp_path: Path, name: str) -> None:
    content = one_byte_other(members(STORE / OCR)[name], 0)
    archive = changed(STORE / OCR, tmp_path / "changed.mar", name, content)
    store = store_with(tmp_path / "store", ocr_handler=archive)
    with place(tmp_path / "home", {"model_store": str(store)}) as here:
        assert refused(here, store) == KINDS[name]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("handlers/worker.py", "handlers/worker.py differs from what was archived"),
        ("pipeline/manifest.py", "pipeline/manifest.py differs from what was archived"),
        ("ocr_handler.py", "ocr_handler.py differs from what was archived"),
        ("pydantic.py", "pydantic.py does not belong to it"),
    ],
)
def test_nothing_of_a_changed_archive_is_run_before_it_is_refused(
    tmp_path: Path, name: str, why: str
) -> None:
    mark = tmp_path / "it-was-run"
    code = f"open({str(mark)!r}, 'w')\n".encode()
    content = code + members(STORE / OCR).get(name, b"")
    archive = changed(STORE / OCR, tmp_path / "changed.mar", name, content)
    store = store_with(tmp_path / "store", ocr_handler=archive)
    with place(tmp_path / "home", {"model_store": str(store)}) as here:
        assert refused(here, store) == why
        assert not (here.home / "var" / "log" / "model_log.log").exists()
    assert not mark.exists()


def test_one_changed_byte_in_any_file_is_found(tmp_path: Path) -> None:
    """Of the smaller archive every file, at its beginning, its middle and its end."""
    contents = members(STORE / UPDATE)
    assert len(contents) > 30
    for name, content in contents.items():
        for at in {0, len(content) // 2, max(len(content) - 1, 0)}:
            other = one_byte_other(content, at)
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
