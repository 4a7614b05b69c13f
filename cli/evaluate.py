"""`fundocr evaluate`: counts right, wrong and missed answers, in this process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.extract import BadPage, parse_page
from cli.judge import JUDGEMENTS, Judged, counts, counts_by, judge, sentence
from pipeline.plain import escaped
from pipeline.regular_file import read_file
from pipeline.response import Body, extraction_body
from postprocess.evidence import redact
from postprocess.types import Page
from serving.failure import USAGE, Failure, rules_or_failure, settings_or_failure
from serving.process import files_to_hand_on

TRUTH = "truth.json"


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

        try:
            with files_to_hand_on():
                write_page(html, judged)
        except OSError as error:
            raise Failure(f"{html} cannot be written: {error.strerror}.", USAGE) from None
    return 0


def _of_folder(folder: Path, rules: str | None) -> Iterator[Judged]:
    # Here and not above: cases need no reader.
    from cli.recognize import default_extractor, extract_files

    truths = _load(folder / TRUTH)
    settings = settings_or_failure(rules)
    extractor = default_extractor(settings)
    extracted = extract_files([folder / name for name in truths], extractor, settings)
    for name, (body, page) in zip(truths, extracted, strict=True):
        yield _judged(name, truths[name], body, page, folder / name)


def _of_cases(file: Path, rules: str | None) -> Iterator[Judged]:
    """Cases as `fundocr export --cases` writes them: a page with the values that it shows."""
    apply_rules = rules_or_failure(settings_or_failure(rules))
    try:
        lines = read_file(file).splitlines()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    for number, line in enumerate(lines, 1):
        try:
            case = json.loads(line)
            page, extraction = redact(parse_page(line), apply_rules)
            answer = extraction_body(extraction, page, source="ocr")
            yield _judged(str(case.get("name", number)), case, answer, page, None)
        except (ValueError, KeyError, TypeError, RecursionError, BadPage) as error:
            raise Failure(f"{file}, line {number} is no case: {error}.", USAGE) from None


def _judged(
    name: str, truth: dict[str, Any], answer: Body, page: Page | None, picture: Path | None
) -> Judged:
    values = {key: str(truth[key]) for key in ("fund_code", "hold_share")}
    return Judged(
        name=name,
        truth=values,
        layout=str(truth.get("layout", "")),
        answer=answer,
        verdict=judge(values, answer),
        page=page,
        picture=picture,
    )


def _load(file: Path) -> dict[str, dict[str, Any]]:
    try:
        truths: dict[str, dict[str, Any]] = json.loads(read_file(file).decode())
        complete = all({"fund_code", "hold_share"} <= set(truth) for truth in truths.values())
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    except (ValueError, AttributeError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise Failure(f'{file} must be {{"file": {{"fund_code", "hold_share"}}, …}}.', USAGE)
    return truths


def _print(judged: list[Judged]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(soft_wrap=True, markup=False)
    for title, group in (
        ("layout", lambda result: result.layout),
        ("reason", lambda result: result.why),
        ("model and rules", lambda result: result.versions),
    ):
        table = Table(title, *JUDGEMENTS)
        for key, group_counts in counts_by(judged, group).items():
            table.add_row(
                escaped(key) or "-", *(str(group_counts[verdict]) for verdict in JUDGEMENTS)
            )
        console.print(table)
    console.print(sentence(counts(judged)))
    for result in judged:
        if result.verdict != "right":
            shown = result.answer.get("data", {})
            said = f"{result.verdict}: {result.name}: {shown} for {result.truth} ({result.why})"
            console.print(escaped(said))
