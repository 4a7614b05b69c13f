"""Sets up a TorchServe worker process once, whichever model it serves."""

import fcntl
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handlers import manifest, restart
from pipeline.logs import JsonLine
from pipeline.settings import Settings, SettingsError, load_settings, unknown_names

if TYPE_CHECKING:
    from handlers.metrics import Metrics

PACKAGES = ("db", "handlers", "ocr", "pipeline", "postprocess")


class CannotServe(Exception):
    """This version cannot serve here; one sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker's settings and the folder of its unpacked archive."""

    settings: Settings
    folder: Path
    facts: dict[str, Any]
    metrics: "Metrics"

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Hold a lock while requests are in work, so that a stop can wait for their answers."""
        with self.busy_file().open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def busy_file(self) -> Path:
        """What `busy` locks."""
        return busy_folder(self.settings.home) / str(os.getpid())

    def description(self) -> dict[str, Any]:
        """What this version is and where it works, for the operator who asks; no secret in it."""
        settings = self.settings
        return {
            "model_version": self.facts["model_version"],
            "rules": settings.rules,
            "engine": settings.engine,
            "device": settings.device,
            "box_threshold": settings.box_threshold,
            "text_threshold": settings.text_threshold,
            "detector_side": settings.detector_side,
            "database": settings.resolved_database_url.partition(":")[0],
            "home": str(settings.home),
        }


def busy_folder(home: Path) -> Path:
    """Where workers say that they are at work: one locked file for each process id."""
    folder = home / "var" / "run" / "busy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep_out_of_garbage_collection() -> None:
    """What is loaded by now stays: looking through all of it again and again stops every thread
    for a tenth of a second."""
    gc.collect()
    gc.freeze()


@contextmanager
def starting(context: Any) -> Iterator[Worker]:
    """Check archive and settings, and let the model load inside; whatever keeps it from serving is
    written as one line, `cannot serve: …`, before TorchServe sees it. From then on the worker's
    memory is watched."""
    _log_as_json()
    folder = Path(context.system_properties["model_dir"]).resolve()
    try:
        facts = manifest.check(folder)
        _require_archive_packages(folder)
        settings = load_settings(_recorded_home(facts))
        for line in unknown_names(settings.home):
            logging.getLogger(__name__).warning("%s", line)
        from handlers.metrics import Metrics  # which brings db: only now it is known whose

        metrics = Metrics(context, settings, facts)
        worker = Worker(settings=settings, folder=folder, facts=facts, metrics=metrics)
        yield worker
        _require_archive_packages(folder)
        restart.watch(context, settings.worker_memory, worker.busy_file())
        metrics.started(afresh=restart.is_second_life())
    except Exception as error:
        why = str(error) or type(error).__name__
        logging.getLogger(__name__).error("cannot serve: %s", why, exc_info=_is_unexpected(error))
        raise


def _is_unexpected(error: Exception) -> bool:
    """Whether the sentence alone does not tell an operator what to mend."""
    return not isinstance(error, CannotServe | manifest.ManifestError | SettingsError)


def _recorded_home(facts: dict[str, Any]) -> Path | None:
    """The project's folder, which the archive was built in: a worker runs in a temporary one."""
    home = Path(facts["home"])
    if "FUNDOCR_HOME" not in os.environ and not home.is_dir():
        raise SettingsError(
            f"FUNDOCR_HOME is not set and {home}, where this archive was built, is not here; "
            "set FUNDOCR_HOME"
        )
    return home


def _require_archive_packages(folder: Path) -> None:
    """A version must run its own code: PYTHONPATH or an installed copy could stand before it."""
    for name in PACKAGES:
        package = sys.modules.get(name)
        if package is None:
            continue
        place = Path(package.__file__ or "").resolve()
        if folder not in place.parents:
            raise CannotServe(
                f"package {name} was loaded from {place.parent}, not from the archive; "
                "unset PYTHONPATH"
            )


def _log_as_json() -> None:
    """Our own records as JSON lines; the workers' own lines ([METRICS], [PID]) stay as they are."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLine())
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
