"""Finds what a request passes: the functions that a real service calls for it, in its front door
and in its workers.

A service of the checkout is started (SQLite, free ports, a private folder) with an interpreter that
writes down what is called (evals/house/recorder.py). It is warm: a new link, a known link and a
correction of another picture were answered before. Then each way is gone once, from the request
until half a second after its answer, when its last line is logged. Calls that an idle service makes
are taken off: of the same function by the same one. What looks after the processes is held still
meanwhile.
"""

import json
import mmap
import os
import shutil
import signal
import subprocess
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from evals.house import recorder
from evals.house.calls import NotCounted, Way, placed, way
from evals.testbed.picture_host import allowed_from, picture_host
from pipeline.settings import PROJECT

TAIL_S = 0.5
# Longer than the pauses (s) after which a front door looks for work of its own.
IDLE_S = 15.0
_SECONDS = 300
_SAMPLE, _WARM_UP = "alipay_light_rows.png", "tiantian_light_redeem_form.png"
_IDLE = "idle"

# Run by the checkout's own interpreter, in its folder: its service, until standard input ends.
_SERVICE = """
import json, os, signal, sys
from pathlib import Path
sys.path.insert(0, "")
try:
    from serving.temporary import Trial
except ImportError:
    from cli.service.trial import Trial
given = json.loads(sys.argv[1])
with Trial(Path(given["home"]), given["settings"], python=given["python"]) as trial:
    keeper = trial._process.pid
    told = {"front": trial.front, "headers": trial.front_authorization(), "keeper": keeper}
    print(json.dumps(told), flush=True)
    try:
        sys.stdin.read()
    finally:  # while it is held still it cannot stop the others
        os.kill(keeper, signal.SIGCONT)
"""


def walked(repo: Path, files: Sequence[str]) -> list[Way]:
    """A new link, the same link again, a correction. files: the checkout's modules.

    NotCounted when the service does not come up, answers otherwise than it should, or runs other
    code than the checkout's.
    """
    with tempfile.TemporaryDirectory(prefix="fundocr-house-") as folder:
        names = _asked(repo, Path(folder))
        calls = placed((Path(folder) / "calls").read_text(encoding="utf-8"), files)
    ways = {name: calls.get(k, set()) for k, name in enumerate(names) if name}
    idle = ways.pop(_IDLE)
    if nothing := [name for name, called in ways.items() if not called - idle]:
        raise NotCounted(f"no call was written down of {', '.join(nothing)}")
    return [way(name, called, idle, repo, files) for name, called in ways.items()]


def _asked(repo: Path, folder: Path) -> list[str]:
    """Go all ways; the name of each period, the first of which is not watched. What was called
    then stands in the file `calls`."""
    (folder / "calls").touch()
    (folder / "period").write_bytes(b"\0")
    samples = {name: (PROJECT / "samples" / name).read_bytes() for name in (_SAMPLE, _WARM_UP)}
    with (
        picture_host({f"/{name}": content for name, content in samples.items()}) as host,
        _service(repo, folder, {**allowed_from(host), "FUNDOCR_ANONYMOUS_CIDRS": ""}) as service,
        (folder / "period").open("r+b") as file,
        mmap.mmap(file.fileno(), 1) as period,
    ):
        names = [""]

        def watch(name: str, wait: Callable[[], object]) -> None:
            names.append(name)
            period[0] = len(names) - 1
            wait()
            time.sleep(TAIL_S)
            period[0] = 0

        def post(path: str, sample: str, **more: str) -> dict[str, Any]:
            body = {"image_url": host.url(f"/{sample}"), "url_type": "7min_local", **more}
            reply = requests.post(
                service["front"] + path, json=body, headers=service["headers"], timeout=_SECONDS
            )
            if not reply.ok:
                raise NotCounted(f"{path} answered {reply.text}")
            answer: dict[str, Any] = reply.json()
            return answer

        def recognise(sample: str, source: str) -> None:
            answer = post("/ocr_handler", sample)
            if answer["detail"]["source"] != source:
                raise NotCounted(f"{sample} should be answered from {source}: {answer}")

        def correct(sample: str) -> None:
            post("/ocr_info_update", sample, update_fund_code="000001", update_hold_share="1.00")

        recognise(_WARM_UP, "ocr")
        recognise(_WARM_UP, "stored")
        correct(_WARM_UP)
        # Its questions, every few seconds, are no part of a way.
        os.kill(service["keeper"], signal.SIGSTOP)
        try:
            time.sleep(TAIL_S)
            watch(_IDLE, lambda: time.sleep(IDLE_S))
            watch("a new link", lambda: recognise(_SAMPLE, "ocr"))
            watch("a known link", lambda: recognise(_SAMPLE, "stored"))
            watch("a correction", lambda: correct(_SAMPLE))
        finally:
            os.kill(service["keeper"], signal.SIGCONT)
    return names


@contextmanager
def _service(repo: Path, folder: Path, settings: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """READY inside, with the recorder in its processes: its address, the headers that open it, the
    process that looks after the others."""
    python = repo / ".venv" / "bin" / "python"
    if not python.exists():
        raise NotCounted(f"{repo} has no .venv; run make setup there")
    given = {"home": str(folder / "home"), "settings": settings}
    given["python"] = _recording(python, folder)
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            [python, "-c", _SERVICE, json.dumps(given)],
            cwd=repo,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            if not (line := process.stdout.readline()):
                said.seek(0)
                raise NotCounted(f"{repo} does not serve: {said.read().strip()[-2000:]}")
            yield json.loads(line)
        finally:
            process.communicate()


def _recording(python: Path, folder: Path) -> str:
    """An interpreter with the packages of that one and the recorder; its path."""
    home = folder / "python"
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    shutil.copy(recorder.__file__, packages / "fundocr_house_recorder.py")
    (theirs,) = (python.parent.parent / "lib").glob("python*/site-packages")
    # Lines of a .pth that begin with `import` are run at every start.
    start = f"import fundocr_house_recorder; fundocr_house_recorder.start({str(folder)!r})"
    lines = f"{start}\nimport site; site.addsitedir({str(theirs)!r})\n"
    (packages / "recorder.pth").write_text(lines, encoding="utf-8")
    return str(home / "bin" / "python")
