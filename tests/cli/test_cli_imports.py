"""Light commands start without the heavy parts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fundocr_command import ROOT

HEAVY = ("torch", "paddle", "paddleocr", "paddlex", "openvino", "onnxruntime", "cv2", "numpy")
HEAVY += ("sqlalchemy", "alembic", "httpx2", "sanic", "openpyxl", "xlsxwriter", "PIL")

PROGRAM = """
import json, sys
from cli.main import main
sys.argv = ["fundocr", *json.loads(sys.argv[1])]
try:
    main()
finally:
    json.dump(sorted(sys.modules), sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["recognize", "--help"], ["db", "--help"], ["token", "inference"], ["extract"]],
    ids=" ".join,
)
def test_the_command_loads_no_engine_and_no_database(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        cwd=ROOT,
        env={"FUNDOCR_HOME": str(tmp_path), "PATH": ""},
        input=b'{"lines": ["011608"]}\n',
        capture_output=True,
        check=False,
    )
    modules = json.loads(done.stderr.decode().splitlines()[-1])
    assert "cli.main" in modules
    assert [name for name in HEAVY if name in modules] == []


@pytest.mark.parametrize("module", ["cli", "cli.main"])
def test_the_command_line_runs_as_a_module(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, check=True
    )
    for command in ("serve", "doctor", "recognize", "extract", "token", "db"):
        assert f"\n  {command}".encode() in done.stdout
