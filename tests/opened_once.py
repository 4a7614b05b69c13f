"""Readers in the process of the tests are opened once, as one that goes on for long does.

Each would load its models for two seconds of processor time. What belongs to one pipeline alone,
its rules, its meters and its database, is opened as ever. Handlers that tests load out of an
archive, and all processes, open theirs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest

from ocr.models import Models
from ocr.reader import Reader
from ocr.second_reader import SecondReader
from pipeline import open_reader
from pipeline.settings import Settings
from pipeline.timings import UNMEASURED, Timings

_open_reader, _open_second = open_reader.open_settings_reader, open_reader.open_second_reader
_readers: dict[tuple[Any, ...], Reader] = {}
_seconds: dict[tuple[Any, ...], SecondReader | None] = {}
_CHOOSE = ("engine", "device", "threads", "box_threshold", "text_threshold", "detector_side")
"""Settings that choose another reader."""


@contextmanager
def opened_once() -> Iterator[None]:
    """So inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_reader, "open_settings_reader", _reader)
        patch.setattr(open_reader, "open_second_reader", _second)
        yield


@contextmanager
def opened_anew() -> Iterator[None]:
    """Inside the block each is opened for itself, for who looks at what one leaves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_reader, "open_settings_reader", _open_reader)
        patch.setattr(open_reader, "open_second_reader", _open_second)
        yield


def _reader(settings: Settings, models: Models, meters: Timings = UNMEASURED) -> Reader:
    key = _key(settings, models)
    if key not in _readers:
        _readers[key] = _open_reader(settings, models)
    own: Any = copy(_readers[key])  # the models inside are the same
    own._timed = meters.timed
    return own  # type: ignore[no-any-return]


def _second(settings: Settings, models: Models) -> SecondReader | None:
    key = (settings.rules == "seed", *_key(settings, models))
    if key not in _seconds:
        _seconds[key] = _open_second(settings, models)
    return _seconds[key]


def _key(settings: Settings, models: Models) -> tuple[Any, ...]:
    return models.version, *(getattr(settings, name) for name in _CHOOSE)
