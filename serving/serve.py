"""`fundocr serve` and `stop`: TorchServe and the front door as one service."""

import os
import signal
import threading
from contextlib import suppress
from secrets import token_urlsafe
from shlex import quote

from pipeline.settings import Settings
from serving.failure import (
    Failure,
    require_engine,
    rules_or_failure,
    settings_or_failure,
)
from serving.first_key import FirstKey, first_key
from serving.front_process import Front, authorization_file
from serving.process import raise_file_handles
from serving.run_file import RunFile
from serving.say import say
from serving.self_check import known_sample
from serving.torchserve_process import TorchServe
from serving.unheeded import unheeded
from serving.watch import Restarter


def serve() -> int:
    """Run until SIGTERM or Ctrl-C, then answer what is in flight and stop."""
    settings = settings_or_failure()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())

    raise_file_handles()
    run_file = RunFile(settings.home)
    torchserve = TorchServe(settings.home)
    front = Front(settings)
    run_file.claim()
    try:
        front.require_address()
        rules_or_failure(settings)
        require_engine(settings)
        torchserve.require_free_addresses()
        for line in unheeded(torchserve):
            _say(f"warning: {line}")
        is_first = _prepare_database(settings)
        local_key = token_urlsafe(32)
        _write_authorization(settings, local_key)
        _bring_up(run_file, torchserve, front, local_key, stopping)
        if not stopping.is_set():
            # Made when it can be shown: a start that is broken off loses no key.
            first = _first_key(settings) if is_first else None
            print(_welcome(settings, torchserve, front, first), flush=True)
        keepers = _keepers(run_file, torchserve, front, local_key)
        while not stopping.wait(0.5):
            for keeper in keepers:
                keeper.look()
            torchserve.client.renew_tokens()
            for log in (torchserve.console, front.log):
                log.keep()
        _say("stopping: answering the requests in flight")
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise Failure(f"The service cannot run: {place}{error.strerror}.") from None
    finally:
        front.stop()
        torchserve.stop()
        authorization_file(settings.home).unlink(missing_ok=True)
        run_file.release()


def _bring_up(
    run_file: RunFile,
    torchserve: TorchServe,
    front: Front,
    local_key: str,
    stopping: threading.Event,
) -> None:
    """Start both, and return when both serve or the service is to stop.

    The front door comes up beside TorchServe, whose workers take longest. Until TorchServe listens
    it answers 503, as while that is started again; then requests wait for a worker.
    """
    run_file.note(torchserve.start(), torchserve.scratch)
    run_file.note(front.start(torchserve.address, local_key))
    torchserve.wait_ready(stopping)
    front.wait_ready(stopping)


def _keepers(
    run_file: RunFile, torchserve: TorchServe, front: Front, local_key: str
) -> tuple[Restarter, Restarter]:
    """Of both parts, which are READY by now."""
    return (
        Restarter(
            "TorchServe",
            ended=torchserve.ended,
            start_again=lambda: run_file.note(torchserve.start_again(), torchserve.scratch),
            say=_say,
        ),
        Restarter(
            "The front door",
            ended=front.ended,
            start_again=lambda: run_file.note(front.start(torchserve.address, local_key)),
            say=_say,
        ),
    )


def _say(line: str) -> None:
    """Tell an operator. That nobody reads it, or the disk is full, ends no service."""
    with suppress(OSError):
        say(line)


def stop() -> int:
    """End the service of FUNDOCR_HOME after its requests in flight are answered."""
    home = settings_or_failure().home
    if not RunFile(home).stop():
        raise Failure(f"No service runs in {home}, so there is none to stop; see `make serve`.")
    print("The service has stopped.")
    return 0


def _prepare_database(settings: Settings) -> bool:
    """Bring the tables up to date where that is ours to do; whether no key was ever made."""
    from db.access import Keys
    from db.engine import open_engine
    from serving.database import database_faults, prepare

    url = settings.resolved_database_url
    with database_faults():
        engine = open_engine(url)
        try:
            prepare(engine, url)
            return Keys(engine).is_empty()
        finally:
            engine.dispose()


def _first_key(settings: Settings) -> FirstKey | None:
    from serving.database import database_faults

    with database_faults():
        return first_key(settings.resolved_database_url)


def _write_authorization(settings: Settings, local_key: str) -> None:
    file = authorization_file(settings.home)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(f"Authorization: Bearer {local_key}\n")


def _welcome(
    settings: Settings,
    torchserve: TorchServe,
    front: Front,
    first_key: FirstKey | None,
) -> str:
    from db.engine import shown

    sample = known_sample()
    header = quote(f"@{authorization_file(settings.home)}")
    picture = f"-H 'Content-Type: {sample.content_type}' --data-binary {quote(f'@{sample.path}')}"
    first = (
        ""
        if first_key is None
        else f"""
The first key was made; it is shown no more:
  admin        {first_key.key}
  log in       {front.url}/login?token={first_key.link}  (works once)
  again        .venv/bin/fundocr key login-link"""
    )
    told = first + _legacy(settings)
    return f"""READY
  front door   {front.url}
  TorchServe   {torchserve.address.inference}  (token: .venv/bin/fundocr token inference)
  database     {shown(settings.resolved_database_url)}{told}
Try it:
  curl -s -H {header} {picture} {front.url}/ocr_handler"""


def _legacy(settings: Settings) -> str:
    """What an operator should know of FUNDOCR_LEGACY, which keeps less shut than all else."""
    if not settings.legacy:
        return ""
    names = ", ".join(settings.hosts) or "none; FUNDOCR_HOSTS names them"
    networks = ", ".join(map(str, settings.anonymous_cidrs)) or "nowhere"
    return f"""
Warning: FUNDOCR_LEGACY listens on {settings.front_address}, without TLS. Without a key recognises
and corrects who comes from {networks}
and asks by an address, or by a name of ours ({names}). See docs/callers.md."""
