"""What the README and the pages behind it promise is there, and looks as they say."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import typer.main

from cli.main import app
from front.app import create_app
from front.openapi import document
from pipeline.errors import ServiceError
from pipeline.settings import PROJECT, Settings
from postprocess.types import Reason
from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures"]

LANGUAGES = ("", ".zh-CN")
# What README says in few words stands in these, in both languages.
BOTH = ("README", "docs/README", "docs/api", "docs/commands", "docs/review", "docs/settings")
# Not answers of the service: the command line's own.
COMMAND_LINE_CODES = {"FILE_NOT_READABLE", "BAD_PAGE", "HOST_SILENT", "LATER", "READER_DIED"}


def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def table_rows(text: str, first: str) -> list[list[str]]:
    """The rows of all tables whose first cell matches the pattern `first`."""
    rows = [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [row for row in rows if re.fullmatch(first, row[0])]


def block_after(text: str, mark: str) -> str:
    """The code block that follows an invisible mark."""
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None, mark
    return found.group(1)


def subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for child in base.__subclasses__():
        yield child
        yield from subclasses(child)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_stands_in_the_table_with_its_default(language: str) -> None:
    rows = table_rows(text_of(f"docs/settings{language}.md"), r"`FUNDOCR_\w+`")
    told = {row[0]: row[1] for row in rows}
    shown: dict[str, str] = {}
    for field, info in Settings.model_fields.items():
        default = "" if info.default in ((), None) else f"`{info.default}`"
        default = f"`{int(info.default)}`" if isinstance(info.default, bool) else default
        shown[f"`FUNDOCR_{field.upper()}`"] = default
    shown["`FUNDOCR_HOME`"] = told["`FUNDOCR_HOME`"]
    assert told == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_stands_in_the_table_with_its_status(language: str) -> None:
    told = {
        (int(status), code)
        for row in table_rows(text_of(f"docs/api{language}.md"), r"\d{3}(, \d{3})*")
        for status, code in paired(row[0].split(", "), re.findall(r"`([A-Z_]+)`", row[1]))
    }
    assert create_app, "all errors of the front door are defined by now"
    real = {
        (kind.status, kind.code)
        for kind in subclasses(ServiceError)
        if kind.code not in COMMAND_LINE_CODES
    }
    assert told == real


def paired(statuses: list[str], codes: list[str]) -> list[tuple[str, str]]:
    """One status for all codes of a row, or one for each."""
    return list(zip(statuses * len(codes) if len(statuses) == 1 else statuses, codes, strict=False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_explained(language: str) -> None:
    rows = table_rows(text_of(f"docs/api{language}.md"), r"`[A-Z_]+`")
    assert [row[0].strip("`") for row in rows] == [reason.value for reason in Reason]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_path_of_the_front_door_stands_in_the_table(language: str) -> None:
    rows = table_rows(text_of(f"docs/api{language}.md"), r"|.*8000")
    told = {
        re.sub(r"{\w+}", "{}", path)
        for row in rows
        for path in re.findall(r"(?<=[ `])(/[a-z_/.]+(?:{\w+})?)", row[1])
    }
    real = {re.sub(r"{\w+}", "{}", path) for path in document()["paths"]}
    # TorchServe's names for the same are one line.
    of_torchserve = {path for path in real if path.startswith("/predictions/")} | {"/ping"}
    assert real - of_torchserve <= told
    assert "/predictions/" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_has_a_line(language: str) -> None:
    rows = table_rows(text_of(f"docs/commands{language}.md"), r"(`[a-z].*`)")
    told = {re.split(r"[ `]", part)[0] for row in rows for part in re.findall(r"`([^`]+)", row[0])}
    assert set(typer.main.get_command(app).commands) <= told  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_that_is_explained_is_one_that_the_program_says(language: str) -> None:
    folders = ("cli", "db", "front", "handlers", "ocr", "pipeline", "scripts", "serving")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]
    said = "\n".join(file.read_text(encoding="utf-8") for file in files)
    text = text_of(f"docs/commands{language}.md").split("\n## ")
    rows = table_rows(next(part for part in text if "choose a model folder" in part), ".*[a-z].*")
    phrases = [row[0] for row in rows if row[0] != "it says"]
    assert len(phrases) > 5
    assert [phrase for phrase in phrases if phrase not in said] == []


def blocks(name: str) -> list[str]:
    """The code blocks of a page, without comments in its language."""
    shown = re.findall(r"```(?!mermaid)\w+\n.*?```", text_of(name), re.DOTALL)
    return [re.sub(r"\s+# [^{\"].*", "", block) for block in shown]


@pytest.mark.parametrize("page", BOTH)
def test_both_languages_show_the_same_commands_and_answers(page: str) -> None:
    assert blocks(f"{page}.md") == blocks(f"{page}.zh-CN.md")


@pytest.mark.parametrize("page", ["callers", "models", "operate"])
def test_a_page_that_is_shorter_in_chinese_shows_nothing_else(page: str) -> None:
    """The rest is in English alone."""

    def lines(name: str) -> set[str]:
        shown = [
            line.strip().removeprefix("$ ")
            for block in blocks(name)
            for line in block.split("\n")[1:]
        ]
        return {line for line in shown if not line.startswith("# ") or line[2] in '{"'}

    pages = (path for path in (PROJECT / "docs").glob("*.md") if "zh-CN" not in path.name)
    english = {line for path in pages for line in lines(f"docs/{path.name}")}
    shown = lines(f"docs/{page}.zh-CN.md")
    assert len(shown) > 1
    assert shown - english == set()


def test_the_request_that_is_shown_gives_the_answer_that_is_shown(
    shared: SharedService,
) -> None:
    text, trial = text_of("README.md"), shared.trial
    command = block_after(text, "request").replace("http://127.0.0.1:8000", trial.front)
    command = command.replace("var/run/", f"{trial.home}/var/run/")
    answer = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, cwd=PROJECT, timeout=60
    )
    assert shape(json.loads(answer.stdout)) == shape(json.loads(block_after(text, "answer")))


def shape(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from run to run and from processor to processor."""
    detail = answer["detail"]
    assert set(detail["fund_code"]) == {"text", "confidence", "box"}
    assert set(detail["hold_share"]) == {"text", "label", "confidence", "box"}
    for field in ("fund_code", "hold_share"):
        detail[field] = {"text": detail[field]["text"], "label": detail[field].get("label")}
    changing = ("id", "row_version", "request_id", "elapsed_ms", "source")
    return {**answer, "detail": {k: v for k, v in detail.items() if k not in changing}}


def test_the_management_lines_that_are_shown_give_the_answers_that_are_shown(
    shared: SharedService,
) -> None:
    block = block_after(text_of("docs/versions.md"), "management").splitlines()
    build = [*shlex.split(block[0], comments=True), "--output", str(shared.model_store)]
    subprocess.run(build, check=True, cwd=PROJECT, capture_output=True)
    # The first three lines build and name what a private service has elsewhere.
    calls = [line for line in block[3:] if not line.startswith("#")]
    shown = [line.removeprefix("# ") for line in block[3:] if line.startswith("#")]
    authorization = shared.trial.authorization("management")
    api = shared.trial.address.management
    names = {"auth": f"Authorization: {authorization['Authorization']}", "api": api}
    try:
        given = [
            subprocess.run(
                ["bash", "-c", call],
                env={"PATH": os.environ["PATH"], **names},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
            for call in calls
        ]
    finally:  # 1.0 alone, by one worker, as it was
        for version in ("1.0/set-default", "1.0?min_worker=1&max_worker=1&synchronous=true"):
            requests.put(f"{api}/models/ocr_handler/{version}", headers=authorization, timeout=60)
        requests.delete(f"{api}/models/ocr_handler/2.0", headers=authorization, timeout=60)
        shared.wait_ready()
    assert len(given) == len(shown) > 5
    for answer, expected in zip(given, shown, strict=True):
        assert " ".join(answer.split()).replace("{ ", "{").replace(" }", "}") == expected


def test_the_changelog_and_every_decision_can_be_found() -> None:
    assert "## 0.1.0" in text_of("CHANGELOG.md")
    decisions = sorted(path.name for path in Path(PROJECT / "docs" / "adr").glob("*.md"))
    assert [name[:4] for name in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
