"""`fundocr serve` and `stop`: TorchServe and the front door as one service."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from cli.failure import Failure, settings_or_failure
from cli.front import Front
from cli.torchserve import TorchServe
from pipeline.settings import PROJECT, Settings

SAMPLE = PROJECT / "samples" / "alipay_light_label_above.png"


def serve() -> int:
    """Run until SIGTERM or Ctrl-C, then answer what is in flight and stop."""
    settings = settings_or_failure()
    pid_file = _pid_file(settings)
    if (running := _running(pid_file)) is not None:
        raise Failure(f"The service is running already (process {running.pid}); see `make stop`.")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())

    torchserve = TorchServe(settings.home)
    front = Front(settings, torchserve.address.inference)
    front.require_free_address()
    _prepare_database(settings)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(str(os.getpid()))
    try:
        torchserve.start()
        torchserve.wait_ready(stopping)
        front.start()
        front.wait_ready(stopping)
        if not stopping.is_set():
            print(_welcome(settings, torchserve), flush=True)
        while not stopping.wait(0.5):
            torchserve.require_running()
            front.require_running()
            torchserve.renew_tokens()
        print("stopping: answering the requests in flight", flush=True)
        return 0
    finally:
        front.stop()
        torchserve.stop()
        pid_file.unlink(missing_ok=True)


def stop() -> int:
    """End the service of FUNDOCR_HOME after its requests in flight are answered."""
    running = _running(_pid_file(settings_or_failure()))
    if running is None:
        print("The service is not running.")
        return 0
    running.terminate()
    running.wait()
    print("The service has stopped.")
    return 0


def _pid_file(settings: Settings) -> Path:
    return settings.home / "var" / "run" / "serve.pid"


def _running(pid_file: Path) -> psutil.Process | None:
    """The service's process; None when it is not there (a pid may have gone to somebody else)."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        return process if "serve" in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _prepare_database(settings: Settings) -> None:
    """The embedded SQLite is brought up to date; a server's tables are the operator's to change."""
    from db.engine import open_engine
    from db.errors import StoreError
    from db.upgrade import schema_state, upgrade

    url = settings.resolved_database_url
    try:
        if url.startswith("sqlite"):
            upgrade(url)
        elif (state := schema_state(open_engine(url))) != "current":
            raise Failure(f"The database's tables are {state}; run `fundocr db upgrade` first.")
    except StoreError as error:
        raise Failure(str(error)) from None


def _welcome(settings: Settings, torchserve: TorchServe) -> str:
    front = f"http://{settings.front_address}"
    return f"""READY
  front door   {front}
  TorchServe   {torchserve.address.inference}  (token: .venv/bin/fundocr token inference)
Try it:
  curl -s -H 'Content-Type: image/png' --data-binary @{SAMPLE} {front}/ocr_handler"""
