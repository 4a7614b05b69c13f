"""The collaborators of a pipeline, opened from settings."""

import os
from functools import partial
from pathlib import Path

from db.engine import open_engine
from db.store import Store
from ocr.models import Models, load_models
from ocr.reader import Reader, open_reader
from pipeline.fetch import Fetcher
from pipeline.image import decode
from pipeline.pipeline import Pipeline
from pipeline.settings import Settings
from postprocess.extract import RULES


def open_pipeline(settings: Settings, *, models: Path) -> Pipeline:
    """Everything a worker needs to answer, with the model warm. models: folder with det and rec."""
    return Pipeline(
        fetcher=Fetcher(settings),
        decode=partial(decode, settings=settings),
        reader=open_settings_reader(settings, load_models(models)),
        rules=RULES[settings.rules],
        store=Store(open_engine(settings.resolved_database_url)),
    )


def open_settings_reader(settings: Settings, models: Models) -> Reader:
    """The reader that the settings choose, warm."""
    return open_reader(
        models,
        engine=settings.engine,
        device=settings.device,
        threads=settings.threads or len(os.sched_getaffinity(0)),
        box_threshold=settings.box_threshold,
        text_threshold=settings.text_threshold,
        cache_dir=settings.home / "var" / "cache",
    )
