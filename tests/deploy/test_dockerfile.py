"""The Dockerfile against what it copies, installs and starts."""

import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch

import pytest
import typer.main

from cli.main import app
from pipeline.settings import PROJECT, Settings
from serving.front_address import front_address
from tests.deploy.container import image, instructions

SLIM = "python:3.11-slim-bookworm"


def packages_of(run: str) -> set[str]:
    """What one RUN lets apt install."""
    found = re.search(r"apt-get install (.*?)(?:&&|$)", run)
    assert found is not None
    return {word for word in found.group(1).split() if not word.startswith("-")}


def installs() -> list[set[str]]:
    return [packages_of(rest) for name, rest in instructions() if "apt-get install" in rest]


def test_both_stages_stand_on_the_same_image() -> None:
    """Or the virtual environment's interpreter would not be where it was."""
    bases = [rest.split(" ")[0] for name, rest in instructions() if name == "FROM"]
    assert bases == [SLIM, SLIM]


def test_it_installs_the_libraries_that_the_wheels_need_and_what_it_starts() -> None:
    script = (PROJECT / "scripts" / "system_libraries.sh").read_text("utf-8")
    libraries = set(re.findall(r"\[[\w.+-]+\]=([\w.+-]+)", script))
    built, runs = installs()
    assert libraries
    assert built == libraries | {"make"}
    assert runs == libraries | {"tini"}


def test_what_it_starts_is_there() -> None:
    built = image()
    assert built.entrypoint[:2] == ("/usr/bin/tini", "--")
    program = built.entrypoint[2]
    assert program == f"{built.workdir}/.venv/bin/fundocr"
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    assert 'fundocr = "cli.main:main"' in text
    assert set(built.command) <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_its_user_has_a_number_and_is_not_root() -> None:
    """Kubernetes can only tell a number from root (runAsNonRoot)."""
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", image().user)
    uid, _, gid = image().user.partition(":")
    making = next(rest for name, rest in instructions() if "useradd" in rest)
    assert f"--uid {uid} --gid {gid}" in making
    assert f"groupadd --gid {gid}" in making
    assert f"install -d -o {uid} -g {gid} {image().environment['FUNDOCR_HOME']}" in making


def test_its_settings_are_settings() -> None:
    names = [name for name in image().environment if name.startswith("FUNDOCR_")]
    assert {name.removeprefix("FUNDOCR_").lower() for name in names} <= set(Settings.model_fields)
    settings = Settings(front_address=image().environment["FUNDOCR_FRONT_ADDRESS"])
    _, port = front_address(settings)
    assert ("EXPOSE", str(port)) in instructions()


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path of the project out of the build."""
    patterns = (PROJECT / ".dockerignore").read_text("utf-8").split()
    parts = path.split("/")
    heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(
        fnmatch(head, pattern) or fnmatch(head, pattern.removeprefix("**/"))
        for pattern in patterns
        for head in (*heads, *(parts if pattern.startswith("**/") else ()))
    )


def test_all_that_set_up_and_archive_need_is_copied() -> None:
    assert ("COPY", ". .") in instructions()
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    kept = {path for path in listed if path and not ignored(path)}
    for path in ("Makefile", "README.md", "pyproject.toml", "config.properties", "log4j2.xml"):
        assert path in kept
    for folder in ("requirements", "scripts", "cli", "front/templates", "front/static", "samples"):
        assert any(path.startswith(f"{folder}/") for path in kept), folder
    # setuptools asks for the folder of every package that is listed.
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    found = re.search(r"^packages = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    for package in re.findall(r'"([\w.]+)"', found.group(1)):
        folder = package.replace(".", "/")
        assert any(re.fullmatch(rf"{folder}/\w+\.py", path) for path in kept), package


@pytest.mark.parametrize(
    "path",
    [
        *(".env", "deploy/docker/.env", ".git/config", "var/fundocr.db", "key_file.json"),
        *(".venv/bin/python", "model_store/ocr_handler.mar", "cli/__pycache__/x.pyc"),
    ],
)
def test_secrets_and_what_was_made_here_stay_out(path: str) -> None:
    assert ignored(path)


def test_what_is_started_there_imports_nothing_of_what_stays_out() -> None:
    """tests/, docs/ and evals/ are not in the image."""
    program = (
        "import sys, cli.main, serving.serve, front.app, cli.database, db.upgrade\n"
        "out = ('tests', 'docs', 'evals')\n"
        "print(*[name for name in sys.modules if name.split('.')[0] in out])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_every_step_of_run_is_sound_shell() -> None:
    for name, rest in instructions():
        if name == "RUN":
            done = subprocess.run(["bash", "-nc", rest], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert shlex.split(rest)
