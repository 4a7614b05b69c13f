"""A name of the product's means one thing: whoever meets it in one room knows it in the next."""

import re
from collections import defaultdict

from pipeline.settings import PROJECT

ROOMS = ("bulk", "cli", "db", "front", "handlers", "ocr", "pipeline", "postprocess", "serving")
# The rules have words of their own for what they see, within their room: a text's role beside a
# number, a row of a page, a part of a label and of a line. `Reader` is what every engine offers,
# and what asks one version of the service to read.
TWICE = {"Line", "Part", "Reader", "Role", "Row"}


def test_no_two_classes_of_the_product_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            for name in re.findall(r"^class ([A-Za-z]\w*)", path.read_text("utf-8"), re.MULTILINE):
                places[name].append(str(path.relative_to(PROJECT)))
    assert {n: where for n, where in places.items() if len(where) > 1 and n not in TWICE} == {}
