"""The list of codes that callers are told is the list of codes that they get."""

import re

from pipeline.settings import PROJECT
from tests.input.judge import documented_codes, statuses_by_code


def test_the_document_lists_every_code_and_no_other() -> None:
    assert documented_codes() == statuses_by_code().keys()


def test_the_page_tells_every_code_with_its_status() -> None:
    text = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    told: dict[str, set[int]] = {}
    for statuses, codes in re.findall(
        r"^\| ([\d, ]+) \| ((?:`[A-Z_]+`(?:, )?)+) \|", text, re.MULTILINE
    ):
        for code in re.findall(r"[A-Z_]+", codes):
            told.setdefault(code, set()).update(map(int, statuses.split(", ")))
    missing = {
        code: statuses
        for code, statuses in statuses_by_code().items()
        if not statuses <= told.get(code, set())
    }
    assert missing == {}
