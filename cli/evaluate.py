"""`fundocr evaluate`: answers held against the truth, in this process.

right: the values that the truth has, or flag false where the truth is empty. wrong: flag true with
other values, or where it must be false. missed: flag false where the truth has values.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from cli.failure import USAGE, Failure, rules_or_failure, settings_or_failure
from cli.page import BadPage, parse_page
from pipeline.response import Body, extraction_body
from postprocess.evidence import settle

Verdict = Literal["right", "wrong", "missed"]
TRUTH = "truth.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One picture or case: what it shows (`truth`) and what was answered.

    layout: the truth's own word for the kind of page, empty where it has none.
    """

    name: str
    truth: dict[str, str]
    layout: str
    answer: Body
    verdict: Verdict


def evaluate(
    folder: Path | None, *, cases: Path | None, rules: str | None, html: Path | None
) -> int:
    """Print right, wrong and missed of a folder with truth.json, or of a file of cases."""
    if (folder is None) == (cases is None):
        raise Failure("Give a folder with pictures and truth.json, or --cases FILE.", USAGE)
    judged = list(_of_folder(folder, rules) if folder else _of_cases(cases or Path(), rules))
    _print(judged)
    if html is not None:
        from cli.evaluation_page import write_page

        write_page(html, judged, folder)
    return 0


def judge(truth: dict[str, str], answer: Body) -> Verdict:
    """Hold one answer against the truth (`fund_code`, `hold_share`; both empty: no answer)."""
    must_answer = bool(truth["fund_code"])
    if not answer.get("flag"):
        return "missed" if must_answer else "right"
    data = answer["data"]
    equal = data["fund_code"] == truth["fund_code"] and _same_number(
        data["hold_share"], truth["hold_share"]
    )
    return "right" if must_answer and equal else "wrong"


def _same_number(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return one == other


def _of_folder(folder: Path, rules: str | None) -> Iterator[Judged]:
    # Here and not above: cases need no reader.
    from cli.recognize import default_decider, read_files

    truths = _load(folder / TRUTH)
    settings = settings_or_failure(rules)
    files = [folder / name for name in truths]
    decider = default_decider(settings)
    for body in read_files(files, decider, settings):
        name = Path(body["file"]).name
        yield _judged(name, truths[name], body)


def _of_cases(file: Path, rules: str | None) -> Iterator[Judged]:
    """Cases as `fundocr export --cases` writes them: a page with the values that it shows."""
    apply_rules = rules_or_failure(settings_or_failure(rules))
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    for number, line in enumerate(lines, 1):
        try:
            case = json.loads(line)
            page, found = settle(parse_page(line), apply_rules)
            answer = extraction_body(found, page, source="ocr")
            yield _judged(str(case.get("name", number)), case, answer)
        except (ValueError, KeyError, TypeError, BadPage) as error:
            raise Failure(f"{file}, line {number} is no case: {error}.", USAGE) from None


def _judged(name: str, truth: dict[str, Any], answer: Body) -> Judged:
    values = {key: str(truth[key]) for key in ("fund_code", "hold_share")}
    return Judged(
        name=name,
        truth=values,
        layout=str(truth.get("layout", "")),
        answer=answer,
        verdict=judge(values, answer),
    )


def _load(file: Path) -> dict[str, dict[str, Any]]:
    try:
        truths: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        complete = all({"fund_code", "hold_share"} <= set(truth) for truth in truths.values())
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    except (ValueError, AttributeError, TypeError):
        complete = False
    if not complete:
        raise Failure(f'{file} must be {{"file": {{"fund_code", "hold_share"}}, …}}.', USAGE)
    return truths


def counts(judged: Iterable[Judged]) -> Counter[Verdict]:
    """How many of each verdict."""
    return Counter(one.verdict for one in judged)


def why(answer: Body) -> str:
    """The reason of a refusal, the code of an error, or `answered`."""
    return str(answer.get("code") or answer["detail"]["reason"] or "answered")


def _print(judged: list[Judged]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for title, group in (
        ("layout", lambda one: one.layout),
        ("reason", lambda one: why(one.answer)),
    ):
        table = Table(title, "right", "wrong", "missed")
        for key in sorted({group(one) for one in judged}):
            found = counts(one for one in judged if group(one) == key)
            table.add_row(key or "-", *(str(found[v]) for v in ("right", "wrong", "missed")))
        console.print(table)
    found = counts(judged)
    versions = {
        f"{one.answer['detail']['model_version']}, {one.answer['detail']['rules']}"
        for one in judged
        if "detail" in one.answer
    }
    share = 100 * found["right"] / max(len(judged), 1)
    console.print(
        f"{len(judged)} pages ({'; '.join(sorted(versions))}): {found['right']} right "
        f"({share:.1f} %), {found['wrong']} wrong, {found['missed']} missed"
    )
    for one in judged:
        if one.verdict != "right":
            shown = one.answer.get("data", {})
            console.print(f"{one.verdict}: {one.name}: {shown} for {one.truth} ({why(one.answer)})")
