"""What `fundocr doctor` looks at in the service of a FUNDOCR_HOME.

A check returns what it found, in one line, or raises Failure with a line for each thing that is
wrong. What is heavy is imported by the check that needs it.
"""

import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import yaml

from serving.failure import Failure
from serving.installation import some

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from serving.config import Chosen
    from serving.torchserve_process import TorchServe


def database(settings: "Settings") -> str:
    """The database answers and its tables have this version's form."""
    from sqlalchemy.engine import make_url

    from db.engine import open_engine, shown
    from db.errors import BadDatabaseUrl, StoreError
    from db.upgrade import schema_state
    from serving.database import unusable, wrong_tables

    url = settings.resolved_database_url
    try:
        name = shown(url)
    except BadDatabaseUrl as error:
        raise Failure(unusable(error)) from None
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        file = Path(parsed.database)
        place = next(path for path in (file, *file.parents) if path.exists())
        if not os.access(place, os.W_OK):
            raise Failure(f"{place} cannot be written; change its rights or FUNDOCR_DATABASE_URL.")
        if not file.exists():
            return f"{name} will be made at the first start"
    try:
        engine = open_engine(url)
        state = schema_state(engine)
        engine.dispose()
    except StoreError as error:
        raise Failure(f"{name}: {unusable(error)}") from None
    wrong = wrong_tables(state, name)
    if wrong is None:
        return f"{name} answers and its tables are current"
    if is_sqlite and state != "newer":
        return f"{name} answers; its tables will be brought up to date at the next start"
    raise Failure(wrong)


def front_door(settings: "Settings") -> str:
    """It answers where the service runs; else its address is free."""
    from serving.front_process import Front, is_alive
    from serving.run_file import RunFile

    front = Front(settings)
    if RunFile(settings.home).running() is None:
        front.require_address()
        return f"{settings.front_address} is free"
    if not is_alive(front.url):
        raise Failure(
            f"The service runs, but {front.url} does not answer: it is starting, or the settings "
            "have changed since; else restart it (`make stop`, `make serve`)."
        )
    return f"{front.url} answers"


def torchserve(server: "TorchServe") -> str:
    """It answers where it runs; else its addresses are free."""
    if server.client.is_reachable():
        return f"{server.address.inference} runs with the tokens in {server.home}"
    server.require_free_addresses()
    return f"it does not run; {server.address.inference} is free, and so are the other addresses"


def limits(settings: "Settings", server: "TorchServe") -> str:
    """TorchServe lets every body through that the settings allow, so that 413 is ours."""
    from serving.front_address import FORM_FRAME

    text = server.properties.get("max_request_size", "6553500")
    needed = settings.max_bytes + FORM_FRAME
    if not text.isdecimal() or int(text) < needed:
        raise Failure(
            f"max_request_size in {server.config} is {text}; set it to {needed} or more, "
            "because FUNDOCR_MAX_BYTES lets such pictures in."
        )
    return f"max_request_size {text} is above FUNDOCR_MAX_BYTES {settings.max_bytes}"


def archives(server: "TorchServe") -> str:
    """The archives that config.properties names are there and are what was built."""
    return ", ".join(
        f"{chosen.archive.path.name} ({chosen.model} {chosen.version}"
        + (f", {chosen.archive.weights})" if chosen.has_weights else ")")
        for chosen in server.chosen
    )


def code(server: "TorchServe") -> str:
    """The archives carry the code that stands here."""
    from serving.archive import changed_sources

    stale = [
        f"{chosen.archive.path.name} was built from other code ({some(changed)}); run "
        "`make archive` and start the service again."
        for chosen in server.chosen
        if (changed := changed_sources(chosen.archive))
    ]
    if stale:
        raise Failure("\n".join(stale))
    return "the archives carry the code of this folder"


def threads(settings: "Settings", server: "TorchServe") -> str:
    """The OCR workers do not ask for more threads than there are cores."""
    cores = len(os.sched_getaffinity(0))
    each = settings.threads or cores
    workers = sum(chosen.workers for chosen in server.chosen if chosen.has_weights)
    says = f"OCR workers × threads of each = {workers} × {each}, cores: {cores}"
    if workers * each > cores:
        raise Failure(
            f"{says}: set FUNDOCR_THREADS to {max(cores // workers, 1)}, or fewer workers "
            f"(minWorkers in models= of {server.config})."
        )
    return says


def recognition(settings: "Settings", server: "TorchServe") -> str:
    """The engine loads the archive's models, and the rules answer a bundled sample right."""
    from ocr.engines import ENGINES
    from ocr.errors import ReaderError
    from ocr.models import load_models
    from pipeline.decode.image import decode
    from pipeline.errors import ServiceError
    from pipeline.open_reader import open_extractor
    from pipeline.response import extraction_body
    from serving.self_check import known_sample

    chosen = next(c for c in server.chosen if c.has_weights and c.is_default)
    sample = known_sample()
    with tempfile.TemporaryDirectory(prefix="fundocr-") as folder:
        _unpack_models(chosen.archive.path, Path(folder))
        try:
            extractor = open_extractor(settings, load_models(Path(folder) / "model"))
        except ReaderError as error:
            raise Failure(str(error).replace(folder, str(chosen.archive.path))) from None
        started = perf_counter()
        picture = decode(sample.path.read_bytes(), settings)
        (extracted,) = extractor.extract([picture])
        elapsed_ms = round((perf_counter() - started) * 1000)
    if isinstance(extracted, ServiceError):
        raise Failure(f"{sample.path.name} could not be read: {extracted}")
    data = extraction_body(extracted.extraction, extracted.page, source="dry_run")["data"]
    if data != sample.data:
        raise Failure(
            f"{sample.path.name} shows {sample.data}, but {data} was read by "
            f"{extractor.model_version} on {settings.engine}; try another engine in FUNDOCR_ENGINE "
            f"({', '.join(name for name in ENGINES if name != settings.engine)})."
        )
    return (
        f"{sample.path.name} read right in {elapsed_ms} ms by {extractor.model_version} "
        f"on {settings.engine}, rules {settings.rules}"
    )


def _unpack_models(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        names = [name for name in file.namelist() if name.startswith("model/")]
        file.extractall(folder, names)


# What serves best on so many cores, as far as that was measured, and what is served with.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """OCR workers, threads of each, pictures of a batch, and how long they wait for others (ms)."""

    workers: int
    threads: int
    batch: int
    delay_ms: int

    def __str__(self) -> str:
        return (
            f"{self.workers} × {self.threads} thread(s), batch {self.batch}, "
            f"delay {self.delay_ms} ms"
        )


# docs/benchmarks.md, "Cores → workers, threads, batch, delay".
MEASURED = {
    1: Sizing(workers=1, threads=1, batch=8, delay_ms=1),
    2: Sizing(workers=1, threads=2, batch=8, delay_ms=1),
}


def compared(settings: "Settings", server: "TorchServe") -> str:
    """The running sizing, or the one that would be served with, beside the measured one."""
    cores = len(os.sched_getaffinity(0))
    reading = [chosen for chosen in server.chosen if chosen.has_weights]
    batch, delay_ms = _batching(server, next(one for one in reading if one.is_default))
    own = Sizing(
        workers=sum(one.workers for one in reading),
        threads=settings.threads or cores,
        batch=batch,
        delay_ms=delay_ms,
    )
    if cores not in MEASURED:
        return f"{own}; on {cores} core(s) nothing was measured: `make bench-sweep` does"
    if own == MEASURED[cores]:
        return f"{own}: what was measured as best on {cores} core(s)"
    return f"{own}; measured as best on {cores} core(s): {MEASURED[cores]} (docs/benchmarks.md)"


def _batching(server: "TorchServe", chosen: "Chosen") -> tuple[int, int]:
    """Of the registration where TorchServe runs, else of the archive."""
    if server.client.is_reachable():
        for found in server.client.describe(chosen.model):
            if str(found["modelVersion"]) == chosen.version:
                return int(found["batchSize"]), int(found["maxBatchDelay"])
    with zipfile.ZipFile(chosen.archive.path) as file:
        written = yaml.safe_load(file.read(f"{chosen.model}.yaml")) or {}
    return int(written.get("batchSize", 1)), int(written.get("maxBatchDelay", 100))
