"""One table says which engines there are; everything else follows from it or is held to it."""

import re
import tomllib
from dataclasses import replace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from cli.main import app
from ocr.engines import DEFAULT_ENGINE, ENGINES
from ocr.errors import ReaderError
from ocr.models import MODEL_FILES, Models, load_bundled, weights_file
from ocr.reader import open_reader
from pipeline.settings import PROJECT, Settings, SettingsError, load_settings

WEIGHTS = PROJECT / "weights"
MODELS = cast(Models, object())  # nothing looks into them here
PRODUCT = ("bulk", "cli", "db", "front", "handlers", "pipeline", "postprocess", "serving")


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_can_load_its_bundled_models_and_has_what_it_needs(name: str) -> None:
    engine = ENGINES[name]
    assert set(engine.weights) <= set(MODEL_FILES)
    models = load_bundled(WEIGHTS, engine.bundled)
    for part in (models.detector, models.recogniser, *filter(None, [models.first])):
        assert weights_file(part.folder, name).name in engine.weights
    assert engine.missing() == []


def test_packages_of_engines_are_those_that_are_installed_with_the_service() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    asked = [*project["dependencies"], *(line for lines in extras for line in lines)]
    names = {re.split(r"[^\w-]", line)[0] for line in asked}
    assert {package for engine in ENGINES.values() for package in engine.packages.values()} <= names


def test_an_engine_of_the_table_is_opened_by_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name but one was once handed to PaddleOCR."""
    asked: dict[str, Any] = {}

    def opened(models: object, /, **options: Any) -> str:
        asked.update(options, models=models)
        return "a reader"

    new = replace(ENGINES[DEFAULT_ENGINE], load=lambda: opened)  # type: ignore[arg-type, return-value]
    monkeypatch.setitem(ENGINES, "no_such", new)
    assert open_reader(MODELS, engine="no_such", threads=3) == "a reader"
    assert (asked["models"], asked["threads"], asked["device"]) == (MODELS, 3, "cpu")


def test_packages_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(ENGINES[DEFAULT_ENGINE], packages={"json": "json", "no_such_thing": "no-such"})
    monkeypatch.setitem(ENGINES, "bare", bare)
    with pytest.raises(ReaderError, match=r"^engine bare needs no-such, which this "):
        open_reader(MODELS, engine="bare")


def test_settings_and_options_know_the_names_of_the_table_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ENGINES:
        monkeypatch.setenv("FUNDOCR_ENGINE", name)
        assert load_settings().engine == name
    monkeypatch.setenv("FUNDOCR_ENGINE", "no_such")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert all(f"'{name}'" in str(refused.value) for name in ENGINES)
    assert Settings.model_fields["engine"].default == DEFAULT_ENGINE
    done = CliRunner().invoke(app, ["recognize", "a.png", "--engine", "no_such"])
    assert done.exit_code == 2
    assert all(name in done.output for name in ENGINES)


def test_the_tables_of_settings_name_every_engine() -> None:
    """In each language, wherever the tables stand."""
    rows = [
        row
        for path in (*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"))
        for row in re.findall(r"^\| `FUNDOCR_ENGINE` \|.*$", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert rows
    for row in rows:
        assert list(dict.fromkeys(re.findall(r"`([a-z]+)`", row))) == list(ENGINES)


def test_no_module_repeats_an_engine_by_hand() -> None:
    """But for the engines' own."""
    named = re.compile("|".join(rf"[\"']{name}[\"']" for name in ENGINES))
    paths = [path for room in PRODUCT for path in (PROJECT / room).rglob("*.py")]
    told = [str(path) for path in paths if named.search(path.read_text("utf-8"))]
    assert told == []
