"""How the databases answer the queue's questions: along one index, without sorting."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from db.engine import open_engine
from db.filters import Filter
from db.queue import Queue
from db.rows import ReviewState
from db.statistics import Numbers
from db.store import Store
from db.writes import write_batch
from evals.testbed.mariadb import MariaDB
from tests.db.migrated import sqlite_with_tables
from tests.db.sample_readings import reading, refused

ROWS = 4000
OPEN = (ReviewState.OPEN,)
NOW = datetime.now(UTC)
LAST_WEEK = NOW - timedelta(days=7)  # a day with few of the rows, as any in a table of years
DAY = {"since": NOW - timedelta(hours=12), "until": NOW + timedelta(hours=12)}
HOST = "https://bucket-{}.example.com"


@pytest.fixture(params=["of_mariadb", "of_sqlite"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A table of a few thousand rows."""
    # By name: a parametrised fixture of the module would be filled again at each change of kind.
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(scope="module")
def of_mariadb(mariadb: MariaDB) -> Iterator[Engine]:
    yield from _filled(mariadb.new_database(upgraded=True))


@pytest.fixture(scope="module")
def of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    yield from _filled(sqlite_with_tables(tmp_path_factory.mktemp("plans") / "rows.db"))


def _filled(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    store = Store(engine)
    with engine.begin() as connection:
        write_batch(connection, [_reading(number) for number in range(ROWS, ROWS + 50)], LAST_WEEK)
    for first in range(0, ROWS, 50):  # rows of one call are of one moment
        store.save([_reading(number) for number in range(first, first + 50)])
    yield engine
    engine.dispose()


def _reading(number: int) -> Any:
    changes: dict[str, Any] = {
        "image_sha256": number.to_bytes(32, "big"),
        "url_type": "7min_local" if number % 9 == 0 else "oss",
        "model_version": f"model@{number % 3}",
    }
    url = f"{HOST.format(number % 7)}/{number}.png"
    if number % 4 == 0:
        return refused(url, reason=("NO_CODE", "NO_SHARE")[number % 8 // 4], **changes)
    return reading(
        url,
        ocr_fund_code=f"{number % 500:06}",
        confidence=1 - number % 50 / 100,
        label=("可用份额", "持有份额")[number % 2],
        **changes,
    )


QUESTIONS: dict[str, tuple[Callable[[Engine], object], set[str]]] = {
    "known url": (lambda e: Store(e).find([f"{HOST.format(1)}/1.png"]), {"url_sha256"}),
    "same picture": (
        lambda e: Store(e).find_same_picture([(1).to_bytes(32, "big")]),
        {"ix_ocr_result_image_sha256", "PRIMARY"},
    ),
    "known url or same picture": (
        lambda e: Store(e).find_known([f"{HOST.format(1)}/1.png"], [(2).to_bytes(32, "big")]),
        {"url_sha256", "ix_ocr_result_image_sha256", "PRIMARY"},
    ),
    "queue": (lambda e: Queue(e).page(Filter(state=OPEN)), {"ix_ocr_result_queue"}),
    "queue of all states": (lambda e: Queue(e).page(Filter()), {"ix_ocr_result_queue"}),
    "queue of a day": (
        lambda e: Queue(e).page(Filter(state=OPEN, **DAY)),
        {"ix_ocr_result_queue"},
    ),
    "by reason": (lambda e: Queue(e).page(Filter(reason="NO_CODE")), {"ix_ocr_result_reason"}),
    "by reason and day": (
        lambda e: Queue(e).page(Filter(reason="NO_CODE", **DAY)),
        {"ix_ocr_result_reason"},
    ),
    "by url_type": (
        lambda e: Queue(e).page(Filter(url_type="7min_local")),
        {"ix_ocr_result_url_type"},
    ),
    "by label": (lambda e: Queue(e).page(Filter(label="可用份额")), {"ix_ocr_result_label"}),
    "by model": (
        lambda e: Queue(e).page(Filter(model_version="model@1")),
        {"ix_ocr_result_versions"},
    ),
    "by host": (
        lambda e: Queue(e).page(Filter(host="bucket-1.example.com")),
        {"ix_ocr_result_host"},
    ),
    "by host and day": (
        lambda e: Queue(e).page(Filter(host="bucket-1.example.com", **DAY)),
        {"ix_ocr_result_host"},
    ),
    "for a new reading": (
        lambda e: Queue(e).page(Filter(older_than_versions=("model@1", "seed@1"))),
        {"ix_ocr_result_versions"},
    ),
    "search by code": (
        lambda e: Queue(e).page(Filter(fund_code="000123")),
        {"ix_ocr_result_fund_code"},
    ),
    "search by url": (
        lambda e: Queue(e).page(Filter(url=f"{HOST.format(1)}/1.png")),
        {"url_sha256"},
    ),
    "search by url prefix": (
        lambda e: Queue(e).page(Filter(url_prefix=f"{HOST.format(1)}/1")),
        {"ix_ocr_result_url_start"},
    ),
    "next open": (lambda e: Queue(e).next_open(17), {"PRIMARY", "ix_ocr_result_queue"}),
    # Each of them has all that is counted.
    "counts": (
        lambda e: Queue(e).counts(Filter()),
        {"ix_ocr_result_queue", "ix_ocr_result_reason"},
    ),
    "counts of a host": (
        lambda e: Queue(e).counts(Filter(host="bucket-1.example.com")),
        {"ix_ocr_result_host"},
    ),
    "numbers of a day": (
        lambda e: Numbers(e).per_day(LAST_WEEK.date(), LAST_WEEK.date(), UTC),
        {"ix_ocr_result_created_at"},
    ),
    "accuracy": (lambda e: Numbers(e).accuracy(), {"ix_ocr_result_judged"}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_is_answered_along_its_index(engine: Engine, question: str) -> None:
    ask, expected = QUESTIONS[question]
    plans = _plans(engine, lambda: ask(engine))
    used = {index for index, _ in plans}

    assert used, question
    assert used <= expected | {"PRIMARY"}, plans
    assert expected & used - {"PRIMARY"}, plans
    if question.startswith(("queue", "by ", "search", "for ")):
        assert not [plan for index, plan in plans if index != "PRIMARY" and _sorts(plan)], plans


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(state=OPEN),
        Filter(state=OPEN, **DAY),
        Filter(label="可用份额"),
        Filter(model_version="model@1"),
        Filter(reason="NO_CODE"),
        Filter(url_prefix="https://"),
    ],
)
def test_a_later_page_is_begun_where_the_one_before_ended(engine: Engine, wanted: Filter) -> None:
    after = Queue(engine).page(wanted, limit=400).next
    assert after is not None
    read = steps_of_sqlite if engine.dialect.name == "sqlite" else rows_read_by_mariadb
    first = read(engine, lambda: Queue(engine).page(wanted, limit=20))
    later = read(engine, lambda: Queue(engine).page(wanted, after=after, limit=20))

    # 400 rows lie before it.
    assert later < first * 3


def rows_read_by_mariadb(
    engine: Engine, ask: Callable[[], object], counters: str = "Handler_read%%"
) -> int:
    """How many rows and index entries the server touches; nobody else asks it meanwhile."""

    def touched() -> int:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(f"SHOW GLOBAL STATUS LIKE '{counters}'")
            return sum(int(value) for _, value in found)

    before = touched()
    ask()
    return touched() - before


def steps_of_sqlite(engine: Engine, ask: Callable[[], object]) -> int:
    """How many tens of steps of its machine SQLite runs."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(count, 10)

    event.listen(engine, "checkout", watch)
    try:
        ask()
    finally:
        event.remove(engine, "checkout", watch)
    return steps


def _plans(engine: Engine, ask: Callable[[], object]) -> list[tuple[str, str]]:
    """The index and the whole plan of each step of each statement."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Connection, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explain = _explain_sqlite if engine.dialect.name == "sqlite" else _explain_mariadb
    with engine.connect() as connection:
        return [step for one in statements for step in explain(connection, *one)]


def _explain_mariadb(
    connection: Connection, statement: str, values: Any
) -> Iterator[tuple[str, str]]:
    for step in connection.exec_driver_sql(f"EXPLAIN {statement}", values).mappings():
        if step["table"] == "ocr_result":
            yield str(step["key"]), str(dict(step))


def _explain_sqlite(
    connection: Connection, statement: str, values: Any
) -> Iterator[tuple[str, str]]:
    steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    whole = "; ".join(step.detail for step in steps)
    for step in steps:
        if "ocr_result" in step.detail:
            assert "SCAN" not in step.detail or "INDEX" in step.detail, whole
            name = step.detail.partition("INDEX ")[2].split(" ")[0]
            unique = "url_sha256" if name.startswith("sqlite_autoindex") else name
            yield unique or "PRIMARY", whole


def _sorts(plan: str) -> bool:
    return "filesort" in plan or "temporary" in plan or "TEMP B-TREE" in plan
