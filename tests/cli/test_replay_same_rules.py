"""The rules that are in force say again what every row says: of all layouts, for all reasons."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from cli.compare import Effect
from db.engine import open_engine
from db.store import Store
from evals.rules.ocr_noise import noisy
from evals.screens.corpus import draw
from evals.screens.layouts import LAYOUTS
from pipeline.rules import open_rules
from pipeline.settings import Settings
from postprocess.types import Page, Reason
from tests.cli.replay_rows import ANSWERED, read_page, rows_of
from tests.cli.tables_of import database_of
from tests.fundocr_command import fundocr
from tests.rules.layout_pages import cases, page_of

NAMED = [["恒澜消费升级混合A(163499)", 16, 130, 15], ["可用份额 1,234.56", 16, 160, 13]]
FUNDS = """code,name
163499,瑞泊全球配置债券(QDII)
011608,恒澜消费升级混合A
"""
NOISY_EACH = 3
# The seed's rules know no other.
OF_SEED = {None, "NO_TEXT", "NO_SHARE", "NO_CODE", "MANY_CODES", "MANY_SHARES", "RULE_ERROR"}
OF_LAYOUT = {None, *map(str, Reason)} - {"RULE_ERROR"}


@cache
def pages() -> tuple[Page, ...]:
    """One screen of every layout and three noisy readings of each; the cases of the rules; a page
    whose second reading is another; a fund that the list calls by another name; a page on its side.
    """
    return tuple(_pages())


def _pages() -> Iterator[Page]:
    rng = Random(7)
    screens = list(draw(len(LAYOUTS), 20_261_126, degraded=False))
    assert {screen.layout for screen in screens} == {layout.name for layout in LAYOUTS}
    for screen in screens:
        page, truth = screen.page(), screen.truth
        yield page
        for _ in range(NOISY_EACH):
            yield noisy(page, truth.fund_code, truth.hold_share, rng).page
    yield from (page_of(case["lines"]) for case in cases("layout_cases.jsonl"))
    page = page_of(ANSWERED)
    yield replace(page, lines=tuple(replace(line, second=line.text) for line in page.lines))
    yield replace(page, lines=tuple(replace(line, second="1,234.50") for line in page.lines))
    yield page_of(NAMED)
    yield replace(page_of(NAMED), on_its_side=True)


@pytest.mark.parametrize(("rules", "reasons"), [("layout", OF_LAYOUT), ("seed", OF_SEED)])
def test_replaying_the_rules_in_force_changes_no_row(
    tmp_path: Path, rules: str, reasons: set[str | None]
) -> None:
    (tmp_path / "funds.csv").write_text(FUNDS, "utf-8")
    decide = open_rules(Settings(home=tmp_path, rules=rules, fund_list=Path("funds.csv")))
    engine = open_engine(database_of(tmp_path))
    readings = [read_page(number, page, decide) for number, page in enumerate(pages())]
    rows = rows_of(Store(engine), readings)
    engine.dispose()
    assert {row.reason for row in rows} == reasons
    assert not all(row.evidence["lines"] for row in rows), "a page without text is a page, too"

    settings = {"FUNDOCR_RULES": rules, "FUNDOCR_FUND_LIST": "funds.csv"}
    done = fundocr("replay", "--apply", home=tmp_path, settings=settings)
    assert done.returncode == 0, done.stderr
    told = Counter({Effect.SAME: len(rows)})
    counts = ", ".join(f"{told[one]} {one}" for one in Effect)
    assert done.stdout.decode().splitlines() == [
        f"{len(rows)} rows: {counts}",
        "0 rows were changed; what people have judged stayed as it was.",
    ]
