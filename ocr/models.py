"""PaddleOCR model folders, read and checked, with a version made from their content.

A folder holds `inference.yml` and the weights: `inference.onnx`, or `inference.pdmodel` or
`inference.json` with `inference.pdiparams`. The keys of inference.yml are those that PaddleX 3.7
reads (`Global.model_name`, `PreProcess.transform_ops`, `PostProcess`).
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from ocr.engines import ENGINES
from ocr.errors import ModelError

Channels: TypeAlias = tuple[float, float, float]

_METADATA = "inference.yml"
_PARAMETERS = "inference.pdiparams"
MODEL_FILES = (_METADATA, "inference.onnx", "inference.pdmodel", "inference.json", _PARAMETERS)
"""All that a model folder may hold for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A DB text detector (Liao et al. 2020, arXiv:1911.08947).

    mean, std: per channel in the order of the picture (BGR), for values scaled to 0–1.
    bitmap_threshold: text probability from which a pixel belongs to a line.
    unclip_ratio: how far a box is grown: area × ratio / perimeter.
    max_candidates: boxes looked at in one picture.
    """

    folder: Path
    name: str
    mean: Channels
    std: Channels
    bitmap_threshold: float
    unclip_ratio: float
    max_candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recogniser:
    """A CTC text recogniser.

    height: pixels that a crop is scaled to.
    characters: class index → text; 0 is the CTC blank, the last one the space.
    """

    folder: Path
    name: str
    height: int
    characters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Detector and recogniser that read together.

    second: another recogniser, which reads again what decides; None: there is no second reading.
    first: a light recogniser that reads all lines before `recogniser` reads those that matter;
        None: `recogniser` reads all.
    name: `PP-OCRv6_small`; `A+B` where the first two are of different families; `PP-OCRv6_cascade`
        where a light one of the same family reads first, `A>B` where one of another does.
    version: `name@` and 12 hex digits of the content of all model files, wherever they stand.
    """

    detector: Detector
    recogniser: Recogniser
    second: Recogniser | None
    first: Recogniser | None = None
    name: str
    version: str


def load_models(folder: Path) -> Models:
    """Read `folder/det`, `folder/rec` and, where they are there, `second` and `first` beside them.

    ModelError names what is wrong.
    """
    second, first = (
        folder / part if (folder / part).is_dir() else None for part in ("second", "first")
    )
    return load_model_folders(folder / "det", folder / "rec", second, first)


def load_model_folders(
    detector: Path, recogniser: Path, second: Path | None = None, first: Path | None = None
) -> Models:
    """Read two to four model folders; ModelError names what is wrong."""
    det, rec = _detector(detector), _recogniser(recogniser)
    other = None if second is None else _recogniser(second)
    light = None if first is None else _recogniser(first)
    if light is not None and light.height != rec.height:
        raise ModelError(
            f"{first} reads lines {light.height} pixels high, {recogniser} {rec.height}: "
            "two that read the same lines need the same height."
        )
    name = _family(det.name, rec.name)
    if light is not None:
        name = _cascade(light.name, name)
    parts = {"det": detector, "rec": recogniser, "second": second, "first": first}
    files = {part: folder for part, folder in parts.items() if folder is not None}
    return Models(
        detector=det,
        recogniser=rec,
        second=other,
        first=light,
        name=name,
        version=f"{name}@{_digest(files)}",
    )


def weights_file(folder: Path, engine: str) -> Path:
    """The file with the weights that the engine loads; ModelError when it can load none there.

    engine: a key of ENGINES.
    """
    for name in ENGINES[engine].weights:
        path = folder / name
        if path.is_file():
            if name != "inference.onnx" and not (folder / _PARAMETERS).is_file():
                raise ModelError(f"{folder / _PARAMETERS} is missing beside {name}.")
            return path
    others = [
        name
        for name, other in ENGINES.items()
        if any((folder / file).is_file() for file in other.weights)
    ]
    hint = f" or another engine ({', '.join(others)})" if others else ""
    raise ModelError(
        f"engine {engine} needs {' or '.join(ENGINES[engine].weights)}, which is not in {folder}: "
        f"choose a model folder that has it{hint}."
    )


def _detector(folder: Path) -> Detector:
    metadata, path = _metadata(folder)
    post = _section(metadata, "PostProcess", "DBPostProcess", path)
    operations = _operations(metadata, path)
    normalise = operations.get("NormalizeImage") or {}
    if normalise.get("scale") not in (None, "1./255.", "1.0/255.0", 1 / 255):
        raise ModelError(f"{path}: NormalizeImage.scale must be 1/255.")
    return Detector(
        folder=folder,
        name=metadata["Global"]["model_name"],
        mean=_channels(normalise.get("mean", [0.485, 0.456, 0.406]), "mean", path),
        std=_channels(normalise.get("std", [0.229, 0.224, 0.225]), "std", path),
        bitmap_threshold=_number(post.get("thresh", 0.3), "PostProcess.thresh", path),
        unclip_ratio=_number(post.get("unclip_ratio", 1.5), "PostProcess.unclip_ratio", path),
        max_candidates=int(
            _number(post.get("max_candidates", 1000), "PostProcess.max_candidates", path)
        ),
    )


def _recogniser(folder: Path) -> Recogniser:
    metadata, path = _metadata(folder)
    post = _section(metadata, "PostProcess", "CTCLabelDecode", path)
    resize = _operations(metadata, path).get("RecResizeImg") or {}
    shape = resize.get("image_shape")
    if not (isinstance(shape, list) and len(shape) == 3 and isinstance(shape[1], int)):
        raise ModelError(f"{path}: RecResizeImg.image_shape must be [3, height, width].")
    characters = post.get("character_dict")
    if not (isinstance(characters, list) and characters) or not all(
        isinstance(character, str) for character in characters
    ):
        raise ModelError(f"{path}: PostProcess.character_dict must be a list of texts.")
    return Recogniser(
        folder=folder,
        name=metadata["Global"]["model_name"],
        height=shape[1],
        characters=("", *characters, " "),
    )


def _metadata(folder: Path) -> tuple[dict[str, Any], Path]:
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder; a model folder with {_METADATA} is needed.")
    path = folder / _METADATA
    if path.exists() and not path.is_file():
        raise ModelError(f"{path} is no file.")
    # The C parser reads the 18,708 characters of PP-OCRv6 in 0.1 s, the Python one in 2 s.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        metadata = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506
    except FileNotFoundError:
        raise ModelError(f"{path} is missing.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path} cannot be read: {reason}.") from None
    if not isinstance(metadata, dict):
        raise ModelError(f"{path} is not the metadata of a PaddleOCR model.")
    name = (metadata.get("Global") or {}).get("model_name")
    if not (isinstance(name, str) and name):
        raise ModelError(f"{path}: Global.model_name is missing.")
    if not any((folder / file).is_file() for file in MODEL_FILES[1:4]):
        raise ModelError(f"{folder} has no weights: one of {', '.join(MODEL_FILES[1:4])}.")
    return metadata, path


def _operations(metadata: dict[str, Any], path: Path) -> dict[str, Any]:
    """PreProcess.transform_ops as name → arguments."""
    listed = (metadata.get("PreProcess") or {}).get("transform_ops")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ModelError(f"{path}: PreProcess.transform_ops is missing.")
    operations = {name: arguments for one in listed for name, arguments in one.items()}
    if (operations.get("DecodeImage") or {}).get("img_mode", "BGR") != "BGR":
        raise ModelError(f"{path}: only models for BGR pictures can be used.")
    return operations


def _section(metadata: dict[str, Any], section: str, name: str, path: Path) -> dict[str, Any]:
    found = metadata.get(section)
    if not isinstance(found, dict) or found.get("name") != name:
        raise ModelError(f"{path}: {section}.name must be {name}; is this the right model?")
    return found


def _channels(values: object, what: str, path: Path) -> Channels:
    if not isinstance(values, list) or len(values) != 3:
        raise ModelError(f"{path}: NormalizeImage.{what} must be three numbers.")
    first, second, third = (_number(value, f"NormalizeImage.{what}", path) for value in values)
    return first, second, third


def _number(value: object, what: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelError(f"{path}: {what} must be a number.")
    return float(value)


def _family(detector: str, recogniser: str) -> str:
    det, rec = detector.removesuffix("_det"), recogniser.removesuffix("_rec")
    return det if det == rec else f"{det}+{rec}"


def _cascade(light: str, name: str) -> str:
    """`PP-OCRv6_cascade` for PP-OCRv6_tiny before PP-OCRv6_small."""
    light = light.removesuffix("_rec")
    family, _, size = name.rpartition("_")
    return f"{family}_cascade" if size and light.startswith(f"{family}_") else f"{light}>{name}"


def _digest(folders: dict[str, Path]) -> str:
    """12 hex digits over the sorted (relative path, sha256) of the model files."""
    lines = [
        f"{part}/{name}:{sha256((folder / name).read_bytes()).hexdigest()}"
        for part, folder in folders.items()
        for name in MODEL_FILES
        if (folder / name).is_file()
    ]
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12]


# The bundled model folders in weights/, as scripts/get_weights.py builds them.


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Which of the folders in weights/ read together; `first` alone may be missing."""

    detector: str
    recogniser: str
    second: str
    first: str | None = None


_V6 = "PP-OCRv6_small"
_V4 = "PP-OCRv4_mobile"
PRESETS = {
    "PP-OCRv6_cascade": Preset(detector=_V6, recogniser=_V6, second=_V4, first="PP-OCRv6_tiny"),
    _V6: Preset(detector=_V6, recogniser=_V6, second=_V4),
    _V4: Preset(detector=_V4, recogniser=_V4, second=_V6),
}
"""The bundled models by name, the usual ones first."""


def load_bundled(weights: Path, name: str) -> Models:
    """The bundled models of a key of PRESETS; ModelError names what is wrong."""
    preset = PRESETS[name]
    return load_model_folders(
        weights / preset.detector / "det",
        weights / preset.recogniser / "rec",
        weights / preset.second / "rec",
        weights / preset.first / "rec" if preset.first else None,
    )


def second_for(name: str, weights: Path) -> Path:
    """The bundled recogniser of another family than `name`, so that it errs elsewhere."""
    preset = PRESETS.get(name)
    return weights / (preset.second if preset else _V4) / "rec"
