"""archive.sh: what goes into an archive, and that nothing wrong or half does."""

import importlib
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from handlers.manifest import shipped
from pipeline.settings import PROJECT
from serving.archive import changed_sources, read_archive
from tests.archive.archives import (
    archive_sh,
    archive_sh_here,
    copy_of_project,
    manifest_of,
    own_environment,
)

DEFAULT = PROJECT / "weights" / "PP-OCRv6_small"
LIGHT = PROJECT / "weights" / "PP-OCRv6_tiny" / "rec"
OTHER = PROJECT / "weights" / "PP-OCRv4_mobile"


def members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as mar:
        return {name: mar.read(name) for name in mar.namelist()}


def content(folder: Path) -> dict[str, str]:
    """Everything in a folder, hidden files too: path → sha256."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }


def test_two_archives_are_built_and_nothing_else_is_left_beside_them(store: Path) -> None:
    assert {path.name for path in store.iterdir()} == {"ocr_handler.mar", "ocr_info_update.mar"}


def test_nothing_is_compressed_so_that_a_start_need_not_unpack_it(store: Path) -> None:
    for path in store.iterdir():
        with zipfile.ZipFile(path) as mar:
            packed = [one for one in mar.infolist() if one.compress_type != zipfile.ZIP_STORED]
        assert packed == []


@pytest.mark.parametrize(
    ("archive", "packages"),
    [
        ("ocr_handler", {"db", "handlers", "model", "ocr", "pipeline", "postprocess"}),
        ("ocr_info_update", {"db", "handlers", "ocr", "pipeline", "postprocess"}),
    ],
)
def test_an_archive_holds_its_packages_and_nothing_private(
    archive: str, packages: set[str], store: Path, secret: str
) -> None:
    inside = members(store / f"{archive}.mar")
    assert {name.partition("/")[0] for name in inside if "/" in name} == packages | {"MAR-INF"}
    parts = {part for name in inside for part in Path(name).parts}
    assert [part for part in parts if part.startswith((".", "__pycache__", "test"))] == []
    assert [name for name, text in inside.items() if secret.encode() in text] == []


@pytest.mark.parametrize("archive", ["ocr_handler", "ocr_info_update"])
def test_the_manifest_has_the_sha256_of_every_file(archive: str, store: Path) -> None:
    inside = members(store / f"{archive}.mar")
    files = json.loads(inside["manifest.json"])["files"]
    assert files == {
        name: sha256(text).hexdigest()
        for name, text in inside.items()
        if name not in ("manifest.json", "MAR-INF/MANIFEST.json", "manifest.sha256")
    }
    sealed = [line.split("  ") for line in inside["manifest.sha256"].decode().splitlines()]
    assert {name: digest for digest, name in sealed} == {
        name: sha256(inside[name]).hexdigest()
        for name in ("manifest.json", "MAR-INF/MANIFEST.json")
    }


def test_a_version_and_a_preset_give_archives_of_another_name_and_model(tmp_path: Path) -> None:
    options = ("--version", "2.0", "--preset", "PP-OCRv4_mobile", "--batch-size", "3")
    done = archive_sh("--output", tmp_path, *options)
    assert done.returncode == 0, done.stderr
    archive = tmp_path / "ocr_handler-2.0.mar"
    assert {path.name for path in tmp_path.iterdir()} == {
        archive.name,
        "ocr_info_update-2.0.mar",
    }
    inside = members(archive)
    assert json.loads(inside["MAR-INF/MANIFEST.json"])["model"]["modelVersion"] == "2.0"
    assert yaml.safe_load(inside["ocr_handler.yaml"])["batchSize"] == 3
    assert changed_sources(read_archive(archive)) == [], "it is sound, and of this code"
    assert manifest_of(archive)["model_version"].startswith("PP-OCRv4_mobile@")
    assert f"{archive}  {manifest_of(archive)['model_version']}\n" in done.stdout


def test_own_folders_of_the_same_weights_named_from_where_one_stands_give_the_same_archive(
    store: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(DEFAULT, own)
    shutil.copytree(LIGHT, own / "light")
    (own / "det" / ".env").write_text("a password")
    (own / "rec" / "best_accuracy.pdparams").write_text("a training checkpoint")
    (own / "light" / "inference.secret").write_text("a password")
    (own / "rec" / "runs").mkdir()
    (own / "rec" / "inference.secret").write_text("a password")
    (own / "det" / "inference.link").symlink_to("/etc/passwd")
    (tmp_path / "there").symlink_to(own)  # the folder itself was named by hand
    folders = ("--det", "det", "--rec", "rec", "--first", "light")
    done = archive_sh(*folders, "--output", "../store", cwd=tmp_path / "there")
    assert done.returncode == 0, done.stderr
    archive = tmp_path / "store" / "ocr_handler.mar"
    preset = store / "ocr_handler.mar"
    assert manifest_of(archive)["model_version"] == manifest_of(preset)["model_version"]
    assert manifest_of(archive)["files"] == manifest_of(preset)["files"]


def test_an_archive_built_elsewhere_has_the_same_content_and_remembers_its_home(
    store: Path, tmp_path: Path
) -> None:
    project = copy_of_project(tmp_path / "clone")
    (project / "pipeline" / ".env").write_text(
        "FUNDOCR_DATABASE_URL=mysql+pymysql://a:password@h/x"
    )
    (project / "pipeline" / "notes.txt").write_text("a password")
    (project / "db" / "__pycache__").mkdir()
    (project / "db" / "__pycache__" / "store.cpython-311.pyc").write_bytes(b"compiled")
    done = archive_sh(project=project, PYTHONPATH=str(project))
    assert done.returncode == 0, done.stderr
    here = manifest_of(store / "ocr_handler.mar")
    there = manifest_of(project / "model_store" / "ocr_handler.mar")
    assert there["files"] == here["files"]
    assert there["model_version"] == here["model_version"]
    assert (here["home"], there["home"]) == (str(PROJECT), str(project))


def test_a_link_among_our_own_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could pack whatever of this machine it leads to."""
    (tmp_path / "key.py").symlink_to("/etc/passwd")
    assert list(shipped(tmp_path)) == [tmp_path / "key.py"]
    monkeypatch.syspath_prepend(PROJECT / "scripts")
    build = importlib.import_module("build_archive")
    with pytest.raises(build.ArchiveError) as error:
        build._copy(tmp_path / "key.py", tmp_path / "packed.py")
    assert str(error.value) == f"{tmp_path / 'key.py'} is a link; put the file itself there"


def cut(file: str) -> Callable[[Path], None]:
    """Keep the first half of a file."""

    def change(own: Path) -> None:
        whole = (own / file).read_bytes()
        (own / file).write_bytes(whole[: len(whole) // 2])

    return change


def swap(own: Path) -> None:
    (own / "det").rename(own / "x")
    (own / "rec").rename(own / "det")
    (own / "x").rename(own / "rec")


def shorten_the_characters(own: Path) -> None:
    metadata = yaml.safe_load((own / "rec" / "inference.yml").read_text())
    metadata["PostProcess"]["character_dict"].pop()
    (own / "rec" / "inference.yml").write_text(yaml.safe_dump(metadata, allow_unicode=True))


def exchange_the_weights(own: Path) -> None:
    for name in ("inference.pdmodel", "inference.pdiparams"):
        shutil.copy(OTHER / "rec" / name, own / "det" / name)


def link(file: str) -> Callable[[Path], None]:
    """To something of this machine that is nobody's to pack."""

    def change(own: Path) -> None:
        (own / file).unlink(missing_ok=True)
        (own / file).symlink_to("/etc/passwd")

    return change


def pipe(file: str) -> Callable[[Path], None]:
    """Whose other end nobody opens."""

    def change(own: Path) -> None:
        (own / file).unlink()
        os.mkfifo(own / file)

    return change


WRONG: dict[str, Callable[[Path], object]] = {
    "{own}/rec is not a folder": lambda own: shutil.rmtree(own / "rec"),
    "{own}/det/inference.yml is missing": lambda own: (own / "det/inference.yml").unlink(),
    "{own}/det has no weights": lambda own: (own / "det/inference.pdmodel").unlink(),
    "{own}/rec/inference.pdiparams is missing": lambda own: (
        own / "rec/inference.pdiparams"
    ).unlink(),
    "{own}/rec/inference.pdmodel cannot be loaded": cut("rec/inference.pdiparams"),
    "{own}/rec/inference.yml cannot be read": lambda own: (own / "rec/inference.yml").write_text(
        "Global: ["
    ),
    "{own}/rec/inference.pdmodel knows 6625 classes": shorten_the_characters,
    "{own}/det/inference.yml: PostProcess.name must be DBPostProcess": swap,
    "{own}/det and {own}/rec do not read a picture": exchange_the_weights,
    "{own}/rec/inference.yml is a link; put the file itself there": link("rec/inference.yml"),
    "{own}/det/inference.pdmodel is a link; put": link("det/inference.pdmodel"),
    "{own}/det/inference.onnx is a link; put": link("det/inference.onnx"),
    "{own}/rec/inference.yml is no file": pipe("rec/inference.yml"),
}


HEARD = ("{own}/rec/inference.pdmodel cannot be loaded", "{own}/det and {own}/rec do not read")
"""Here engines may say something by themselves, which only a process of its own shows."""


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_model_folder_is_refused_in_one_line_and_nothing_changes(
    why: str, tmp_path: Path
) -> None:
    own, shop = tmp_path / "own", tmp_path / "store"
    shutil.copytree(OTHER, own)
    WRONG[why](own)
    shop.mkdir()
    (shop / "ocr_handler.mar").write_bytes(b"the archive that is in service")
    before = content(shop)
    run = archive_sh if why.startswith(HEARD) else archive_sh_here
    done = run("--output", shop, "--det", own / "det", "--rec", own / "rec")
    assert done.returncode == 1
    assert done.stderr.startswith(f"archive.sh: {why.format(own=own)}")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert content(shop) == before


def test_a_model_for_an_engine_whose_packages_are_not_installed_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Paddle's two formats OpenVINO reads the older one."""
    own = Path(shutil.copytree(OTHER, tmp_path / "own"))
    for part in ("det", "rec"):
        (own / part / "inference.pdmodel").rename(own / part / "inference.json")
    monkeypatch.setattr("ocr.engines.find_spec", lambda module: None)
    done = archive_sh_here(
        *("--output", tmp_path / "store", "--det", own / "det", "--rec", own / "rec")
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("archive.sh: engine paddle needs paddleocr and paddlepaddle, ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--det", OTHER / "det"), "--det and --rec go together"),
        (("--rec", OTHER / "rec"), "--det and --rec go together"),
        (("--first", OTHER / "rec"), "--first goes with --det and --rec"),
        (("--version", "two"), "--version 'two' is not like 2.0"),
        (("--version", "../2.0"), "--version '../2.0' is not like 2.0"),
        (("--version", ""), "--version '' is not like 2.0"),
        (("--batch-size", "0"), "--batch-size 0 is not between 1 and 200"),
        (("--preset", "PP-OCRv9"), "argument --preset: invalid choice: 'PP-OCRv9'"),
        (("--oops",), "unrecognized arguments: --oops"),
    ],
    ids=[
        *("det-alone", "rec-alone", "first-alone", "word", "path", "empty", "no-batch"),
        *("unknown-preset", "unknown-option"),
    ],
)
def test_a_wrong_command_line_is_refused_in_one_line(
    arguments: tuple[str | Path, ...], why: str, tmp_path: Path
) -> None:
    done = archive_sh_here("--output", tmp_path / "store", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"archive.sh: {why}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_a_build_that_is_stopped_leaves_nothing_half(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [PROJECT / "archive.sh", "--output", tmp_path],
        env=own_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    while not any(tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate()
    assert (process.returncode, said) == (128 + signal.SIGTERM, b"")
    assert list(tmp_path.iterdir()) == []


def test_without_the_environment_it_says_what_to_run(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "archive.sh", tmp_path)
    done = archive_sh(project=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "archive.sh: there is no .venv here; run 'make setup' first\n"
