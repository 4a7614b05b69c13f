"""The bundled model folders in weights/, as scripts/get_weights.py builds them."""

from pathlib import Path

from ocr.models import Models, load_model_folders

# Of the bundled models each engine's best: paddle cannot load ONNX.
BUNDLED = {
    "openvino": "PP-OCRv6_small",
    "onnxruntime": "PP-OCRv6_small",
    "paddle": "PP-OCRv4_mobile",
}
_SECOND = {"PP-OCRv4_mobile": "PP-OCRv6_small"}
_ELSE = "PP-OCRv4_mobile"


def load_bundled(weights: Path, name: str) -> Models:
    """The bundled pair `name` with the other one's recogniser for the second reading.

    ModelError names what is wrong.
    """
    return load_model_folders(
        weights / name / "det", weights / name / "rec", second_for(name, weights)
    )


def second_for(name: str, weights: Path) -> Path:
    """The bundled recogniser of another family than `name`, so that it errs elsewhere."""
    return weights / _SECOND.get(name, _ELSE) / "rec"
