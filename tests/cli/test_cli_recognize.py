"""`fundocr recognize`: real pictures, real models, no server and no database."""

import contextlib
import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bulk.picture_files import PassedOver
from cli.recognize import list_pictures
from serving.failure import Failure
from tests.fundocr_command import ROOT, Done, fundocr, fundocr_process
from tests.trial import share_compiled
from tests.workbook_rows import rows_of

SAMPLES = ROOT / "samples"
TRUTH: dict[str, dict[str, str]] = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
PASSED_OVER = "Passed over, by name no pictures (png, jpg, jpeg, webp, bmp):"
NOTHING = {"fund_code": "", "hold_share": ""}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, with compiled models."""
    home = tmp_path_factory.mktemp("home")
    share_compiled(home)
    return home


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good picture, a broken one, a text under a picture's name, and what is passed over."""
    folder = tmp_path_factory.mktemp("pictures")
    picture = (SAMPLES / "licaitong_light_inline.png").read_bytes()
    (folder / "b good.PNG").write_bytes(picture)
    (folder / "a broken.png").write_bytes(picture[: len(picture) // 2])
    (folder / "=c text.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_bytes(picture)
    (folder / "._b good.PNG").write_bytes(b"\x00\x05\x16\x07")
    (folder / "inner.png").mkdir()
    (folder / "inner.png" / "d.png").write_bytes(picture)
    return folder


def results(*arguments: str | Path, home: Path) -> list[dict[str, Any]]:
    return results_of(fundocr("recognize", *arguments, "--format", "jsonl", home=home))


def results_of(done: Done[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def of_samples(home: Path) -> list[dict[str, Any]]:
    return results("samples", "--rules", "seed", home=home)


def test_each_sample_is_read_by_name_and_in_the_form_of_the_contract(
    of_samples: list[dict[str, Any]],
) -> None:
    assert [result["file"] for result in of_samples] == sorted(f"samples/{n}" for n in TRUTH)
    for result in of_samples:
        assert list(result) == ["file", "flag", "data", "detail"]
        detail = result["detail"]
        assert (detail["id"], detail["row_version"], detail["source"]) == (None, None, "ocr")
        assert detail["model_version"].startswith("PP-OCRv6_cascade@")
        assert detail["elapsed_ms"] > 0


def test_every_sample_is_answered_as_its_truth_says(of_samples: list[dict[str, Any]]) -> None:
    answered = {Path(result["file"]).name: result["data"] for result in of_samples}
    assert answered == TRUTH
    assert [r["flag"] for r in of_samples] == [r["data"] != NOTHING for r in of_samples]


def test_boxes_lie_on_the_picture_and_on_the_value(of_samples: list[dict[str, Any]]) -> None:
    import PIL.Image

    for result in of_samples:
        if not result["flag"]:
            continue
        with PIL.Image.open(ROOT / result["file"]) as picture:
            width, height = picture.size
        for field in ("fund_code", "hold_share"):
            box = result["detail"][field]["box"]
            assert len(box) == 4
            assert all(0 <= x <= width and 0 <= y <= height for x, y in box), result["file"]
        assert result["data"]["fund_code"] in result["detail"]["fund_code"]["text"]


def test_broken_pictures_take_a_line_of_their_own_beside_good_ones(
    folder: Path, home: Path
) -> None:
    text, broken, good, inner = results(folder, home=home)
    assert text == {
        "file": str(folder / "=c text.jpg"),
        "error": "The data is not a JPEG, PNG, WEBP or BMP picture.",
        "code": "NOT_A_PICTURE",
    }
    assert (broken["file"], broken["code"]) == (str(folder / "a broken.png"), "BAD_PICTURE")
    assert good["file"] == str(folder / "b good.PNG")
    assert good["data"] == inner["data"] == TRUTH["licaitong_light_inline.png"]
    assert inner["file"] == str(folder / "inner.png" / "d.png")


def test_a_missing_file_and_one_too_large_fail_alone(folder: Path, home: Path) -> None:
    (home / ".env").write_text("FUNDOCR_MAX_BYTES=1000\n")
    try:
        missing, text, large = results(
            folder / "z.png", folder / "=c text.jpg", folder / "b good.PNG", home=home
        )
    finally:
        (home / ".env").unlink()
    assert missing["code"] == "FILE_NOT_READABLE"
    assert missing["error"] == "The file cannot be read: No such file or directory."
    assert text["code"] == "NOT_A_PICTURE"
    assert large["code"] == "TOO_MANY_BYTES"


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_ending_of_the_file_chooses_its_format(
    suffix: str, folder: Path, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / f"rows.{suffix}"
    done = fundocr("recognize", folder, "--out", out, home=home)
    assert (done.returncode, done.stdout) == (0, b"")
    if suffix == "csv":
        rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    else:
        rows = rows_of(out)
    assert {key: rows[2][key] for key in NOTHING} == TRUTH["licaitong_light_inline.png"]
    assert [row["code"] for row in rows] == ["NOT_A_PICTURE", "BAD_PICTURE", "", ""]


def test_the_table_is_what_one_gets_without_asking(folder: Path, home: Path) -> None:
    done = fundocr("recognize", folder, home=home)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1] == "2 answered, 0 refused, 2 failed"
    assert done.stderr.decode() == f"{PASSED_OVER} notes.txt.\n"
    assert "202015" in done.stdout.decode()
    assert b"\x1b" not in done.stdout + done.stderr


def test_a_terminal_gets_a_progress_bar_and_the_output_stays_clean(
    folder: Path, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    controller, terminal = pty.openpty()
    environment = os.environ | {"FUNDOCR_HOME": str(home), "TERM": "xterm", "COLUMNS": "100"}
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "recognize", folder, "--format", "jsonl"],
            cwd=ROOT,
            env=environment,
            stdout=stdout,
            stderr=terminal,
        )
    os.close(terminal)
    shown = b""
    # A terminal takes no more than a page unread; it fails when its last writer has gone.
    with contextlib.suppress(OSError):
        while part := os.read(controller, 65536):
            shown += part
    os.close(controller)
    assert process.wait() == 0
    assert b"4/4" in shown
    assert len([json.loads(line) for line in out.read_bytes().splitlines()]) == 4


@pytest.mark.drill
def test_paddle_reads_with_its_own_bundled_models(folder: Path, home: Path) -> None:
    # In a process of its own: Paddle changes the environment of the one that it is loaded into.
    words = ("recognize", folder / "b good.PNG", "--engine", "paddle", "--format", "jsonl")
    [good] = results_of(fundocr_process(*words, home=home))
    assert good["data"] == TRUTH["licaitong_light_inline.png"]
    assert good["detail"]["model_version"].startswith("PP-OCRv4_mobile@")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.png"], "There is no file or folder named nowhere.png."),
        (["tests/cli"], "There is no picture (png, jpg, jpeg, webp, bmp) in tests/cli."),
        (["samples", "--models", "samples"], "samples/det is not a folder"),
        (["samples", "--models", "nowhere"], "`make archive` brings the bundled ones."),
        (["samples", "--rules", "guess"], "There are no rules named 'guess'"),
        (["samples", "--out", "nowhere/rows.csv"], "nowhere/rows.csv cannot be written: No such"),
    ],
)
def test_where_nothing_can_be_read_one_sentence_says_why(
    arguments: list[str], sentence: str, home: Path
) -> None:
    done = fundocr("recognize", *arguments, home=home)
    assert (done.returncode, done.stdout) == (2, b"")
    assert sentence in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_gives_its_pictures_by_name_and_those_inside_and_the_rest_is_counted(
    folder: Path,
) -> None:
    passed_over = PassedOver()
    names = [file.name for file in list_pictures([folder, folder / "notes.txt"], passed_over)]
    assert names == ["=c text.jpg", "a broken.png", "b good.PNG", "d.png", "notes.txt"]
    assert str(passed_over) == f"{PASSED_OVER} notes.txt."
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        passed_over.add(folder / name)
    assert str(passed_over) == f"{PASSED_OVER} notes.txt, a.pdf, b.pdf and 1 more."


def test_a_path_that_does_not_exist_is_no_reason_to_stop_while_there_are_others(
    folder: Path,
) -> None:
    assert len(list_pictures([folder / "z.png", folder], PassedOver())) == 5
    with pytest.raises(Failure):
        list_pictures([folder / "z.png"], PassedOver())
