"""Opens a pipeline from the settings, with everything that it works with."""

from functools import partial
from pathlib import Path

from db.engine import open_engine
from db.store import Store
from ocr.models import Models, load_models
from pipeline.batch import Pipeline
from pipeline.decode.image import PixelBudget, decode
from pipeline.fetch.fetcher import Fetcher
from pipeline.loader import FetchesPictures
from pipeline.open_reader import open_extractor, threads_of
from pipeline.settings import Settings
from pipeline.timings import UNMEASURED, Timings


def open_pipeline(settings: Settings, *, models: Path, meters: Timings = UNMEASURED) -> Pipeline:
    """Everything a worker needs to answer, with the model warm. models: folder with det and rec.
    meters: is told what batches take.
    """
    return open_loaded(settings, load_models(models), Fetcher(settings), meters=meters)


def open_loaded(
    settings: Settings,
    models: Models,
    fetcher: FetchesPictures,
    *,
    fetchers: int = 8,
    meters: Timings = UNMEASURED,
) -> Pipeline:
    """The same with models that are loaded and a fetcher of the caller's.

    fetchers: see Pipeline.
    """
    # All pictures of a batch together get no more than the largest single one may have.
    budget = PixelBudget(settings.max_pixels)
    url = settings.resolved_database_url
    return Pipeline(
        fetcher=fetcher,
        decode=partial(decode, settings=settings, budget=budget),
        budget=budget,
        extractor=open_extractor(settings, models, meters),
        store=Store(open_engine(url), reader=open_engine(url, autocommit=True)),
        fetchers=fetchers,
        decoders=threads_of(settings),
        meters=meters,
    )
