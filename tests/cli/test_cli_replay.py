"""`fundocr replay`: what other rules would say of the pages that rows keep, and storing it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import open_engine
from db.replace import Replacement, replace_readings
from db.rows import NewReading, Row
from db.store import Store
from pipeline.reading import reading_of
from pipeline.replay import Outcome, replay
from postprocess.evidence import settle
from postprocess.extract import RULES
from tests.cli.cli_process import fundocr
from tests.cli.tables_of import database_of
from tests.db.sample_readings import as_row, refused
from tests.rules.layout_pages import cases, page_of

CASES = [case for case in cases("layout_cases.jsonl") if case["lines"]]
HOST = "https://pictures.example.com"
# Codes of six digits and a share behind a label: the seed's rules take the last number, too.
ANSWERED = [["基金代码 011608", 16, 100, 14], ["可用份额 1,234.56", 16, 200, 14]]
# The seed's rules take the product code of a bank for a fund code; layout does not.
WITHOUT = [["业务编号 011608", 16, 100, 14], ["昨日收益 12.50", 16, 200, 14]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database_of(tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def read(number: int, lines: list[object], rules: str, *, second: bool = True) -> NewReading:
    """What a row of these rules keeps of such a page; second: whether its lines were read twice."""
    page = replace(page_of(lines), model_version="model@1")
    if second:
        twice = tuple(replace(line, second=line.text) for line in page.lines)
        page = replace(page, lines=twice)
    kept, found = settle(page, RULES[rules])
    return reading_of(
        kept,
        found,
        identity=f"{HOST}/{number}.png",
        url_type="oss",
        image_sha256=number.to_bytes(32, "big"),
        refresh=False,
    )


def rows_of(store: Store, readings: list[NewReading]) -> list[Row]:
    return [as_row(row) for row in store.save(readings)]


@pytest.mark.parametrize("rules", ["layout", "seed"])
def test_the_rules_in_force_say_again_what_every_row_says(
    tmp_path: Path, engine: Engine, rules: str
) -> None:
    rows = rows_of(
        Store(engine), [read(number, case["lines"], rules) for number, case in enumerate(CASES)]
    )
    assert {row.flag for row in rows} == {True, False}
    done = fundocr("replay", "--rules", rules, home=tmp_path)
    assert done.returncode == 0, done.stderr
    (last,) = done.stdout.decode().splitlines()
    assert last == f"{len(rows)} rows: {len(rows)} same, " + ", ".join(
        f"0 {one}" for one in Outcome if one is not Outcome.SAME
    )


def test_other_rules_change_nothing_until_they_are_applied(tmp_path: Path, engine: Engine) -> None:
    store = Store(engine)
    before = rows_of(
        store, [read(number, case["lines"], "seed") for number, case in enumerate(CASES)]
    )
    expected = {
        row.id: one.compared for row in before if (one := replay(row, RULES["layout"])) is not None
    }
    outcomes = [one.outcome for one in expected.values()]
    assert {Outcome.GAINED, Outcome.LOST, Outcome.SAME} <= set(outcomes)

    looked = fundocr("replay", "--rules", "layout", "--html", tmp_path / "a.html", home=tmp_path)
    assert f"{outcomes.count(Outcome.GAINED)} gained" in looked.stdout.decode()
    assert f"{outcomes.count(Outcome.LOST)} lost" in looked.stdout.decode()
    page = (tmp_path / "a.html").read_text("utf-8")
    assert all(
        f"<td>{id}</td>" in page for id, one in expected.items() if one.outcome is not Outcome.SAME
    )
    assert store.get_many([row.id for row in before]) == {row.id: row for row in before}

    done = fundocr("replay", "--rules", "layout", "--apply", home=tmp_path)
    assert done.returncode == 0, done.stderr
    after = store.get_many([row.id for row in before])
    for row in before:
        one, now = expected[row.id], after[row.id]
        said = (now.ocr_fund_code, now.ocr_hold_share, now.reason)
        assert said == (one.after.fund_code, one.after.hold_share, one.after.reason)
        lines = store.history(row.id)
        assert [line.action for line in lines] == ["reread"] * (one.outcome is not Outcome.SAME)
        assert [line.actor for line in lines] == ["replay"] * len(lines)
    again = fundocr("replay", "--rules", "layout", home=tmp_path)
    assert again.stdout.decode().startswith(f"{len(before)} rows: {len(before)} same")


def test_what_people_judged_is_told_and_stays(tmp_path: Path, engine: Engine) -> None:
    store = Store(engine)
    right, corrected, confirmed, open_ = rows_of(
        store, [read(number, ANSWERED, "layout") for number in range(4)]
    )
    wrong = [["基金代码 011608", 16, 100, 14], ["持有金额 9,999.99", 16, 200, 14]]
    for row in (corrected, confirmed, open_):
        # As if other rules had read something else on the page.
        other = replace(
            read(0, wrong, "layout"),
            identity=row.image_url,
            image_sha256=row.image_sha256,
            evidence=row.evidence,
            refresh=True,
        )
        as_row(store.save([other])[0])
    store.correct(corrected.image_url, "000001", "7", actor="李四")
    store.confirm(right.id, row_version=1, actor="李四")
    store.dismiss(confirmed.id, row_version=2, actor="李四", reason="unreadable")  # type: ignore[arg-type]
    kept = store.get_many([right.id, corrected.id, confirmed.id])

    done = fundocr("replay", "--rules", "layout", "--apply", home=tmp_path)
    assert "of 2 that people have judged: 1 right, 1 wrong, 0 missed" in done.stdout.decode()
    assert "1 rows were changed" in done.stdout.decode()
    assert store.get_many([right.id, corrected.id, confirmed.id]) == kept
    assert store.get(id=open_.id).ocr_hold_share == "1234.56"


def test_an_answer_that_nobody_confirmed_is_not_stored_without_the_picture(
    tmp_path: Path, engine: Engine
) -> None:
    store = Store(engine)
    (row,) = rows_of(store, [read(0, ANSWERED, "layout", second=False)])
    empty = replace(
        refused(row.image_url, evidence=row.evidence, image_sha256=row.image_sha256), refresh=True
    )
    (silent,) = rows_of(store, [empty])
    done = fundocr("replay", "--rules", "layout", "--apply", home=tmp_path)
    assert "1 would get an answer that no second recogniser has confirmed" in done.stdout.decode()
    assert store.get(id=row.id) == silent


def test_a_row_that_changed_meanwhile_or_went_is_left_alone(engine: Engine) -> None:
    store = Store(engine)
    changed, gone, same = rows_of(store, [read(number, ANSWERED, "layout") for number in range(3)])
    store.confirm(changed.id, row_version=1, actor="李四")
    store.forget(gone.image_url)
    new = [
        Replacement(
            row_version=row.row_version,
            reading=replace(read(9, WITHOUT, "layout"), identity=row.image_url, refresh=True),
        )
        for row in (changed, gone, same)
    ]
    assert replace_readings(engine, new, actor="replay", note="") == 1
    assert store.get(id=changed.id).ocr_fund_code == "011608"
    assert store.find([gone.image_url]) == {}
    assert store.get(id=same.id).ocr_fund_code == ""


def test_rows_without_a_page_are_counted(tmp_path: Path, engine: Engine) -> None:
    rows_of(Store(engine), [refused(f"{HOST}/a.png", evidence={})])
    done = fundocr("replay", "--rules", "layout", home=tmp_path)
    assert "0 rows" in done.stdout.decode()
    assert "1 with nothing to go by" in done.stdout.decode()


def test_stored_rows_are_evaluated_by_versions(tmp_path: Path, engine: Engine) -> None:
    nothing = fundocr("evaluate", "--stored", home=tmp_path)
    assert nothing.stdout.decode().strip() == "No row has been judged by a person yet."
    store = Store(engine)
    one, two = rows_of(store, [read(number, ANSWERED, "layout") for number in range(2)])
    store.confirm(one.id, row_version=1, actor="李四")
    store.correct(two.image_url, "000001", "7")
    told = fundocr("evaluate", "--stored", home=tmp_path).stdout.decode().splitlines()
    assert told[-1].split() == ["model@1", one.rules_version, "2", "1", "1", "0", "50.0"]
    refused_ = fundocr("evaluate", tmp_path, "--stored", home=tmp_path)
    assert (refused_.returncode, refused_.stdout) == (2, b"")
