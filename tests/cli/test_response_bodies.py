"""One shape of answer for a page just read and for a stored row."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from db.rows import Row
from pipeline.errors import RowChanged, UnknownImage
from pipeline.response import answer_of, error_body, extraction_body, row_body, to_json
from postprocess.extract import extract
from postprocess.types import Extraction, Found, Holding, Line, Page, Reason

QUAD = ((1.04, 2.06), (9.0, 2.0), (9.0, 4.0), (1.0, 4.0))


def page(*texts: str) -> Page:
    lines = tuple(Line(text=text, confidence=0.123456, quad=QUAD) for text in texts)
    return Page(lines=lines, width=10, height=10, model_version="m@1")


def row(of: Page, **changed: Any) -> Row:
    found = extract(of, "seed")
    code, share = found.fund_code, found.hold_share
    values: dict[str, Any] = {
        "id": 17,
        "url_sha256": b"\0" * 32,
        "image_url": "https://example.com/a.png",
        "url_type": "oss",
        "business_type": "基金",
        "ocr_fund_code": code.value if code else "",
        "ocr_hold_share": share.value if share else "",
        "update_fund_code": "",
        "update_hold_share": "",
        "fund_code": None,
        "hold_share": None,
        "flag": found.reason is None,
        "reason": found.reason,
        "confidence": None,
        "label": None,
        "review_state": "open",
        # As the database gives it back.
        "evidence": json.loads(to_json({"answer": answer_of(found, of)})),
        "image_sha256": None,
        "model_version": of.model_version,
        "rules_version": found.rules,
        "row_version": 2,
        "created_at": datetime.now(UTC),
        "updated_at": datetime.now(UTC),
    }
    return Row(**(values | changed))


@pytest.mark.parametrize(
    "texts",
    [("000001", "可用份额 1,234.56"), ("000001",), ("000001", "161725"), (), ("可用份额",)],
)
def test_a_stored_row_answers_as_the_page_did_when_it_was_read(texts: tuple[str, ...]) -> None:
    of = page(*texts)
    read = extraction_body(extract(of, "seed"), of, source="ocr", request_id="r", elapsed_ms=5)
    stored = row_body(row(of), source="stored", request_id="s", elapsed_ms=1)
    assert (stored["flag"], stored["data"]) == (read["flag"], read["data"])
    own = {"id": 17, "row_version": 2, "source": "stored", "request_id": "s", "elapsed_ms": 1}
    own |= {"review_state": "open"}
    assert stored["detail"] == read["detail"] | own
    assert list(stored["detail"]) == list(read["detail"])


def test_a_corrected_row_answers_with_the_persons_values_and_keeps_what_was_read() -> None:
    of = page("000001", "161725")
    corrected = row(
        of, review_state="corrected", update_fund_code="011608", update_hold_share="12.5"
    )
    body = row_body(corrected, source="stored", request_id=None, elapsed_ms=0)
    assert body["flag"] is True
    assert body["data"] == {"fund_code": "011608", "hold_share": "12.5"}
    assert (body["detail"]["source"], body["detail"]["reason"]) == ("corrected", None)
    assert body["detail"]["candidates"]["fund_codes"] == ["000001", "161725"]


def test_a_refused_row_never_answers_values() -> None:
    refused = row(page("000001"), ocr_fund_code="000001", ocr_hold_share="1.00")
    body = row_body(refused, source="stored", request_id=None, elapsed_ms=0)
    assert (body["flag"], body["data"]) == (False, {"fund_code": "", "hold_share": ""})
    assert body["detail"]["reason"] == "NO_SHARE"


def test_a_row_taken_over_without_evidence_has_an_empty_detail() -> None:
    legacy = row(page("000001", "可用份额 1.00"), evidence={})
    body = row_body(legacy, source="stored", request_id=None, elapsed_ms=0)
    assert body["data"] == {"fund_code": "000001", "hold_share": "1.00"}
    assert body["detail"]["fund_code"] is None
    assert body["detail"]["candidates"] == {"fund_codes": [], "hold_shares": [], "holdings": []}


def test_a_refused_page_still_shows_the_one_code_it_has() -> None:
    of = page("000001", "可用份额 1.00", "可用份额 2.00")
    body = extraction_body(extract(of, "seed"), of, source="dry_run")
    assert body["detail"]["reason"] == "MANY_SHARES"
    assert body["detail"]["fund_code"]["text"] == "000001"
    assert body["detail"]["hold_share"] is None


def test_confidences_have_four_places_and_boxes_one() -> None:
    of = page("000001")
    assert answer_of(extract(of, "seed"), of)["fund_code"] == {
        "text": "000001",
        "confidence": 0.1235,
        "box": [[1.0, 2.1], [9.0, 2.0], [9.0, 4.0], [1.0, 4.0]],
    }


def test_holdings_and_checks_are_passed_on() -> None:
    extraction = Extraction(
        rules="layout@1",
        reason=Reason.MANY_CODES,
        holdings=(Holding(fund_code="000001", name="华夏成长", hold_share=""),),
        checks={"share_times_nav": "absent"},
    )
    answer = answer_of(extraction, page())
    assert answer["candidates"]["holdings"] == [
        {"fund_code": "000001", "name": "华夏成长", "hold_share": ""}
    ]
    assert answer["checks"] == {"share_times_nav": "absent"}


def test_an_error_has_its_sentence_code_and_request_and_what_it_brings() -> None:
    assert error_body(UnknownImage(), "r-1") == {
        "error": "MySQL中ocr信息更新失败,请先确保您的图片已被解析并存入MySQL表中。",
        "code": "UNKNOWN_IMAGE",
        "request_id": "r-1",
    }
    changed = error_body(RowChanged(detail={"present": {"row_version": 3}}), None)
    assert changed["present"] == {"row_version": 3}
    assert changed["request_id"] is None


def test_json_is_one_compact_line_of_utf_8_whatever_was_read() -> None:
    text = to_json({"text": "可用\n\ud800\udfff份", "n": 1})
    assert text == '{"text":"可用\\n\\ud800\\udfff份","n":1}'
    assert json.loads(text.encode())["text"] == "可用\n\U000103ff份"


def test_a_number_that_json_cannot_write_becomes_null() -> None:
    of = page("000001")
    found = Found(value="000001", text="000001", confidence=float("nan"), quad=QUAD)
    broken = Extraction(rules="seed@1", fund_codes=(found,), reason=Reason.NO_SHARE)
    body = extraction_body(broken, of, source="ocr")
    assert json.loads(to_json(body))["detail"]["fund_code"]["confidence"] is None
