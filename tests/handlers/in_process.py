"""Our handlers loaded in this process, out of the archives that the service serves.

TorchServe's own loader loads them and its Service hands them batches, so everything is there but
its Java, its sockets and a process of their own: a second of processor time instead of fifteen.

    reader = handlers("ocr_handler")        # the fixture of tests/handlers/handler_fixtures.py
    reader.post(link(url)).json()["flag"]
    reader.answer([Item(fields={"body": b"{"}), Item.picture(content)])[1].status_code

An archive runs its own code only. While it works, its modules stand in sys.modules in the place of
those that the tests have imported; so one archive works at a time, as in a worker.
"""

import importlib
import io
import json
import logging
import os
import shutil
import struct
import sys
import threading
import uuid
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from db.upgrade import upgrade
from evals.testbed.picture_host import PictureHost, allowed_from
from pipeline.settings import PROJECT

PACKAGES = ("db", "handlers", "ocr", "pipeline", "postprocess")
HANDLERS = {"ocr_handler": "ocr_handler", "ocr_info_update": "update_handler"}
_BATCH = 8
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One request of a batch. fields: of a form or the query; a raw body is the field `body`."""

    fields: Mapping[str, bytes] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, body: Any, **headers: str) -> "Item":
        return cls.raw(json.dumps(body).encode(), "application/json", **headers)

    @classmethod
    def picture(cls, content: bytes, **headers: str) -> "Item":
        return cls.raw(content, "image/png", **headers)

    @classmethod
    def raw(cls, body: bytes, content_type: str, **headers: str) -> "Item":
        """headers: `X_Request_Id="a"` is X-Request-Id."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(fields={"body": body}, headers={"Content-Type": content_type, **named})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What TorchServe would answer to one request."""

    status_code: int
    phrase: str
    content_type: str
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


class LoadedHandler:
    """One model with its settings, as a worker has loaded it. home: FUNDOCR_HOME."""

    def __init__(
        self, archive: "_Archive", model: str, home: Path, settings: Mapping[str, str]
    ) -> None:
        self.home = home
        self._archive = archive
        self._said = io.StringIO()
        self._loggers = _Loggers()
        loader, metrics = _torchserve(model)
        environment = {"FUNDOCR_HOME": str(home), **settings}
        with archive.in_place(), self._loggers, redirect_stdout(self._said), _only(environment):
            self._service = loader.load(
                *(model, str(archive.folder), f"{HANDLERS[model]}.py"),
                *(None, _BATCH, None, True, metrics),
            )
        self._service.set_cl_socket(None)

    def answer(self, batch: Sequence[Item]) -> list[Reply]:
        """One batch as TorchServe hands it over, and the reply to each of its requests."""
        message = [
            {
                "requestId": str(uuid.uuid4()).encode(),
                "headers": [
                    {"name": name.encode(), "value": text.encode()}
                    for name, text in item.headers.items()
                ],
                "parameters": [
                    {"name": name, "contentType": "", "value": bytearray(content)}
                    for name, content in item.fields.items()
                ],
            }
            for item in batch
        ]
        with self._archive.in_place(), self._loggers, redirect_stdout(self._said):
            answer = bytes(self._service.predict(message))
        return list(_replies(io.BytesIO(answer)))

    def post(self, body: Any, content_type: str = "application/json", **headers: str) -> Reply:
        """One request by itself: bytes as they are, all else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        (reply,) = self.answer([Item.raw(content, content_type, **headers)])
        return reply

    def log(self) -> list[dict[str, Any]]:
        """The JSON lines that it has written so far."""
        lines = self._said.getvalue().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def close(self) -> None:
        """Give back its connections and threads."""
        handler = self._service._entry_point.__self__
        store = getattr(handler, "_store", None)
        if store is None:
            store = handler._pipeline._store
            handler._pipeline.close()
        store._reader.dispose()


def _torchserve(model: str) -> tuple[Any, Any]:
    """TorchServe's loader, and its metrics as a worker of this model makes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it leaves files open
        from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
        from ts.model_loader import ModelLoaderFactory

        metrics = MetricsCacheYamlImpl(str(PROJECT / "metrics.yaml"))
        metrics.initialize_cache()
    metrics.model_name = model
    return ModelLoaderFactory.get_model_loader(), metrics


class _Archive:
    """One unpacked archive and the modules that were imported from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._modules: dict[str, ModuleType] = {}

    @contextmanager
    def in_place(self) -> Iterator[None]:
        with _one_at_a_time:
            others = _taken_out()
            sys.modules.update(self._modules)
            sys.path.insert(0, str(self.folder))
            importlib.invalidate_caches()
            # As in a worker (handlers/sitecustomize.py): bytecode would not belong to the archive.
            writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True
            try:
                yield
            finally:
                sys.dont_write_bytecode = writes_none
                sys.path.remove(str(self.folder))
                self._modules = _taken_out()
                sys.modules.update(others)


def _taken_out() -> dict[str, ModuleType]:
    """Our modules, which are in sys.modules no more."""
    ours = {*PACKAGES, *HANDLERS.values()}
    names = [name for name in sys.modules if name.partition(".")[0] in ours]
    return {name: sys.modules.pop(name) for name in names}


class _Loggers:
    """How a worker has set up our loggers: so inside, and outside as the tests have them."""

    def __init__(self) -> None:
        self._states: list[tuple[list[logging.Handler], bool, int]] | None = None
        self._outside: list[tuple[list[logging.Handler], bool, int]] = []

    def __enter__(self) -> None:
        self._outside = self._now()
        if self._states is not None:
            self._set(self._states)

    def __exit__(self, *_: object) -> None:
        self._states = self._now()
        self._set(self._outside)

    def _now(self) -> list[tuple[list[logging.Handler], bool, int]]:
        loggers = map(logging.getLogger, PACKAGES)
        return [(one.handlers, one.propagate, one.level) for one in loggers]

    def _set(self, states: list[tuple[list[logging.Handler], bool, int]]) -> None:
        for name, (handlers, propagate, level) in zip(PACKAGES, states, strict=True):
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)


@contextmanager
def _only(settings: Mapping[str, str]) -> Iterator[None]:
    """These FUNDOCR_* in the environment and no others."""
    before = {name: text for name, text in os.environ.items() if name.startswith("FUNDOCR_")}
    for name in before:
        del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name, None)
        os.environ.update(before)


def _replies(message: io.BytesIO) -> Iterator[Reply]:
    """The answer to a batch as TorchServe's Java reads it (ts/protocol/otf_message_handler.py)."""

    def number() -> int:
        return int(struct.unpack("!i", message.read(4))[0])

    def text() -> str:
        return message.read(number()).decode()

    number(), text()  # of the whole batch; each reply has its own
    while (length := number()) != -1:
        message.read(length)  # the request's id
        content_type, status, phrase = text(), number(), text()
        headers = {text(): text() for _ in range(number())}
        content = message.read(number())
        yield Reply(
            status_code=status,
            phrase=phrase,
            content_type=content_type,
            headers=headers,
            content=content,
        )


class Handlers:
    """Handlers by model, home and settings, each loaded once; the fixture of the same name.

    pictures: the host that `7min_local` may fetch from, unless settings say otherwise.
    """

    def __init__(self, folder: Path, pictures: PictureHost) -> None:
        self._folder = folder
        self._pictures = pictures
        self._archives: dict[str, _Archive] = {}
        self._loaded: dict[object, LoadedHandler] = {}
        self._stack = ExitStack()

    def __call__(
        self, model: str, settings: Mapping[str, str] | None = None, home: Path | None = None
    ) -> LoadedHandler:
        """settings: FUNDOCR_*; without a FUNDOCR_DATABASE_URL it is the home's SQLite, with its
        tables. home: None is one that all share."""
        home = home or self._folder / "home"
        wanted = {**allowed_from(self._pictures), **(settings or {})}
        key = (model, home, frozenset(wanted.items()))
        if key not in self._loaded:
            self._prepare(home, needs_database="FUNDOCR_DATABASE_URL" not in wanted)
            loaded = LoadedHandler(self._archive(model), model, home, wanted)
            _forget_compiled(home)
            self._stack.callback(loaded.close)
            self._loaded[key] = loaded
        return self._loaded[key]

    def close(self) -> None:
        self._stack.close()

    def _archive(self, model: str) -> _Archive:
        if model not in self._archives:
            folder = self._folder / model
            with zipfile.ZipFile(PROJECT / "model_store" / f"{model}.mar") as archive:
                archive.extractall(folder)
            self._archives[model] = _Archive(folder)
        return self._archives[model]

    def _prepare(self, home: Path, *, needs_database: bool) -> None:
        (home / "var").mkdir(parents=True, exist_ok=True)
        database = home / "var" / "fundocr.db"
        if needs_database and not database.exists():
            empty = self._folder / "empty.db"
            if not empty.exists():
                upgrade(f"sqlite:///{empty}")
            shutil.copy(empty, database)


def _forget_compiled(home: Path) -> None:
    """OpenVINO looks for what it compiled by the numbers that it gave to a graph's nodes, and in a
    process that has loaded others these are new ones: 40 MB that nobody would find again."""
    cache = home / "var" / "cache"
    if not cache.is_symlink():
        for file in cache.glob("*.blob"):
            file.unlink()


@contextmanager
def loaded_handlers(folder: Path, pictures: PictureHost) -> Iterator[Handlers]:
    """folder: for archives and homes."""
    handlers = Handlers(folder, pictures)
    try:
        yield handlers
    finally:
        handlers.close()
