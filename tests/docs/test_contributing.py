"""CONTRIBUTING.md names what there is, and its rooms are those that import-linter watches."""

import re
import tomllib

from pipeline.settings import PROJECT

TEXT = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
MOST_LINES = 120
_COMMANDS = re.compile(r"\bmake ([a-z-]+)")


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) <= MOST_LINES


def test_every_file_and_folder_that_it_names_is_there() -> None:
    quoted = re.findall(r"`([^`\n]+)`", TEXT)
    named = {text for text in quoted if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", text) and "/" in text}
    named |= set(re.findall(r"\btests/[\w/]+\.py", TEXT)) | {"pyproject.toml"}
    assert len(named) > 25
    assert [path for path in sorted(named) if not (PROJECT / path).exists()] == []


def test_every_name_in_a_file_that_it_sends_to_is_in_it() -> None:
    """`NAME` of, in or at `file`."""
    pairs = re.findall(r"`([\w.]+)` (?:of|in) `([\w./]+\.py)`", TEXT)
    assert len(pairs) >= 9
    for name, file in pairs:
        text = (PROJECT / file).read_text("utf-8")
        for part in name.split("."):
            assert re.search(rf"^\s*(?:(?:async )?def |class )?{part}\b", text, re.MULTILINE), name


def test_every_command_that_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(_COMMANDS.findall(TEXT)) - {"a"} <= targets


def test_its_rooms_are_the_layers_from_the_top() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if "evals" in one["layers"])
    rooms = re.findall(r"^\| `(\w+)/` \|", TEXT, re.MULTILINE)
    rank = {room: at for at, layer in enumerate(layers) for room in layer.split(" | ")}
    assert set(rooms) == set(rank)
    assert [rank[room] for room in rooms] == sorted(rank.values())
