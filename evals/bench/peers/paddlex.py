"""PaddleX's own basic serving over the model that we serve, by ONNX Runtime."""

import json
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import requests
import yaml

from evals.bench.child import Child
from evals.bench.http import Response, post
from evals.bench.pictures import BenchPicture
from evals.bench.system import log_of
from pipeline.response import Body
from pipeline.settings import PROJECT
from postprocess.layout import extract
from postprocess.types import Line, Page, Quad
from serving.ports import free_ports

_WEIGHTS = PROJECT / "weights" / "PP-OCRv6_small"
_START_SECONDS = 120


class PaddleX:
    """A context manager: answering inside. It stores nothing: what counts is that it has read.

    folder: where its pipeline is written. side: see evals.bench.peers.plain.Plain.
    """

    name = "PaddleX serving"

    def __init__(self, python: str, folder: Path) -> None:
        self.side = "960"
        (port,) = free_ports(1)
        self.place = ("127.0.0.1", port)
        program = str(Path(python).parent / "paddlex")
        environment = {
            "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
            "PADDLE_PDX_CACHE_HOME": str(folder / "cache"),
        }
        file = _pipeline(program, folder, environment)
        self._child = Child(
            [
                program, "--serve", "--pipeline", str(file), "--engine", "onnxruntime",
                "--device", "cpu", "--host", "127.0.0.1", "--port", str(port),
            ],
            log=log_of("paddlex"),
            environment=environment,
        )  # fmt: skip
        self._child.drain()

    def __enter__(self) -> "PaddleX":
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with suppress(requests.ConnectionError):
                health = f"http://{self.place[0]}:{self.place[1]}/health"
                if requests.get(health, timeout=5).ok:
                    return self
            if self._child.process.poll() is not None or time.monotonic() > deadline:
                raise self._child.failure()
            time.sleep(0.2)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    @property
    def settings(self) -> str:
        """See evals.bench.system.System."""
        side = "longest side 960" if self.side == "960" else "its own default side limit"
        return (
            "paddlex --serve, OCR pipeline, onnxruntime, PP-OCRv6 small; "
            f"ONNX Runtime's own threads (all cores), {side}; it stores no row, "
            "our layout rules judge its lines"
        )

    def ask(self, url: str) -> bytes:
        """See evals.bench.system.System."""
        body = {"file": url, "fileType": 1, "visualize": False}
        if self.side == "960":
            body |= {"textDetLimitSideLen": 960, "textDetLimitType": "max"}
        return post("/ocr", body)

    def answer(self, picture: BenchPicture, response: Response) -> Body:
        """See evals.bench.system.System."""
        (result,) = json.loads(response.body)["result"]["ocrResults"]
        found = result["prunedResult"]
        lines = tuple(
            Line(text=text, confidence=score, quad=_quad(polygon))
            for text, score, polygon in zip(
                found["rec_texts"], found["rec_scores"], found["rec_polys"], strict=True
            )
        )
        decided = extract(Page(lines=lines, width=picture.width, height=picture.height))
        code, share = decided.fund_code, decided.hold_share
        data = {"fund_code": code.value if code else "", "hold_share": share.value if share else ""}
        return {"flag": decided.reason is None, "data": data}

    def processes(self) -> dict[str, int]:
        """See evals.bench.system.System."""
        return {"server": self._child.pid}


def _pipeline(program: str, folder: Path, environment: dict[str, str]) -> Path:
    """PaddleX's own OCR pipeline with our model folders, and nothing that it would download."""
    shutil.rmtree(folder, ignore_errors=True)  # it asks before it overwrites
    folder.mkdir(parents=True)
    done = subprocess.run(
        [program, "--get_pipeline_config", "OCR", "--save_path", str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_START_SECONDS,
    )
    file = folder / "OCR.yaml"
    if done.returncode or not file.is_file():
        raise RuntimeError(f"paddlex --get_pipeline_config: {done.stderr[-2000:]}")
    pipeline = yaml.safe_load(file.read_text(encoding="utf-8"))
    pipeline["use_doc_preprocessor"] = False
    pipeline["use_textline_orientation"] = False
    pipeline.get("SubPipelines", {}).pop("DocPreprocessor", None)
    modules = pipeline["SubModules"]
    modules.pop("TextLineOrientation", None)
    for module, part in (("TextDetection", "det"), ("TextRecognition", "rec")):
        modules[module]["model_name"] = f"PP-OCRv6_small_{part}"
        modules[module]["model_dir"] = str(_WEIGHTS / part)
    file.write_text(yaml.safe_dump(pipeline, allow_unicode=True), encoding="utf-8")
    return file


def _quad(polygon: list[list[float]]) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = polygon
    return (a, b), (c, d), (e, f), (g, h)
