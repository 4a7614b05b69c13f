"""The OCR engines behind the plain server, as their makers offer them.

Runs in a peer's own environment: nothing is imported here that all of them have not.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from postprocess.types import Line, Quad

Read = Callable[[Any, str], tuple[Line, ...]]
"""Pixels ((H, W, 3) uint8 BGR) and side (`960`, or `default`: the peer's own limit) → lines."""

SIDE = 960


def paddle(weights: Path, threads: int) -> Read:
    """PaddleOCR on PaddlePaddle with oneDNN, PP-OCRv4 mobile. weights: folder with det and rec."""
    from paddleocr import PaddleOCR

    ocr = PaddleOCR(
        text_detection_model_name="PP-OCRv4_mobile_det",
        text_detection_model_dir=str(weights / "det"),
        text_recognition_model_name="PP-OCRv4_mobile_rec",
        text_recognition_model_dir=str(weights / "rec"),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        engine="paddle",
        device="cpu",
        enable_mkldnn=True,
        cpu_threads=threads,
    )

    def read(pixels: Any, side: str) -> tuple[Line, ...]:  # noqa: ANN401
        limit = {"text_det_limit_side_len": SIDE, "text_det_limit_type": "max"}
        (found,) = ocr.predict(pixels, **(limit if side == str(SIDE) else {}))
        return tuple(
            _line(text, score, polygon)
            for text, score, polygon in zip(
                found["rec_texts"], found["rec_scores"], found["rec_polys"], strict=True
            )
        )

    return read


def rapidocr(weights: Path, threads: int) -> Read:
    """RapidOCR on OpenVINO with the PP-OCRv6 small of its own wheel; lines are not turned.

    weights: a folder whose `rec`, where it is there, reads in the small recogniser's place.
    """
    from rapidocr import EngineType, RapidOCR

    recogniser = _of_folder(weights / "rec") if (weights / "rec").is_dir() else {}

    def engine(side: str) -> Any:  # noqa: ANN401
        parameters: dict[str, Any] = {
            "Global.use_cls": False,
            "Global.log_level": "error",
            "Det.engine_type": EngineType.OPENVINO,
            "Cls.engine_type": EngineType.OPENVINO,
            "Rec.engine_type": EngineType.OPENVINO,
            "EngineConfig.openvino.inference_num_threads": threads,
            **recogniser,
        }
        if side == str(SIDE):
            parameters |= {"Det.limit_side_len": SIDE, "Det.limit_type": "max"}
        return RapidOCR(params=parameters)

    engines: dict[str, Any] = {}

    def read(pixels: Any, side: str) -> tuple[Line, ...]:  # noqa: ANN401
        if side not in engines:
            engines.clear()  # one at a time in memory
            engines[side] = engine(side)
        found = engines[side](pixels)
        if found.boxes is None:
            return ()
        return tuple(
            _line(text, score, polygon)
            for text, score, polygon in zip(found.txts, found.scores, found.boxes, strict=True)
        )

    return read


def _of_folder(folder: Path) -> dict[str, Any]:
    """RapidOCR's settings for a recogniser in PaddleOCR's format, whose characters it wants in a
    file of lines.
    """
    import yaml

    described = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    characters = described["PostProcess"]["character_dict"]
    # It is read once, at the start.
    with NamedTemporaryFile("w", encoding="utf-8", suffix=".txt", delete=False) as file:
        file.write("\n".join(characters))
    return {
        "Rec.model_path": str(folder / "inference.onnx"),
        "Rec.rec_keys_path": file.name,
    }


ENGINES: dict[str, Callable[[Path, int], Read]] = {"paddle": paddle, "rapidocr": rapidocr}


def _line(text: str, score: float, polygon: Any) -> Line:  # noqa: ANN401
    (a, b), (c, d), (e, f), (g, h) = ((float(x), float(y)) for x, y in polygon)
    quad: Quad = ((a, b), (c, d), (e, f), (g, h))
    return Line(text=text, confidence=float(score), quad=quad)
