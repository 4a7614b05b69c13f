"""What a worker tells TorchServe's metrics, by TorchServe's own code and our metrics.yaml."""

import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from db.rows import Row
from handlers.metrics import Metrics
from pipeline.answer import Stored, Unstored
from pipeline.errors import FetchFailed, HostNotAllowed, NotJson, UpdateFailed
from pipeline.fetch.fetcher import listed_hosts
from pipeline.fetch.link import parse_link
from pipeline.request import Bytes, Request, Url
from pipeline.settings import PROJECT, Settings
from pipeline.timings import Measured
from postprocess.types import Extraction, Page, Reason

FACTS = {"model_version": "m@1"}
# As TorchServe's Java side takes such a line apart.
LINE = re.compile(
    r"\[METRICS\]([\w\s]+)\.([\w\s]+):([0-9\-,.e]+)\|#([^|]*)\|#type:([^|,]+)\|#hostname:([^,]+),(.*)"
)
OWN = yaml.safe_load((PROJECT / "metrics.yaml").read_text(encoding="utf-8"))["model_metrics"]


class Told(logging.Handler):
    """The lines that a worker writes for TorchServe."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def of(self, name: str) -> Counter[tuple[str, ...]]:
        """The values of a metric by those of its dimensions; a histogram's are counted."""
        found: Counter[tuple[str, ...]] = Counter()
        for line in self.lines:
            parts = LINE.fullmatch(line)
            assert parts is not None, line
            if parts[1] == name:
                values = tuple(one.split(":", 1)[1] for one in parts[4].split(","))
                found[values] += 1 if parts[5] == "HISTOGRAM" else float(parts[3])  # type: ignore[assignment]
        return found


@pytest.fixture
def told() -> Iterator[Told]:
    handler, logger = Told(), logging.getLogger("ts.metrics.caching_metric")
    logger.addHandler(handler)
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before[0])
    logger.propagate = before[1]


def metrics(file: Path = PROJECT / "metrics.yaml", **settings: Any) -> Metrics:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # TorchServe leaves its files open
        from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl

        cache = MetricsCacheYamlImpl(str(file))
        cache.initialize_cache()
    cache.model_name = "ocr_handler"
    context = SimpleNamespace(
        metrics=cache, model_name="ocr_handler", manifest={"model": {"modelVersion": "1.0"}}
    )
    return Metrics(context, Settings(**settings), FACTS)


def row(url: str = "https://a.example.com/1.png", **changes: Any) -> Row:
    now = datetime.now(UTC)
    usual = Row(
        id=1,
        url_sha256=b"",
        image_url=url,
        url_type="oss",
        business_type="基金",
        ocr_fund_code="011608",
        ocr_hold_share="1",
        update_fund_code="",
        update_hold_share="",
        fund_code="011608",
        hold_share=None,
        flag=True,
        reason=None,
        confidence=0.99,
        label="当前可用份额(份)",
        review_state="open",
        evidence={},
        image_sha256=None,
        model_version="m@1",
        rules_version="layout@1",
        row_version=1,
        created_at=now,
        updated_at=now,
    )
    return replace(usual, **changes)


def link(url: str = "https://a.example.com/1.png", **flags: bool) -> Request:
    return Request(id="r", source=Url(link=parse_link(url)), url_type="oss", **flags)


def upload() -> Request:
    return Request(id="r", source=Bytes(content=b"x"), url_type="upload")


def test_answers_are_counted_by_where_they_came_from_and_what_they_came_to(told: Told) -> None:
    refused = row(flag=False, reason="NO_SHARE", confidence=None, label=None, ocr_hold_share="")
    dry = Unstored(
        page=Page(lines=(), width=1, height=1),
        extraction=Extraction(rules="layout@1", reason=Reason.NO_TEXT),
    )
    batch = [
        (link(), Stored(row=row(), source="ocr")),
        (link(), Stored(row=row(), source="ocr")),
        (link(), Stored(row=refused, source="ocr")),
        (link(), Stored(row=row(), source="stored")),
        (link(), Stored(row=row(), source="stored", is_copy=True)),
        (link(), Stored(row=row(review_state="corrected"), source="stored")),
        (link(dry_run=True), dry),
        (upload(), Stored(row=row(), source="ocr")),
        (link("http://elsewhere.example/x"), HostNotAllowed()),
        (NotJson(), NotJson()),
    ]
    metrics().recognised([one for one, _ in batch], [said for _, said in batch], Measured())
    common = ("ocr_handler", "1.0")
    assert told.of("fundocr_answers_total") == {
        (*common, "oss", "ocr", "ok", "none"): 2,
        (*common, "oss", "ocr", "refused", "NO_SHARE"): 1,
        (*common, "oss", "stored", "ok", "none"): 1,
        (*common, "oss", "same_picture", "ok", "none"): 1,
        (*common, "oss", "corrected", "ok", "none"): 1,
        (*common, "oss", "dry_run", "refused", "NO_TEXT"): 1,
        (*common, "upload", "ocr", "ok", "none"): 1,
        (*common, "oss", "none", "error", "HOST_NOT_ALLOWED"): 1,
        (*common, "none", "none", "error", "NOT_JSON"): 1,
    }
    assert told.of("fundocr_batch_size") == {("ocr_handler",): 1}


def test_only_hosts_that_the_settings_name_in_full_are_told_by_name(told: Told) -> None:
    settings = {
        "oss_hosts": ("a.example.com", "*.wild.example", "b.example.com:8443"),
        "local_hosts": ("10.0.0.5:8080",),
    }
    assert listed_hosts(Settings(**settings)) == {  # type: ignore[arg-type]
        *("a.example.com", "b.example.com", "10.0.0.5"),
    }
    batch = [
        (link("https://A.example.com/1"), Stored(row=row(), source="ocr")),
        (link("https://b.example.com:8443/1"), FetchFailed("closed")),
        (link("https://deep.wild.example/1"), Stored(row=row(), source="ocr")),
        (link("https://wild.example/1"), HostNotAllowed()),
        (link("https://a.example.com/2", dry_run=True), FetchFailed("closed")),
        (link("https://a.example.com/3"), Stored(row=row(), source="stored")),
        (upload(), Stored(row=row(), source="ocr")),
    ]
    asked, answers = zip(*batch, strict=True)
    metrics(**settings).recognised(asked, answers, Measured())
    assert told.of("fundocr_host_answers_total") == {
        ("oss", "a.example.com", "ok"): 1,
        ("oss", "b.example.com", "error"): 1,
        ("oss", "other", "ok"): 1,
        ("oss", "other", "error"): 1,
    }


def test_labels_are_those_of_the_rules_lists_and_nothing_else(told: Told) -> None:
    found = {"hold_share": {"label": "可卖份额"}}
    rows = [
        row(),
        row(label="持有份额"),
        row(label="张三的份额"),
        row(flag=False, reason="LOW_CONFIDENCE", label=None, evidence={"answer": found}),
        row(flag=False, reason="NO_SHARE", label=None, evidence={"answer": {"hold_share": None}}),
    ]
    metrics().recognised(
        [link()] * len(rows), [Stored(row=one, source="ocr") for one in rows], Measured()
    )
    assert told.of("fundocr_label_readings_total") == {
        ("可用份额", "ok"): 1,
        ("持有份额", "ok"): 1,
        ("other", "ok"): 1,
        ("可卖份额", "refused"): 1,
        ("none", "refused"): 1,
    }
    assert told.of("fundocr_pages_total") == {("m@1", "layout@1"): 5}
    assert told.of("fundocr_doubt") == {("m@1",): 5}


def test_what_a_batch_took_is_told_in_seconds(told: Told) -> None:
    measured = Measured(
        seconds=[("fetch", 0.25), ("fetch", 0.00001), ("save", 1e-9)],
        read_seconds=[0.1, 0.1],
        pixels=5_000_000,
        database_errors=Counter({"save": 1}),
    )
    metrics().recognised([link()], [Stored(row=row(), source="ocr")], measured)
    assert told.of("fundocr_stage_seconds") == {
        ("ocr_handler", "fetch"): 2,
        ("ocr_handler", "save"): 1,
    }
    assert told.of("fundocr_read_seconds") == {("ocr_handler",): 2}
    assert told.of("fundocr_pixels_total") == {("ocr_handler",): 5_000_000}
    assert told.of("fundocr_database_errors_total") == {("ocr_handler", "save"): 1}


def test_corrections_are_counted_too(told: Told) -> None:
    metrics().corrected([NotJson(), NotJson()], [row(), UpdateFailed()], 0.5)
    assert told.of("fundocr_answers_total") == {
        ("ocr_handler", "1.0", "none", "corrected", "ok", "none"): 1,
        ("ocr_handler", "1.0", "none", "none", "error", "DATABASE_UNAVAILABLE"): 1,
    }
    assert told.of("fundocr_stage_seconds") == {("ocr_handler", "correct"): 1}
    assert told.of("fundocr_database_errors_total") == {("ocr_handler", "correct"): 1}


def test_a_start_is_told_with_its_kind_and_what_was_loaded(told: Told) -> None:
    one = metrics()
    one.started(afresh=False)
    one.started(afresh=True)
    assert told.of("fundocr_worker_starts_total") == {
        ("ocr_handler", "1.0", "start"): 1,
        ("ocr_handler", "1.0", "afresh"): 1,
    }
    ((named, when),) = told.of("fundocr_worker_started_timestamp_seconds").items()
    assert named == ("ocr_handler", "1.0", "m@1", "layout", "openvino")
    assert when > 1e9


def test_every_metric_of_the_file_is_told_by_somebody(told: Told) -> None:
    one = metrics()
    one.started(afresh=False)
    measured = Measured(
        seconds=[("fetch", 1.0)], read_seconds=[1.0], pixels=1, database_errors=Counter({"save": 1})
    )
    one.recognised([link()], [Stored(row=row(), source="ocr")], measured)
    parsed = [LINE.fullmatch(line) for line in told.lines]
    said = {(found[1], found[5].lower()) for found in parsed if found}
    declared = {
        (metric["name"], kind)
        for kind, listed in OWN.items()
        for metric in listed
        if metric["name"].startswith("fundocr_")
    }
    assert said == declared


def test_with_another_metrics_file_a_worker_serves_and_says_once_what_it_does_not_tell(
    told: Told, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "own.yaml").write_text(
        "model_metrics:\n  counter:\n    - {name: mine, unit: c, dimensions: [a]}\n"
        "    - {name: fundocr_pixels_total, unit: c, dimensions: [a, b, c]}\n"
    )
    one = metrics(tmp_path / "own.yaml")
    for _ in range(2):
        one.started(afresh=False)
        one.recognised([link()], [Stored(row=row(), source="ocr")], Measured(pixels=1))
    assert [line for line in told.lines if line.startswith("[METRICS]fundocr")] == []
    said = [record.message for record in caplog.records if record.name == "handlers.metrics"]
    assert said and len(said) == len(set(said))
    assert all("metrics_config" in line for line in said)


def test_what_goes_wrong_with_metrics_fails_nobody(caplog: pytest.LogCaptureFixture) -> None:
    metrics().recognised([link()], [], Measured())
    assert "metrics of a batch were not told" in caplog.text


@pytest.mark.parametrize("text", ["a,b:c|d#e", "a\nb", ""])
def test_a_value_breaks_no_line(told: Told, text: str) -> None:
    answer = Stored(row=row(model_version=text), source="ocr")
    metrics().recognised([link()], [answer], Measured())
    (values,) = told.of("fundocr_pages_total")
    assert len(values) == 2 and values[1] == "layout@1"
