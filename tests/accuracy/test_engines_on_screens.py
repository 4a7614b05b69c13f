"""On drawn screens of many kinds the fast reader reads and decides as PaddleOCR itself does.

PaddleOCR takes longer, so a page of each kind stands for all: in `make drills` one of every app,
with rows, columns, pairs, a table, a list, a form, values above labels, wrapped names. It is one of
tests/ocr to the scheduler (tests/conftest.py), whose readers it shares.
"""

from collections.abc import Sequence
from functools import cache

import pytest

from evals.accuracy.reading import answer, image_of
from evals.screens.corpus import draw_one
from evals.screens.layouts import LAYOUTS
from ocr.crops import Pixels
from postprocess.layout import extract
from postprocess.types import Page
from tests.ocr.reading import V6, alike, reader

SEED = 20261125
LEAST_ALIKE = 0.99
FEW = ("licaitong_value_above", "cmb_columns", "xueqiu_pairs", "broker_table")
KINDS = (
    *("alipay_detail", "tiantian_redeem", "tiantian_list", "fundhouse_convert"),
    "fundhouse_wrapped",
    *FEW,
)
kinds = pytest.mark.parametrize(
    "kinds", [FEW, pytest.param(KINDS, marks=pytest.mark.drill)], ids=["few", "all"]
)


@cache
def images(kinds: tuple[str, ...]) -> Sequence[Pixels]:
    """One screen of each of these layouts, as screenshots arrive."""
    places = (place for place, layout in enumerate(LAYOUTS) if layout.name in kinds)
    return [image_of(draw_one(place, SEED)).pixels for place in places]


@cache
def read(engine: str, kinds: tuple[str, ...]) -> list[Page]:
    return reader(engine, V6).read(images(kinds))


@kinds
def test_99_of_100_lines_are_read_alike(kinds: tuple[str, ...]) -> None:
    pairs = zip(read("openvino", kinds), read("onnxruntime", kinds), strict=True)
    equal, total, different = alike(pairs)
    assert len(images(kinds)) == len(kinds)
    assert total > 15 * len(kinds)
    assert equal / total >= LEAST_ALIKE, "\n".join(different)


@kinds
def test_every_page_has_the_same_answer(kinds: tuple[str, ...]) -> None:
    pages = zip(read("openvino", kinds), read("onnxruntime", kinds), strict=True)
    decided = [[answer(extract(page)) for page in pair] for pair in pages]
    assert [one for one, _ in decided] == [other for _, other in decided]
    assert sum(one != ("", "") for one, _ in decided) > len(kinds) // 2
