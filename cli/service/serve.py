"""`fundocr serve` and `stop`: TorchServe and the front door as one service."""

import os
import signal
import threading
from contextlib import suppress
from secrets import token_urlsafe
from shlex import quote

from cli.failure import USAGE, Failure, rules_or_failure, settings_or_failure
from cli.process import raise_file_handles
from cli.say import say
from cli.service.front import Front, Secrets, authorization_file
from cli.service.keeper import Keeper
from cli.service.key import first_key
from cli.service.run_file import RunFile
from cli.service.sample import known_sample
from cli.service.torchserve import TorchServe
from cli.service.unheeded import unheeded
from pipeline.settings import Settings


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
        torchserve.require_free_addresses()
        for line in unheeded(torchserve):
            _say(f"warning: {line}")
        first_key = _prepare_database(settings)
        run_file.note(torchserve.start())
        torchserve.wait_ready(stopping)
        # A link of its own: a key in an address would stay in the browser's history.
        entry = Secrets(local_key=token_urlsafe(32), link=first_key and token_urlsafe(32))
        _write_authorization(settings, entry)
        run_file.note(front.start(torchserve.address, entry))
        front.wait_ready(stopping)
        if not stopping.is_set():
            print(_welcome(settings, torchserve, front, entry, first_key), flush=True)
        keepers = _keepers(run_file, torchserve, front, entry)
        while not stopping.wait(0.5):
            for keeper in keepers:
                keeper.look()
            torchserve.management.renew_tokens()
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


def _keepers(
    run_file: RunFile, torchserve: TorchServe, front: Front, entry: Secrets
) -> tuple[Keeper, Keeper]:
    """Of both parts, which are READY by now."""
    # A log-in link works once: the front door that knew whether it was used is gone.
    again = Secrets(local_key=entry.local_key, link=None)
    return (
        Keeper(
            "TorchServe",
            ended=torchserve.ended,
            start_again=lambda: run_file.note(torchserve.start_again()),
            say=_say,
        ),
        Keeper(
            "The front door",
            ended=front.ended,
            start_again=lambda: run_file.note(front.start(torchserve.address, again)),
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


def _prepare_database(settings: Settings) -> str | None:
    """The first key, which is made where there is none yet."""
    from cli.prepared import prepare
    from db.engine import open_engine
    from db.errors import BadDatabaseUrl, StoreError

    url = settings.resolved_database_url
    try:
        engine = open_engine(url)
        try:
            prepare(engine, url)
        finally:
            engine.dispose()
        return first_key(url)
    except BadDatabaseUrl as error:
        raise Failure(f"FUNDOCR_DATABASE_URL is of no use. {error}", USAGE) from None
    except StoreError as error:
        raise Failure(
            f"{error} See that the database runs and that FUNDOCR_DATABASE_URL names it."
        ) from None


def _write_authorization(settings: Settings, entry: Secrets) -> None:
    file = authorization_file(settings.home)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(f"Authorization: Bearer {entry.local_key}\n")


def _welcome(
    settings: Settings,
    torchserve: TorchServe,
    front: Front,
    entry: Secrets,
    first_key: str | None,
) -> str:
    sample = known_sample()
    header = quote(f"@{authorization_file(settings.home)}")
    picture = f"-H 'Content-Type: {sample.content_type}' --data-binary {quote(f'@{sample.path}')}"
    first = (
        ""
        if first_key is None
        else f"""
The first key was made; it is shown this once:
  admin        {first_key}
  log in       {front.url}/login?token={entry.link}  (works once)"""
    )
    told = first + _legacy(settings)
    return f"""READY
  front door   {front.url}
  TorchServe   {torchserve.address.inference}  (token: .venv/bin/fundocr token inference){told}
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
