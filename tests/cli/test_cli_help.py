"""What `--help` and `--version` tell."""

import re
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from cli.main import app


@pytest.mark.parametrize("group", [[], ["db"], ["key"], ["funds"]])
def test_a_groups_help_tells_each_command_to_the_end(group: list[str]) -> None:
    told = CliRunner().invoke(app, [*group, "--help"]).stdout
    listed = told.partition("Commands:\n")[2]
    assert "..." not in listed
    sentences = re.split(r"\n(?=  \w)", listed.strip("\n"))
    assert len(sentences) > 1
    for sentence in sentences:
        assert re.fullmatch(r" *[\w-]+ +\S.*\.", " ".join(sentence.split())), sentence


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"fundocr {version('fundocr')}\n")
