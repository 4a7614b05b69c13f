"""The reader that the settings choose; apart from the rest, because reading needs no database."""

import os

from ocr.models import Models
from ocr.reader import Reader, open_reader
from pipeline.settings import Settings


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
