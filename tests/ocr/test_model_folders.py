"""Model folders: what is read from them, their version, and what is said when they are wrong."""

import ast
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ocr.errors import EngineMissing, ModelError
from ocr.models import ENGINES, load_bundled, load_model_folders, load_models, weights_file
from ocr.reader import open_reader
from postprocess.normalize import has_traditional
from tests.ocr.reading import PROJECT, TINY, V4, V6, WEIGHTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default models, to be spoiled."""
    return Path(shutil.copytree(WEIGHTS / V6, tmp_path / "models"))


def edit(path: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    metadata = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    change(metadata)
    path.write_text(yaml.dump(metadata, Dumper=yaml.CSafeDumper), encoding="utf-8")


def test_the_bundled_models_are_read_with_their_characters() -> None:
    v6, v4 = load_models(WEIGHTS / V6), load_models(WEIGHTS / V4)
    assert (v6.name, v4.name) == (V6, V4)
    assert len(v6.recogniser.characters) == 18_710
    assert len(v4.recogniser.characters) == 6_625
    assert v6.recogniser.characters[0] == ""
    assert v6.recogniser.characters[-1] == " "
    assert v6.recogniser.height == 48
    assert v6.detector.bitmap_threshold == 0.3
    assert v6.detector.unclip_ratio == 1.5


def test_the_version_is_the_name_and_twelve_hex_digits_and_the_same_everywhere() -> None:
    # The content of pinned files: another value means that stored rows name other models.
    assert load_models(WEIGHTS / V6).version == "PP-OCRv6_small@b5e52aaed9a4"
    assert load_models(WEIGHTS / V4).version == "PP-OCRv4_mobile@37c1e53823a0"


def test_a_copy_elsewhere_has_the_same_version_and_a_changed_file_another(folder: Path) -> None:
    here = load_models(WEIGHTS / V6).version
    assert load_models(folder).version == here
    (folder / "README").write_text("not part of the model")
    (folder / "det" / "notes.txt").write_text("neither")
    assert load_models(folder).version == here
    with (folder / "rec" / "inference.onnx").open("ab") as weights:
        weights.write(b"\0")
    changed = load_models(folder).version
    assert re.fullmatch(r"PP-OCRv6_small@[0-9a-f]{12}", changed)
    assert changed != here


def test_a_pair_of_two_families_is_named_after_both() -> None:
    mixed = load_model_folders(WEIGHTS / V6 / "det", WEIGHTS / V4 / "rec")
    assert mixed.version.startswith("PP-OCRv6_small+PP-OCRv4_mobile@")


def test_a_light_recogniser_counts_in_the_name_and_the_version(tmp_path: Path) -> None:
    cascade = load_bundled(WEIGHTS, "PP-OCRv6_cascade")
    assert cascade.first is not None and cascade.first.name == "PP-OCRv6_tiny_rec"
    assert cascade.version == "PP-OCRv6_cascade@17830ddd9d63"
    # As an archive has them.
    for part, source in (
        *((part, f"{V6}/{part}") for part in ("det", "rec")),
        *(("second", f"{V4}/rec"), ("first", f"{TINY}/rec")),
    ):
        shutil.copytree(WEIGHTS / source, tmp_path / part)
    assert load_models(tmp_path).version == cascade.version
    with (tmp_path / "first" / "inference.onnx").open("ab") as weights:
        weights.write(b"\0")
    assert load_models(tmp_path).version != cascade.version


def test_a_light_recogniser_of_another_family_is_named_before_the_pair() -> None:
    v4 = WEIGHTS / V4
    models = load_model_folders(v4 / "det", v4 / "rec", None, WEIGHTS / TINY / "rec")
    assert models.version.startswith("PP-OCRv6_tiny>PP-OCRv4_mobile@")


def test_two_that_read_the_same_lines_need_the_same_height(folder: Path) -> None:
    shutil.copytree(WEIGHTS / TINY / "rec", folder / "first")
    lower = {"RecResizeImg": {"image_shape": [3, 32, 320]}}
    edit(
        folder / "first" / "inference.yml",
        lambda told: told["PreProcess"].update(transform_ops=[lower]),
    )
    with pytest.raises(ModelError, match=r"first reads lines 32 pixels high, .*rec 48: two that"):
        load_models(folder)


def test_every_word_of_the_rules_can_be_read_lightly() -> None:
    light = load_bundled(WEIGHTS, "PP-OCRv6_cascade").first
    assert light is not None and len(light.characters) == 6_906
    unknown = words_of_the_rules() - set(light.characters)
    # Traditional characters, whose pages it never reads alone (pipeline.doubts).
    assert {"額", "贖", "總"} <= unknown
    assert [one for one in sorted(unknown) if not has_traditional(one)] == []


def words_of_the_rules() -> set[str]:
    """All Chinese characters that stand in the texts of postprocess/, and all of ASCII."""
    texts = [
        node.value
        for file in (PROJECT / "postprocess").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    # Ends of ranges, what 值 is misread as, and a stroke that stands for a bar.
    no_words = set("㐀鿿偵丨")
    chinese = {one for text in texts for one in text if "\u3400" <= one <= "\u9fff"} - no_words
    assert len(chinese) > 500
    return chinese | {chr(code) for code in range(0x20, 0x7F)}


def test_swapping_detector_and_recogniser_is_told() -> None:
    with pytest.raises(ModelError, match=r"rec/inference\.yml: PostProcess\.name must be DBPost"):
        load_model_folders(WEIGHTS / V6 / "rec", WEIGHTS / V6 / "det")


@pytest.mark.parametrize("missing", ["det", "rec", "det/inference.yml", "rec/inference.onnx"])
def test_what_is_missing_is_named(folder: Path, missing: str) -> None:
    path = folder / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(ModelError) as raised:
        load_models(folder)
    assert str(path if missing != "rec/inference.onnx" else path.parent) in str(raised.value)
    assert "\n" not in str(raised.value)


SPOILT: dict[str, tuple[str, Callable[[dict[str, dict[str, object]]], object]]] = {
    "Global.model_name": ("det", lambda m: m.pop("Global")),
    "PreProcess.transform_ops": ("det", lambda m: m.pop("PreProcess")),
    "PostProcess.name": ("det", lambda m: m.pop("PostProcess")),
    "PostProcess.thresh": ("det", lambda m: m["PostProcess"].update(thresh="high")),
    "character_dict": ("rec", lambda m: m["PostProcess"].pop("character_dict")),
    "list of texts": ("rec", lambda m: m["PostProcess"].update(character_dict=["a", 1])),
    "image_shape": ("rec", lambda m: m["PreProcess"].update(transform_ops=[{"KeepKeys": None}])),
    "BGR": (
        "det",
        lambda m: m["PreProcess"].update(transform_ops=[{"DecodeImage": {"img_mode": "RGB"}}]),
    ),
}


@pytest.mark.parametrize("named", SPOILT)
def test_a_wrong_key_is_named_with_its_file(folder: Path, named: str) -> None:
    part, change = SPOILT[named]
    path = folder / part / "inference.yml"
    edit(path, change)
    with pytest.raises(ModelError) as raised:
        load_models(folder)
    assert named in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"- a\n- b\n", b""])
def test_metadata_that_is_none_is_told(folder: Path, content: bytes) -> None:
    path = folder / "det" / "inference.yml"
    path.write_bytes(content)
    with pytest.raises(ModelError) as raised:
        load_models(folder)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("engine", "models", "file"),
    [
        ("openvino", V6, "inference.onnx"),
        ("openvino", V4, "inference.pdmodel"),
        ("onnxruntime", V6, "inference.onnx"),
        ("paddle", V4, "inference.pdmodel"),
    ],
)
def test_each_engine_finds_the_weights_that_it_can_load(
    engine: str, models: str, file: str
) -> None:
    assert weights_file(WEIGHTS / models / "det", engine).name == file


@pytest.mark.parametrize(
    ("engine", "models", "needs", "others"),
    [
        ("paddle", V6, "inference.pdmodel", "openvino, onnxruntime"),
        ("onnxruntime", V4, "inference.onnx", "openvino, paddle"),
    ],
)
def test_an_engine_that_cannot_load_the_weights_says_what_it_needs_and_who_can(
    engine: str, models: str, needs: str, others: str
) -> None:
    with pytest.raises(ModelError) as raised:
        open_reader(load_models(WEIGHTS / models), engine=engine)
    assert f"engine {engine} needs {needs}" in str(raised.value)
    assert f"another engine ({others})" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_paddle_weights_without_their_parameters_are_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WEIGHTS / V4, tmp_path / "models"))
    (folder / "rec" / "inference.pdiparams").unlink()
    with pytest.raises(ModelError, match=r"rec/inference\.pdiparams is missing"):
        open_reader(load_models(folder), engine="openvino")


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_damaged_weights_are_told_with_their_place(folder: Path, engine: str) -> None:
    (folder / "rec" / "inference.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError) as raised:
        open_reader(load_models(folder), engine=engine)
    assert str(folder / "rec") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_characters_of_another_model_are_told(folder: Path) -> None:
    edit(
        folder / "rec" / "inference.yml",
        lambda m: m["PostProcess"].update(character_dict=list("0123456789")),
    )
    with pytest.raises(ModelError, match="knows 18710 classes"):
        open_reader(load_models(folder), engine="openvino")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_whose_packages_are_not_installed_is_told_before_anything_is_loaded(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = load_models(WEIGHTS / V4)
    monkeypatch.setattr("ocr.engines.find_spec", lambda module: None)
    needs = "openvino" if engine == "openvino" else "paddleocr and "
    with pytest.raises(EngineMissing, match=f"^engine {engine} needs {needs}"):
        open_reader(models, engine=engine)
