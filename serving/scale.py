"""`fundocr versions` and `scale`: what serves, and with how many workers."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.plain import escaped
from serving.choice import Version, choice_written, read_choice
from serving.failure import USAGE, Failure, settings_or_failure
from serving.model_api import ModelApi
from serving.pause import Pause
from serving.recovery import recover
from serving.say import counted, say
from serving.torchserve import ready_workers
from serving.torchserve_process import TorchServe
from serving.versions_log import VersionsLog

_WIDE = 240
# Within the time for which the front door lets callers wait (s).
_DRAIN_SECONDS = Pause.MOST_SECONDS - 10


def versions() -> int:
    """One line for each version that is registered or chosen, and what served before."""
    settings = settings_or_failure()
    server = TorchServe(settings.home)
    api = ModelApi(server)
    log = VersionsLog(settings.home)
    table = Table(box=None, pad_edge=False)
    for column in ("model", "version", "answers", "workers", "weights", "archive", "since"):
        table.add_column(column)
    chosen = {(v.model, v.version): v for v in server.chosen}
    for model in sorted({version.model for version in server.chosen}):
        default = api.default(model)
        running = api.versions(model)
        since = {change.version: change.time for change in log.lines(model)}
        for version in sorted({*running, *(v for m, v in chosen if m == model)}):
            found, own = running.get(version), chosen.get((model, version))
            ready = 0 if found is None else ready_workers(found)
            cells = (
                model,
                version,
                "yes" if version == default else "",
                f"{ready}/{found['minWorkers']}" if found else "not registered",
                own.archive.weights if own else "",
                own.archive.path.name if own else "not in config.properties",
                since.get(version, ""),
            )
            table.add_row(*map(escaped, cells))
    console = Console(markup=False)
    if not console.is_terminal:
        console.width = _WIDE  # for a file or a program: nothing is cut off
    console.print(table)
    return 0


def scale(model: str | None, workers: int | None) -> int:
    """So many workers for a model; without either, as config.properties says for all of them.

    Callers of the front door are let wait while a worker goes, so that none loses its answer;
    callers of TorchServe itself may lose theirs, as TorchServe does it. What was scaled is written
    into config.properties.
    """
    settings = settings_or_failure()
    server, log = TorchServe(settings.home), VersionsLog(settings.home)
    api = ModelApi(server)
    if (model is None) != (workers is None):
        raise Failure("Name a model and a number of workers, or neither.", USAGE)
    with log.changing():
        recover(server, api, log)
        choice = read_choice(server.config)
        if model is not None and model not in {version.model for version in choice}:
            raise Failure(f"There is no model {model}.", USAGE)
        wanted = [
            replace(v, workers=workers) if v.model == model and v.is_default and workers else v
            for v in choice
        ]
        if wanted == choice:
            _make_so(settings.home, api, wanted)
        else:
            # Written first: a command that is killed in between is finished by `fundocr scale`.
            with choice_written(server.config, settings.home, wanted) as config:
                _make_so(settings.home, api, wanted)
            say(f"written down in {config}.")
    return 0


def _make_so(home: Path, api: ModelApi, wanted: list[Version]) -> None:
    """Let every version have the workers that it should."""
    for version in wanted:
        found = api.versions(version.model).get(version.version)
        if found is None:
            raise Failure(
                f"{version.model} {version.version} is not registered; restart the service."
            )
        if int(found["minWorkers"]) == version.workers:
            continue
        if int(found["minWorkers"]) < version.workers:
            api.scale(version.model, version.version, version.workers)
        else:
            _scale_down(home, api, version)
        api.wait_ready(version.model, version.version, version.workers)
        say(f"{version.model} {version.version} has {counted(version.workers, 'worker')}.")


def _scale_down(home: Path, api: ModelApi, version: Version) -> None:
    try:
        with Pause(home).held():
            if not api.drain(version.model, version.version, _DRAIN_SECONDS):
                raise Failure(
                    f"{version.model} {version.version} did not come to rest in "
                    f"{_DRAIN_SECONDS:g} s: somebody calls TorchServe itself. Nothing was changed."
                )
            api.scale(version.model, version.version, version.workers)
    except OSError as error:
        raise Failure(
            f"{error.filename} cannot be written: {error.strerror}. Callers cannot be let wait, "
            "so nothing was changed."
        ) from None
