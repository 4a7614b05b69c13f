"""Starts bare_worker.py: one unpacked archive in a process that has nothing else of ours."""

import base64
import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.archive.archives import own_environment

PACKAGES = ("cli", "db", "front", "handlers", "ocr", "pipeline", "postprocess", "evals", "serving")
SITE_PACKAGES = sysconfig.get_paths()["purelib"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One request of a batch."""

    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def bare_worker(
    folder: Path, home: Path | None, batch: Sequence[Item] = (), *, before: Sequence[Path] = ()
) -> subprocess.CompletedProcess[str]:
    """Load the archive unpacked in `folder` and let it answer a batch.

    home: FUNDOCR_HOME; None: it is not set. before: folders that Python searches first, as a worker
    does those of $PYTHONPATH.
    """
    handler = next(folder.glob("*_handler.py")).name
    task = {
        "first": [*map(str, before), str(folder)],
        "last": [SITE_PACKAGES],
        "folder": str(folder),
        "model": "model",
        "handler": handler,
        "packages": PACKAGES,
        "batch": [
            {
                "headers": dict(item.headers),
                "fields": {}
                if item.body is None
                else {"body": base64.b64encode(item.body).decode()},
            }
            for item in batch
        ],
    }
    return subprocess.run(
        [sys.executable, "-S", "-I", "-B", str(Path(__file__).with_name("bare_worker.py"))],
        cwd=folder,
        env=own_environment(**({"FUNDOCR_HOME": str(home)} if home else {})),
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a worker that served has told."""
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def refusals(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The log records in which a worker says that it cannot serve."""
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [one for one in records if one.get("message", "").startswith("cannot serve: ")]
