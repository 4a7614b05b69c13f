"""Readers that the settings choose; apart from the rest, because reading needs no database."""

import os

from ocr.models import Models
from ocr.reader import Reader, open_reader
from ocr.second_reader import SecondReader
from pipeline.extractor import Extractor
from pipeline.rules import open_rules
from pipeline.settings import Settings
from pipeline.timings import UNMEASURED, Timings


def open_settings_reader(
    settings: Settings, models: Models, meters: Timings = UNMEASURED
) -> Reader:
    """The reader that the settings choose, warm."""
    return open_reader(
        models,
        engine=settings.engine,
        device=settings.device,
        threads=threads_of(settings),
        box_threshold=settings.box_threshold,
        text_threshold=settings.text_threshold,
        least_side=settings.detector_side,
        cache_dir=settings.home / "var" / "cache",
        timed=meters.timed,
    )


def open_extractor(settings: Settings, models: Models, meters: Timings = UNMEASURED) -> Extractor:
    """Reader, second reader and rules that the settings choose, warm."""
    rules = open_rules(settings)
    return Extractor(
        reader=open_settings_reader(settings, models, meters),
        second=open_second_reader(settings, models),
        rules=rules,
        lightly=settings.rules != "seed",
        turns=settings.rules != "seed",
        timed=meters.timed,
    )


def open_second_reader(settings: Settings, models: Models) -> SecondReader | None:
    """The reader for what decides, warm; None where the models bring none or nobody asks it."""
    if models.second is None or settings.rules == "seed":
        return None
    return SecondReader(
        models.second, threads=threads_of(settings), cache_dir=settings.home / "var" / "cache"
    )


def threads_of(settings: Settings) -> int:
    """How many threads read: as many as there are cores, unless the settings say otherwise."""
    return settings.threads or len(os.sched_getaffinity(0))
