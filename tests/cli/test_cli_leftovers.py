"""A command that has ended leaves nothing in its process, where tests run the next one."""

import gc
import importlib
import json
import logging
import os
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import psutil
import pytest

from evals.testbed.mariadb import MariaDB
from tests.cli.replay_rows import ANSWERED, read
from tests.cli.tables_of import database_of, store_of
from tests.fundocr_command import ROOT, fundocr
from tests.opened_once import opened_anew
from tests.serve.waiting import wait_until
from tests.trial import share_compiled

SAMPLE = ROOT / "samples" / "licaitong_light_inline.png"
CASE = {"lines": ["基金代码 011608"], "fund_code": "", "hold_share": ""}
SERVER = "FUNDOCR_DATABASE_URL"


def state(home: Path) -> dict[str, Any]:
    """All of a process that the next command could stumble over."""
    files = (Path(one.path) for one in psutil.Process().open_files())
    os.umask(umask := os.umask(0o077))
    return {
        "umask": umask,
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "path": list(sys.path),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "signals": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)],
        "warnings": list(warnings.filters),
        "log": (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
        "threads": {one for one in threading.enumerate() if not one.daemon},
        "open": [file for file in files if home in file.parents],
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a row and a file of cases."""
    share_compiled(tmp_path)
    with store_of(database_of(tmp_path)) as store:
        store.save([read(1, ANSWERED, "layout")])
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("db upgrade", 0),
        ("db forget https://h/x", 1),
        ("evaluate --cases {home}/cases.jsonl", 0),
        ("export --out {home}/rows.xlsx", 0),
        ("key add boss --role admin", 0),
        ("recognize {sample}", 0),
        ("replay --rules seed", 0),
        ("export --state odd", 2),
        ("versions", 1),
    ],
)
def test_a_command_leaves_its_process_as_it_was(words: str, code: int, home: Path) -> None:
    importlib.import_module("ocr.openvino.reader")  # OpenCV sets variables where it is loaded
    before = state(home)
    arguments = words.format(home=home, sample=SAMPLE).split()
    with opened_anew():
        done = fundocr(*arguments, home=home, settings={"FUNDOCR_THREADS": "1"})
    assert done.returncode == code, done.stderr
    gc.collect()  # the threads of a reader end with it
    now = state(home)
    # Those of an earlier test's reader may end meanwhile.
    assert now.pop("threads") <= before.pop("threads")
    assert now == before


def test_no_connection_to_a_server_stays_open(home: Path, mariadb: MariaDB) -> None:
    url = mariadb.new_database(upgraded=True)
    name = url.rpartition("/")[2]
    connections = f"SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{name}'"
    for words in ("db upgrade", "key add boss --role admin", "export", "replay", "drift"):
        assert fundocr(*words.split(), home=home, settings={SERVER: url}).returncode == 0
        # The server needs a moment to see that a client has gone.
        wait_until(lambda: mariadb.execute(connections) == [(0,)])


def test_what_one_command_is_told_the_next_does_not_know(home: Path) -> None:
    page = b'{"lines": []}\n'
    settings = {"FUNDOCR_RULES": "seed"}
    told = fundocr("extract", home=home, stdin=page, settings=settings).stdout
    untold = fundocr("extract", home=home, stdin=page).stdout
    assert json.loads(told)["detail"]["rules"] == "seed@1"
    assert json.loads(untold)["detail"]["rules"].startswith("layout@")
