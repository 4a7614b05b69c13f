"""`fundocr extract`: JSON lines in, JSON lines out."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cli import extract
from postprocess.extract import RULES
from tests.fundocr_command import ROOT, fundocr

VECTORS = [
    json.loads(line)
    for line in (ROOT / "tests" / "seed_rule_vectors.jsonl").read_text("utf-8").splitlines()
]
GOOD_LINE = {"text": "可用份额 12.50", "confidence": 0.5, "quad": [[0, 0], [9, 0], [9, 9], [0, 9]]}
GOOD_PAGE = {"width": 100, "height": 200, "lines": [GOOD_LINE]}


def answers(tmp_path: Path, *lines: bytes) -> list[dict[str, Any]]:
    done = fundocr("extract", "--rules", "seed", home=tmp_path, stdin=b"\n".join(lines) + b"\n")
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.split(b"\n")[:-1]]


def as_line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def of_vectors(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return answers(tmp_path_factory.mktemp("home"), *map(as_line, VECTORS))


def test_every_vector_gets_one_line_in_its_place(of_vectors: list[dict[str, Any]]) -> None:
    assert len(of_vectors) == len(VECTORS) == 3000
    assert all(set(answer) == {"flag", "data", "detail"} for answer in of_vectors)


def test_candidates_and_flag_are_those_of_todays_rules(of_vectors: list[dict[str, Any]]) -> None:
    checked = 0
    for vector, answer in zip(VECTORS, of_vectors, strict=True):
        if "crash" in vector:
            continue
        candidates = answer["detail"]["candidates"]
        assert candidates["fund_codes"] == vector["fund_codes"], vector
        assert candidates["hold_shares"] == vector["hold_shares"], vector
        assert answer["flag"] is vector["flag"], vector
        expected = (
            {"fund_code": vector["fund_codes"][0], "hold_share": vector["hold_shares"][0]}
            if vector["flag"]
            else {"fund_code": "", "hold_share": ""}
        )
        assert answer["data"] == expected, vector
        assert (answer["detail"]["reason"] is None) is vector["flag"], vector
        checked += 1
    assert checked == 2156


def test_a_page_on_which_todays_rules_failed_is_refused_as_rule_error(
    of_vectors: list[dict[str, Any]],
) -> None:
    crashed = [a for v, a in zip(VECTORS, of_vectors, strict=True) if v.get("crash")]
    assert len(crashed) == 844
    assert all(answer["flag"] is False for answer in crashed)
    assert {answer["detail"]["reason"] for answer in crashed} == {"RULE_ERROR"}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"   ", id="blank"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"\xff\xfe", id="not utf-8"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"lines"', id="a text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"[" * 200_000, id="nested beyond measure"),
        pytest.param(b"{}", id="no lines"),
        pytest.param(b'{"lines": null}', id="lines null"),
        pytest.param(b'{"lines": {}}', id="lines an object"),
        pytest.param(b'{"lines": ["a", 1]}', id="a number among texts"),
        pytest.param(b'{"lines": ["a", null]}', id="null among texts"),
        pytest.param(as_line({"lines": ["a", GOOD_LINE], "width": 1, "height": 1}), id="mixed"),
        pytest.param(as_line({"lines": [GOOD_LINE], "height": 1}), id="no width"),
        pytest.param(as_line({"lines": [GOOD_LINE], "width": 1}), id="no height"),
        pytest.param(as_line(GOOD_PAGE | {"width": 0}), id="width 0"),
        pytest.param(as_line(GOOD_PAGE | {"width": True}), id="width true"),
        pytest.param(as_line(GOOD_PAGE | {"width": "9"}), id="width a text"),
        pytest.param(as_line(GOOD_PAGE | {"height": 10**400}), id="height of 400 digits"),
        pytest.param(
            b'{"lines":[{}],"height":1,"width":' + b"9" * 5000 + b"}", id="width of 5000 digits"
        ),
        pytest.param(as_line(GOOD_PAGE | {"lines": [GOOD_LINE | {"text": 7}]}), id="text a number"),
        pytest.param(
            as_line(GOOD_PAGE | {"lines": [{"text": "a", "confidence": 1}]}), id="no quad"
        ),
        pytest.param(
            as_line(GOOD_PAGE | {"lines": [GOOD_LINE | {"confidence": float("nan")}]}),
            id="confidence NaN",
        ),
        pytest.param(
            as_line(GOOD_PAGE | {"lines": [GOOD_LINE | {"confidence": 1.5}]}), id="confidence 1.5"
        ),
        pytest.param(
            as_line(GOOD_PAGE | {"lines": [GOOD_LINE | {"quad": [[0, 0]] * 3}]}), id="three corners"
        ),
        pytest.param(
            as_line(GOOD_PAGE | {"lines": [GOOD_LINE | {"quad": [[0]] * 4}]}), id="half a corner"
        ),
        pytest.param(
            as_line(GOOD_PAGE | {"lines": [GOOD_LINE | {"quad": [[0, None]] * 4}]}),
            id="null corner",
        ),
        pytest.param(
            b'{"width":1,"height":1,"lines":[{"text":"a","confidence":1,'
            b'"quad":[[1e999,0],[0,0],[0,0],[0,0]]}]}',
            id="infinite corner",
        ),
    ],
)
def test_a_malformed_line_gets_an_error_and_the_next_one_its_answer(
    tmp_path: Path, line: bytes
) -> None:
    bad, good = answers(tmp_path, line, as_line(GOOD_PAGE))
    assert set(bad) == {"error", "code"}
    assert bad["code"] == "BAD_PAGE"
    assert bad["error"].endswith(".")
    assert good["detail"]["candidates"]["hold_shares"] == ["12.50"]


def test_the_error_names_the_part_that_is_wrong(tmp_path: Path) -> None:
    page = GOOD_PAGE | {"lines": [GOOD_LINE, GOOD_LINE | {"confidence": "high"}]}
    [answer] = answers(tmp_path, as_line(page))
    assert answer["error"] == "'lines[1].confidence' must be a number from 0 to 1."


def test_a_page_with_quads_answers_with_their_boxes_and_confidences(tmp_path: Path) -> None:
    code = {"text": "011608", "confidence": 0.98765, "quad": [[1.26, 2], [9, 2], [9, 4], [1, 4]]}
    page = GOOD_PAGE | {"lines": [code, GOOD_LINE], "unknown": [1]}
    [answer] = answers(tmp_path, as_line(page))
    assert answer["data"] == {"fund_code": "011608", "hold_share": "12.50"}
    assert answer["detail"]["fund_code"] == {
        "text": "011608",
        "confidence": 0.9877,
        "box": [[1.3, 2.0], [9.0, 2.0], [9.0, 4.0], [1.0, 4.0]],
    }
    assert answer["detail"]["hold_share"] == {
        "text": "可用份额 12.50",
        "label": "可用份额",
        "confidence": 0.5,
        "box": [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]],
    }


def test_plain_texts_stand_one_below_the_other(tmp_path: Path) -> None:
    [answer] = answers(tmp_path, as_line({"lines": ["011608", "", "可用份额：8.00"]}))
    code, share = answer["detail"]["fund_code"]["box"], answer["detail"]["hold_share"]["box"]
    assert max(y for _, y in code) < min(y for _, y in share)
    assert code[0][0] == share[0][0]


def test_the_detail_has_the_keys_of_the_contract_in_their_order(tmp_path: Path) -> None:
    [answer] = answers(tmp_path, as_line({"lines": ["011608"]}))
    assert list(answer["detail"]) == [
        *("id", "row_version", "review_state", "source", "reason", "request_id"),
        *("fund_code", "hold_share", "candidates", "checks", "kind"),
        *("model_version", "rules", "elapsed_ms"),
    ]
    assert answer["detail"]["rules"] == "seed@1"
    assert answer["detail"]["hold_share"] is None


def test_a_page_without_text_is_no_error(tmp_path: Path) -> None:
    empty, blank = answers(tmp_path, b'{"lines": []}', b'{"lines": [""]}')
    assert empty["detail"]["reason"] == blank["detail"]["reason"] == "NO_TEXT"


def test_half_a_surrogate_pair_goes_through_and_comes_back(tmp_path: Path) -> None:
    [answer] = answers(tmp_path, b'{"lines": ["011608 \\ud800\\ud83d\\ude00\xe4\xbb\xbd"]}')
    assert answer["detail"]["fund_code"]["text"] == "011608 \ud800😀份"


def test_windows_line_ends_a_byte_order_mark_and_no_last_newline_are_fine(tmp_path: Path) -> None:
    stdin = b'\xef\xbb\xbf{"lines": ["011608"]}\r\n{"lines": ["161725"]}'
    done = fundocr("extract", "--rules", "seed", home=tmp_path, stdin=stdin)
    codes = [json.loads(a)["detail"]["candidates"]["fund_codes"] for a in done.stdout.splitlines()]
    assert codes == [["011608"], ["161725"]]


def test_nothing_in_gives_nothing_out(tmp_path: Path) -> None:
    done = fundocr("extract", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_each_answer_is_there_before_the_next_page_is_sent() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "extract", "--rules", "seed"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin and process.stdout
        for code in ("011608", "161725"):
            process.stdin.write(as_line({"lines": [code]}) + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["detail"]["candidates"]["fund_codes"] == [code]
        process.stdin.close()
        assert process.wait(60) == 0


def test_the_setting_names_the_rules_where_the_command_line_does_not(tmp_path: Path) -> None:
    done = fundocr(
        "extract", home=tmp_path, stdin=b'{"lines": []}\n', settings={"FUNDOCR_RULES": "seed"}
    )
    assert json.loads(done.stdout)["detail"]["rules"] == "seed@1"


def test_rules_that_do_not_exist_are_told_with_those_that_do(tmp_path: Path) -> None:
    done = fundocr("extract", "--rules", "sead", home=tmp_path, stdin=b'{"lines": []}\n')
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("There are no rules named 'sead'; there are: ")
    assert "seed" in done.stderr.decode()


def test_each_wrong_setting_is_told_in_one_line(tmp_path: Path) -> None:
    wrong = {"FUNDOCR_RULES": "guess", "FUNDOCR_MAX_BYTES": "many"}
    done = fundocr("extract", home=tmp_path, settings=wrong)
    assert done.returncode == 2
    told = sorted(line.split(":")[0] for line in done.stderr.decode().splitlines())
    assert told == ["FUNDOCR_MAX_BYTES", "FUNDOCR_RULES"]


def test_a_reader_that_goes_away_ends_the_command_without_a_traceback() -> None:
    program = f"{sys.executable} -m cli.main extract --rules seed"
    done = subprocess.run(
        ["bash", "-c", f"{program} | head -n 1"],
        cwd=ROOT,
        input=as_line({"lines": ["011608"]}) + b"\n" + b'{"lines": []}\n' * 20_000,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["detail"]["fund_code"]["text"] == "011608"
    assert done.stderr == b""


def test_a_line_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "_LONGEST", 1000)
    pages = BytesIO(b"x" * 5000 + b"\n" + as_line({"lines": ["a"]}) + b"\n" + b"x" * 3000)
    told = BytesIO()
    extract.answer_lines(pages, told, RULES["seed"])
    first, second, third = map(json.loads, told.getvalue().splitlines())
    assert first == third == {"error": "A line may have 1000 bytes.", "code": "BAD_PAGE"}
    assert second["flag"] is False
