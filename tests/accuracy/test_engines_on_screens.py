"""On drawn screens of many kinds the fast reader reads and decides as PaddleOCR itself does.

PaddleOCR takes longer, so a page of each kind stands for all: one of every app, with
rows, columns, pairs, a table, a list, a form, values above labels, wrapped names.
"""

from collections.abc import Sequence
from functools import cache

from accuracy.reading import answer, image_of
from ocr.crops import Pixels
from postprocess.layout import extract
from postprocess.types import Page
from screens.corpus import draw
from screens.layouts import LAYOUTS
from tests.ocr.reading import V6, alike, reader

SEED = 20261125
LEAST_ALIKE = 0.99
KINDS = (
    *("alipay_detail", "licaitong_value_above", "tiantian_redeem", "tiantian_list", "cmb_columns"),
    *("xueqiu_pairs", "fundhouse_convert", "fundhouse_wrapped", "broker_table"),
)


@cache
def images() -> Sequence[Pixels]:
    """One screen of each of these layouts, as screenshots arrive."""
    screens = draw(len(LAYOUTS), SEED)
    return [image_of(screen).pixels for screen in screens if screen.layout in KINDS]


@cache
def read(engine: str) -> list[Page]:
    return reader(engine, V6).read(images())


def test_99_of_100_lines_are_read_alike() -> None:
    pairs = zip(read("openvino"), read("onnxruntime"), strict=True)
    equal, total, different = alike(pairs)
    assert len(images()) == len(KINDS)
    assert total > 150
    assert equal / total >= LEAST_ALIKE, "\n".join(different)


def test_every_page_has_the_same_answer() -> None:
    pages = zip(read("openvino"), read("onnxruntime"), strict=True)
    decided = [[answer(extract(page)) for page in pair] for pair in pages]
    assert [one for one, _ in decided] == [other for _, other in decided]
    assert sum(one != ("", "") for one, _ in decided) > 4
