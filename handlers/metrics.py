"""The metrics that a worker reports to TorchServe; metrics.yaml declares them.

TorchServe's Java side adds everything up, so that no total is lost with a worker. Nothing here may
fail a request: where metrics_config names another file, or something goes wrong, less is told.
"""

import importlib
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from pipeline.answer import Answer, Stored
from pipeline.errors import DatabaseUnavailable, ServiceError
from pipeline.fetch.fetcher import listed_hosts
from pipeline.request import Correction, Request, Url
from pipeline.settings import Settings
from pipeline.timings import Measured
from postprocess.labels import listed

log = logging.getLogger(__name__)
P = ParamSpec("P")

_OTHER, _NONE = "other", "none"
# TorchServe writes a metric as one line in which these mean something: [,:|#].
_UNSAFE = re.compile(r"[^\w.@ -]")


def _harmless(record: Callable[Concatenate[Any, P], None]) -> Callable[Concatenate[Any, P], None]:
    """What goes wrong in it is logged, and fails nobody's request."""

    @wraps(record)
    def safely(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            record(self, *args, **kwargs)
        except Exception:
            log.exception("metrics of a batch were not told")

    return safely


class Metrics:
    """One worker's; used by the thread that answers.

    context: TorchServe's, at load. facts: of the archive's manifest.
    """

    def __init__(self, context: Any, settings: Settings, facts: Mapping[str, Any]) -> None:
        self._outlet = _Outlet(context)
        self._model = str(context.model_name)
        self._version = str(context.manifest["model"]["modelVersion"])
        self._settings = settings
        self._facts = facts
        self._hosts = listed_hosts(settings)

    @_harmless
    def started(self, *, afresh: bool) -> None:
        """The model is loaded. afresh: because its worker had grown too large, as planned."""
        kind = "afresh" if afresh else "start"
        self._count("fundocr_worker_starts_total", 1, self._model, self._version, kind)
        named = (str(self._facts["model_version"]), self._settings.rules, self._settings.engine)
        self._outlet.record(
            *("gauge", "fundocr_worker_started_timestamp_seconds", round(time.time(), 3)),
            *(self._model, self._version, *named),
        )

    @_harmless
    def recognised(
        self,
        requests: Sequence[Request | ServiceError],
        answers: Sequence[Answer | ServiceError],
        measured: Measured,
    ) -> None:
        """One batch of pictures: what was asked for, what came of each, what it took."""
        if not requests:
            return
        pairs = list(zip(requests, answers, strict=True))
        self._answered((_url_type(one), *_answer_of(answer)) for one, answer in pairs)
        self._read(
            [(one, said) for one, said in pairs if isinstance(one, Request) and not one.dry_run]
        )
        self._took(len(requests), measured)

    @_harmless
    def corrected(
        self,
        corrections: Sequence[Correction | ServiceError],
        outcomes: Sequence[object],
        seconds: float,
    ) -> None:
        """One batch of corrections, and how long it took (s)."""
        if not corrections:
            return
        self._answered((_NONE, *_correction_of(outcome)) for outcome in outcomes)
        measured = Measured(seconds=[("correct", seconds)])
        if any(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes):
            measured.database_errors["correct"] += 1
        self._took(len(corrections), measured)

    def _answered(self, answers: Iterable[tuple[str, ...]]) -> None:
        for values, count in Counter(answers).items():
            self._count("fundocr_answers_total", count, self._model, self._version, *values)

    def _read(self, answers: Sequence[tuple[Request, Answer | ServiceError]]) -> None:
        """Of pictures that were read just now, or could not be: hosts, labels, versions, doubt."""
        hosts: Counter[tuple[str, str, str]] = Counter()
        labels: Counter[tuple[str, str]] = Counter()
        pages: Counter[tuple[str, str]] = Counter()
        for request, answer in answers:
            is_new = isinstance(answer, Stored) and answer.source == "ocr"
            if not is_new and not isinstance(answer, ServiceError):
                continue
            outcome = _answer_of(answer)[1]
            if isinstance(request.source, Url):
                host = request.source.link.host
                hosts[request.url_type, host if host in self._hosts else _OTHER, outcome] += 1
            if not isinstance(answer, Stored):
                continue
            row = answer.row
            pages[row.model_version, row.rules_version] += 1
            labels[_label_of(row.label or _candidate(row.answer)), _read_outcome(row.flag)] += 1
            if row.confidence is not None:
                doubt = round(1 - row.confidence, 6)
                self._outlet.record("histogram", "fundocr_doubt", max(doubt, 0), row.model_version)
        for name, counted in (
            ("fundocr_host_answers_total", hosts),
            ("fundocr_label_readings_total", labels),
            ("fundocr_pages_total", pages),
        ):
            for values, count in counted.items():
                self._count(name, count, *values)

    def _took(self, size: int, measured: Measured) -> None:
        record = self._outlet.record
        record("histogram", "fundocr_batch_size", size, self._model)
        for stage, seconds in measured.seconds:
            record("histogram", "fundocr_stage_seconds", round(seconds, 6), self._model, stage)
        for seconds in measured.read_seconds:
            record("histogram", "fundocr_read_seconds", round(seconds, 6), self._model)
        if measured.pixels:
            self._count("fundocr_pixels_total", measured.pixels, self._model)
        for stage, count in measured.database_errors.items():
            self._count("fundocr_database_errors_total", count, self._model, stage)

    def _count(self, name: str, count: int, *values: str) -> None:
        self._outlet.record("counter", name, count, *values)


class _Outlet:
    """TorchServe's custom metrics of one worker, each looked for once."""

    def __init__(self, context: Any) -> None:
        self._cache = context.metrics
        self._known: dict[str, Any] = {}

    def record(self, kind: str, name: str, value: float, *values: str) -> None:
        """values: of its dimensions, in the order of metrics.yaml."""
        if name not in self._known:
            self._known[name] = self._declared(kind, name)
        if (metric := self._known[name]) is not None:
            metric.add_or_update(value, [_UNSAFE.sub("_", one) or _NONE for one in values])

    def _declared(self, kind: str, name: str) -> Any:
        """None where the file of metrics_config does not name it, or in another form."""
        try:
            types = importlib.import_module("ts.metrics.metric_type_enum").MetricTypes
            return self._cache.get_metric(name, types(kind))
        except Exception:
            log.warning("metric %s is not told: see metrics_config in config.properties", name)
            return None


def _url_type(request: Request | ServiceError) -> str:
    return request.url_type if isinstance(request, Request) else _NONE


def _answer_of(answer: Answer | ServiceError) -> tuple[str, str, str]:
    """source, outcome and reason of one answer."""
    if isinstance(answer, ServiceError):
        return _NONE, "error", answer.code
    if isinstance(answer, Stored):
        row = answer.row
        source = "same_picture" if answer.is_copy else answer.source
        source = "corrected" if row.corrected else source
        return source, _read_outcome(row.answer_flag), _reason(row.answer_flag, row.reason)
    reason = answer.extraction.reason
    return "dry_run", _read_outcome(reason is None), _reason(reason is None, reason)


def _correction_of(outcome: object) -> tuple[str, str, str]:
    if isinstance(outcome, ServiceError):
        return _NONE, "error", outcome.code
    return "corrected", "ok", _NONE


def _read_outcome(flag: bool) -> str:
    return "ok" if flag else "refused"


def _reason(flag: bool, reason: str | None) -> str:
    return _NONE if flag or reason is None else str(reason)


def _candidate(answer: Mapping[str, Any]) -> str | None:
    """The label of the only number of shares on a page that is refused all the same."""
    return (answer.get("hold_share") or {}).get("label")


def _label_of(label: str | None) -> str:
    return _NONE if not label else listed(label) or _OTHER
