import io
import json
from pathlib import Path

import pytest
from PIL import Image

from evals.screens.__main__ import main
from evals.screens.fonts import fingerprint
from evals.screens.samples import RENDERED_WITH, SAMPLES, Sample
from postprocess.extract import extract

FOLDER = Path(__file__).resolve().parents[2] / "samples"
TRUTH = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)


def test_the_folder_holds_exactly_the_pictures_that_truth_json_names() -> None:
    pictures = {path.name for path in FOLDER.iterdir()} - {"truth.json", "README.md"}
    assert pictures == set(TRUTH) == {sample.file for sample in SAMPLES}


def test_at_least_eight_samples_have_an_answer_and_at_least_three_must_be_refused() -> None:
    answered = [t for t in TRUTH.values() if t["fund_code"] and t["hold_share"]]
    refused = [t for t in TRUTH.values() if t == {"fund_code": "", "hold_share": ""}]
    assert len(answered) >= 8
    assert len(refused) >= 3
    assert len(answered) + len(refused) == len(TRUTH)


def test_the_folder_stays_below_five_mebibytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 5 * 1024 * 1024


@each_sample
def test_the_script_draws_the_bundled_picture_again(sample: Sample) -> None:
    truth = sample.screen().truth
    assert TRUTH[sample.file] == {"fund_code": truth.fund_code, "hold_share": truth.hold_share}
    with Image.open(FOLDER / sample.file) as bundled:
        again = Image.open(io.BytesIO(sample.encoded()))
        assert (again.format, again.size, again.mode) == (
            bundled.format,
            bundled.size,
            bundled.mode,
        )
        # Other versions of fonts, FreeType or Pillow may draw other pixels of the same page.
        if bundled.format == "PNG" and bundled.info[RENDERED_WITH] == fingerprint():
            assert again.tobytes() == bundled.tobytes()


@each_sample
def test_the_simplest_rules_answer_every_sample_from_its_texts(sample: Sample) -> None:
    extraction = extract(sample.screen().page(), "seed")
    code, share = extraction.fund_code, extraction.hold_share
    assert TRUTH[sample.file] == {
        "fund_code": code.value if code else "",
        "hold_share": share.value if share else "",
    }


@each_sample
def test_a_sample_has_the_size_of_a_phones_screen(sample: Sample) -> None:
    with Image.open(FOLDER / sample.file) as picture:
        assert 1080 <= picture.width <= 1284
        assert 1.9 < picture.height / picture.width < 2.4


def test_the_command_writes_the_samples_and_their_truth(tmp_path: Path) -> None:
    assert main(["samples", str(tmp_path / "new")]) == 0
    written = (tmp_path / "new" / "truth.json").read_text(encoding="utf-8")
    assert json.loads(written) == TRUTH
    assert len(list((tmp_path / "new").iterdir())) == len(TRUTH) + 1


def test_the_command_writes_a_corpus_with_its_truth(tmp_path: Path) -> None:
    assert main(["corpus", "3", "1", str(tmp_path), "tuning"]) == 0
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert set(truth) == {path.name for path in tmp_path.glob("*.png")}
    assert len(truth) == 3


def test_an_unknown_command_is_refused_with_what_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["draw"]) == 2
    assert "samples [FOLDER]" in capsys.readouterr().err
