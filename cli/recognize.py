"""`fundocr recognize`: pictures from this machine's disk, read in this process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, Literal

from bulk.errors import FileNotReadable
from bulk.picture_files import KINDS, PassedOver, pictures_in
from cli.tables import WRITERS
from ocr.engines import ENGINES
from ocr.errors import ReaderError
from ocr.models import load_bundled, load_models
from pipeline.decode.image import Image, decode
from pipeline.errors import ServiceError
from pipeline.extractor import Extractor
from pipeline.open_reader import open_extractor
from pipeline.regular_file import open_file
from pipeline.response import Body, extraction_body
from pipeline.settings import PROJECT, Settings, SettingsError
from postprocess.types import Page
from serving.failure import USAGE, Failure, settings_or_failure
from serving.process import files_to_hand_on
from serving.say import say

WEIGHTS = PROJECT / "weights"
BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file and its decoded picture, or why there is none. seconds: spent on it so far."""

    file: str
    image: Image | ServiceError
    seconds: float


def recognize(
    paths: list[Path],
    *,
    format: Literal["table", "jsonl", "csv", "xlsx"] | None,
    out: Path | None,
    rules: str | None,
    engine: str | None,
    models: Path | None,
) -> int:
    """Write one result for each picture, in order; Failure where there is nothing to read."""
    settings = settings_or_failure(rules)
    if engine is not None:
        settings = settings.model_copy(update={"engine": engine})
    chosen = format or _format_of(out)
    passed_over = PassedOver()
    files = list_pictures(paths, passed_over)
    with _output(out, chosen) as stream:
        extractor = _open_extractor(settings, models)
        by_lines = out is None and chosen in ("jsonl", "csv") and stream.isatty()
        results = read_files(files, extractor, settings)
        WRITERS[chosen](_with_progress(results, total=len(files), hidden=by_lines), stream)
    if passed_over.count:
        say(passed_over, is_aside=True)
    return 0


def list_pictures(paths: list[Path], passed_over: PassedOver) -> list[Path]:
    """The files to read: files as given, of a folder and those inside it the pictures by name.

    A path that does not exist stays in the list and fails alone, as long as there are others.
    """
    files: list[Path] = []
    for path in paths:
        files.extend(_pictures_of(path, passed_over) if path.is_dir() else [path])
    if not files:
        names = ", ".join(map(str, paths))
        raise Failure(f"There is no picture ({KINDS}) in {names}.", USAGE)
    if not any(file.exists() for file in files):
        raise Failure(f"There is no file or folder named {files[0]}.", USAGE)
    return files


def read_files(
    files: list[Path],
    extractor: Extractor,
    settings: Settings,
) -> Iterator[Body]:
    """A `{"file", "flag", "data", "detail"}` or `{"file", "error", "code"}` of each, in order."""
    return (body for body, _ in extract_files(files, extractor, settings))


def extract_files(
    files: list[Path], extractor: Extractor, settings: Settings
) -> Iterator[tuple[Body, Page | None]]:
    """The same, each with its page; None where the picture could not be read."""
    batch: list[OpenedFile] = []
    pixels = 0
    for file in files:
        picture = _open_picture(file, settings)
        batch.append(picture)
        if isinstance(picture.image, Image):
            height, width = picture.image.pixels.shape[:2]
            pixels += height * width
        # A few long screenshots take as much memory as a full batch of small ones.
        if len(batch) == BATCH or pixels >= settings.max_pixels:
            yield from _read_batch(batch, extractor)
            batch, pixels = [], 0
    yield from _read_batch(batch, extractor)


def _read_batch(
    batch: list[OpenedFile], extractor: Extractor
) -> Iterator[tuple[Body, Page | None]]:
    started = perf_counter()
    images = [picture.image for picture in batch if isinstance(picture.image, Image)]
    extracted = iter(extractor.extract(images))
    seconds_each = (perf_counter() - started) / max(len(images), 1)
    for picture in batch:
        answer = next(extracted) if isinstance(picture.image, Image) else picture.image
        if isinstance(answer, ServiceError):
            yield {"file": picture.file, "error": str(answer), "code": answer.code}, None
            continue
        elapsed_ms = round((picture.seconds + seconds_each) * 1000)
        body = extraction_body(answer.extraction, answer.page, source="ocr", elapsed_ms=elapsed_ms)
        yield {"file": picture.file} | body, answer.page


def _open_picture(file: Path, settings: Settings) -> OpenedFile:
    started = perf_counter()
    image: Image | ServiceError
    try:
        with open_file(file) as content:
            # One byte more than allowed is enough for the decoder to refuse it.
            image = decode(content.read(settings.max_bytes + 1), settings)
    except OSError as error:
        image = FileNotReadable(f"The file cannot be read: {error.strerror}.")
    except ServiceError as error:
        image = error
    return OpenedFile(file=str(file), image=image, seconds=perf_counter() - started)


def _pictures_of(folder: Path, passed_over: PassedOver) -> list[Path]:
    try:
        return list(pictures_in(folder, passed_over.add))
    except OSError as error:
        place = error.filename or folder
        raise Failure(f"The folder {place} cannot be read: {error.strerror}.", USAGE) from None


def _format_of(out: Path | None) -> str:
    suffix = out.suffix.lower().removeprefix(".") if out else ""
    return suffix if suffix in WRITERS else "table"


def default_extractor(settings: Settings, preset: str | None = None) -> Extractor:
    """The readers and the rules that the settings choose, on bundled models: those that fit the
    engine, or a preset's."""
    return _open_extractor(settings, None, preset)


def _open_extractor(
    settings: Settings, folder: Path | None, preset: str | None = None
) -> Extractor:
    """folder: models with det and rec; None: bundled ones, see default_extractor."""
    try:
        if folder is None:
            models = load_bundled(WEIGHTS, preset or ENGINES[settings.engine].bundled)
        else:
            models = load_models(folder)
        return open_extractor(settings, models)
    except SettingsError as error:
        raise Failure(str(error), USAGE) from None
    except ReaderError as error:
        there = (folder or WEIGHTS).is_dir()
        hint = "" if there else " `make archive` brings the bundled ones."
        raise Failure(f"{error}{hint}", USAGE) from None


@contextmanager
def _output(out: Path | None, format: str) -> Iterator[BinaryIO]:
    """The file, opened before anything is read, so that a wrong name costs no time."""
    if out is None:
        stream = sys.stdout.buffer
        if format == "xlsx" and stream.isatty():
            raise Failure("A spreadsheet needs a file: add --out FILE.xlsx.", USAGE)
        yield stream
        return
    try:
        with files_to_hand_on():
            stream = out.open("wb")
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror}.", USAGE) from None
    with stream:
        yield stream


def _with_progress(results: Iterator[Body], *, total: int, hidden: bool) -> Iterator[Body]:
    """The same results; a progress bar on the terminal until the last one is there."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    disable = hidden or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=disable) as bar:
        task = bar.add_task("", total=total)
        for result in results:
            yield result
            bar.advance(task)
