"""`fundocr replay`: what other rules would say of the pages that rows keep, and storing it."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import Engine, update

from cli.compare import Effect, decision_of, replay
from cli.replay import replay_rows
from cli.selection import RowFilters
from db.engine import open_engine
from db.filters import Filter
from db.queue import Queue
from db.replace import Replacement, replace_readings
from db.rows import Imported
from db.store import Store
from db.tables import ocr_result
from postprocess.extract import RULES
from tests.cli.replay_rows import ANSWERED, HOST, WITHOUT, read, rows_of
from tests.cli.tables_of import database_of
from tests.db.sample_readings import as_row, refused
from tests.fundocr_command import fundocr
from tests.rules.layout_pages import cases

CASES = [case for case in cases("layout_cases.jsonl") if case["lines"]]
FILTERS = [f"--{one.name.replace('_', '-')}" for one in fields(RowFilters)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database_of(tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def answers(code: str, share: str) -> dict[str, Any]:
    """What other rules had answered."""
    return {
        "ocr_fund_code": code,
        "ocr_hold_share": share,
        "flag": True,
        "reason": None,
        "confidence": 0.99,
    }


def test_other_rules_change_nothing_until_they_are_applied(tmp_path: Path, engine: Engine) -> None:
    store = Store(engine)
    before = rows_of(
        store, [read(number, case["lines"], "seed") for number, case in enumerate(CASES)]
    )
    expected = {
        row.id: one.compared for row in before if (one := replay(row, RULES["layout"])) is not None
    }
    outcomes = [one.outcome for one in expected.values()]
    assert {Effect.GAINED, Effect.LOST, Effect.SAME} <= set(outcomes)

    looked = fundocr("replay", "--rules", "layout", "--html", tmp_path / "a.html", home=tmp_path)
    assert f"{outcomes.count(Effect.GAINED)} gained" in looked.stdout.decode()
    assert f"{outcomes.count(Effect.LOST)} lost" in looked.stdout.decode()
    page = (tmp_path / "a.html").read_text("utf-8")
    assert all(
        f"<td>{id}</td>" in page for id, one in expected.items() if one.outcome is not Effect.SAME
    )
    assert store.get_many([row.id for row in before]) == {row.id: row for row in before}

    done = fundocr("replay", "--rules", "layout", "--apply", home=tmp_path)
    assert done.returncode == 0, done.stderr
    after = store.get_many([row.id for row in before])
    for row in before:
        one, now = expected[row.id], after[row.id]
        same, stays = one.outcome is Effect.SAME, one.outcome is Effect.SAME or row.flag
        said = one.before if stays else one.after
        assert decision_of(now) == said
        action = "doubted" if row.flag else "reread"
        lines = store.history(row.id)
        assert [(line.action, line.actor) for line in lines] == [(action, "replay")] * (not same)
    again = fundocr("replay", "--rules", "layout", "--apply", home=tmp_path)
    left = sum(row.flag and expected[row.id].outcome is not Effect.SAME for row in before)
    assert f"{len(before)} rows: {len(before) - left} same" in again.stdout.decode()
    assert again.stdout.decode().endswith(
        "0 rows were changed; what people have judged stayed as it was.\n"
    )


def test_an_answer_that_later_rules_do_not_give_stays_and_comes_first_in_the_queue(
    tmp_path: Path, engine: Engine
) -> None:
    store = Store(engine)
    lost, changed, same = rows_of(
        store,
        [
            replace(read(0, WITHOUT, "layout"), **answers("011608", "12.50")),
            replace(read(1, ANSWERED, "layout"), **answers("011608", "9999.99")),
            read(2, ANSWERED, "layout"),
        ],
    )
    unread = rows_of(store, [refused(f"{HOST}/later.png", evidence={})])[0]
    told = fundocr("replay", "--apply", home=tmp_path).stdout.decode()
    assert "2 rows go on answering as before" in told
    for row, other in ((lost, ("", "", "NO_CODE")), (changed, ("011608", "1234.56", None))):
        now = store.get(id=row.id)
        names = ("fund_code", "hold_share", "reason", "rules_version")
        assert now.doubt == dict(zip(names, (*other, same.rules_version), strict=True))
        assert replace(now, doubt=None, row_version=1, updated_at=row.updated_at) == row, (
            "what it answers stays"
        )
    first = [item.id for item in Queue(engine).page(Filter()).items]
    assert set(first[:3]) == {unread.id, changed.id, lost.id}
    assert first[3:] == [same.id]

    # Rules that agree again take the doubt back; a person's word stands above it.
    store.confirm(lost.id, row_version=2, actor="李四")
    with engine.begin() as connection:
        connection.execute(
            update(ocr_result).where(ocr_result.c.id == changed.id).values(ocr_hold_share="1234.56")
        )
    told = fundocr("replay", "--apply", home=tmp_path).stdout.decode()
    assert "1 row is no longer doubted" in told
    assert store.get(id=changed.id).doubt is None
    last = [item.id for item in Queue(engine).page(Filter()).items][-2:]
    assert set(last) == {changed.id, same.id}
    assert store.get(id=lost.id).review_state == "confirmed"


def test_on_evidence_of_an_older_kind_rules_only_refuse(tmp_path: Path, engine: Engine) -> None:
    """It lacks words that they would refuse for."""
    store = Store(engine)
    gain = read(0, ANSWERED, "layout")
    older = {name: value for name, value in gain.evidence.items() if name != "version"}
    unread = replace(refused(f"{HOST}/0.png", evidence=older), image_sha256=bytes(32))
    silent, answered = rows_of(
        store,
        [
            unread,
            replace(
                read(1, WITHOUT, "layout"),
                **answers("011608", "12.50"),
                evidence={**read(1, WITHOUT, "layout").evidence, "version": 1},
            ),
        ],
    )
    told = fundocr("replay", "--apply", home=tmp_path).stdout.decode()
    assert "1 would get an answer that what is kept of their page cannot carry" in told
    assert store.get(id=silent.id) == silent
    doubt = store.get(id=answered.id).doubt
    assert doubt is not None and doubt["reason"] == "NO_CODE"


def test_imported_rows_are_not_touched(tmp_path: Path, engine: Engine) -> None:
    """They came from another table, which kept no page."""
    kept = replace(
        read(0, ANSWERED, "layout"),
        evidence={},
        rules_version="legacy",
        imported=Imported(fund_code="", hold_share=""),
    )
    (row,) = rows_of(Store(engine), [kept])
    told = fundocr("replay", "--apply", home=tmp_path).stdout.decode()
    assert "1 with nothing to go by" in told
    assert Store(engine).get(id=row.id) == row and row.fund_code == "011608"


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
    assert "1 row was changed" in done.stdout.decode()
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
    told = done.stdout.decode()
    assert "1 would get an answer that what is kept of their page cannot carry" in told
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
    assert replace_readings(engine, new, actor="replay", note="") == {same.image_url}
    assert store.get(id=changed.id).ocr_fund_code == "011608"
    assert store.find([gone.image_url]) == {}
    assert store.get(id=same.id).ocr_fund_code == ""


@pytest.mark.parametrize("evidence", [{}, {"lines": []}, {"lines": [{"text": "1"}], "width": 1}])
def test_rows_without_a_page_are_counted(
    tmp_path: Path, engine: Engine, evidence: dict[str, Any]
) -> None:
    rows_of(Store(engine), [refused(f"{HOST}/a.png", evidence=evidence)])
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


def test_rows_that_changed_between_look_and_apply_are_named(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    store = Store(engine)
    corrected, other = rows_of(store, [read(number, ANSWERED, "seed") for number in range(2)])
    for row in (corrected, other):
        empty = refused(row.image_url, evidence=row.evidence, image_sha256=row.image_sha256)
        store.save([replace(empty, refresh=True)])
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))

    def correct_first(*given: Any, **how: Any) -> set[str]:
        store.correct(corrected.image_url, "000001", "7", actor="李四")
        return replace_readings(*given, **how)

    monkeypatch.setattr("cli.replay.replace_readings", correct_first)
    assert replay_rows(RowFilters(), rules="layout", apply=True, html=None) == 0
    told = capsys.readouterr().out
    assert f"row {corrected.id} has changed since it was looked at, and stays as it is" in told
    assert "1 row was changed" in told
    kept = store.get(id=corrected.id)
    assert (kept.answer_fund_code, kept.answer_hold_share, kept.flag) == ("000001", "7", False)
    assert [line.action for line in store.history(corrected.id)] == ["reread", "corrected"]
    assert store.get(id=other.id).ocr_hold_share == "1234.56"


def test_the_page_shows_what_was_read_and_runs_none_of_it(tmp_path: Path, engine: Engine) -> None:
    hostile = '<script>alert("1")</script>'
    lines = [*ANSWERED, [f"{hostile} 净值 7.10", 16, 300, 14]]
    reading = replace(
        read(0, lines, "layout"),
        identity=f"{HOST}/a'\"><script>alert(2)</script>.png",
        ocr_fund_code="<img src=x>",
        ocr_hold_share=hostile,
        label=hostile,
    )
    (row,) = rows_of(Store(engine), [reading])
    done = fundocr("replay", "--rules", "layout", "--html", tmp_path / "a.html", home=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "a.html").read_text("utf-8")
    assert f"<td>{row.id}</td>" in page
    assert "<script" not in page
    assert "<img" not in page
    assert escape(hostile) in page
    assert escape(row.image_url) in page


def test_the_same_filters_choose_rows_for_every_command(tmp_path: Path, engine: Engine) -> None:
    rows_of(Store(engine), [read(number, ANSWERED, "layout") for number in range(3)])
    one = f"{HOST}/1.png"
    told = fundocr("replay", "--url-prefix", one, home=tmp_path).stdout.decode()
    assert told.startswith("1 row: 1 same")
    exported = fundocr("export", "--url-prefix", one, home=tmp_path).stdout.decode()
    assert len(exported.splitlines()) == 2
    for command in (["replay"], ["reread", "--model", "1.0"], ["export"]):
        help = fundocr(*command, "--help", home=tmp_path).stdout.decode()
        assert [name for name in FILTERS if name not in help] == []
    wrong = fundocr("replay", "--state", "asleep", home=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, b"")
