"""The pages of the documentation: every link leads somewhere, and every path and module that they
name is there. Decisions (docs/adr) and the changelog speak of the paths of their day."""

import re
import tomllib
from pathlib import Path

import pytest

from pipeline.settings import PROJECT

LONGEST_README = 120
LARGEST_PICTURE = 150_000
READMES = [PROJECT / "README.md", PROJECT / "README.zh-CN.md"]
PAGES = [
    *(*READMES, PROJECT / "samples" / "README.md", PROJECT / "deploy" / "nginx" / "README.md"),
    *sorted((PROJECT / "docs").glob("*.md")),
]
DECISIONS = sorted((PROJECT / "docs" / "adr").glob("*.md"))
FOLDERS = {path.name for path in PROJECT.iterdir() if path.is_dir() and path.name[0] != "."}
# Made by a run or by the reader; git does not keep them.
MADE = {"var", "weights", "model_store", "mutants", "ask.py"}
# Modules of others that are run by `python -m`.
FOREIGN = {"pip", "venv", "mutmut"}
# In README and in its drawing, the folders on a request's way; the others are no part of it.
NOT_ON_THE_WAY = {"evals", "cli", "bulk"}


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(PROJECT)) for page in pages]


def text_of(page: Path) -> str:
    """The page as it is shown: without comments."""
    return re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}


def dead_links(page: Path) -> list[str]:
    text = text_of(page)
    links = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|href)="([^"]+)"', text)]
    dead = []
    for link in links:
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=names([*PAGES, *DECISIONS]))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('# A page\n[a](page.md#a-page) [b](gone.md) [c](#gone) <img src="gone.png">\n')
    assert dead_links(page) == ["gone.md", "#gone", "gone.png"]


def missing_paths(page: Path) -> list[str]:
    """Files and folders of ours that a page names and that are not there."""
    text = re.sub(r"\]\([^)]*\)|https?://\S+|exec deploy/\w+|\S*\.env\b", "", text_of(page))
    code = re.findall(r"(?<![\w/.*-])((?:[\w.*-]+/)*[\w.*-]+\.py)\b", text)
    others = re.findall(r"(?<![\w/.*:-])((?:[\w*-]+/)+[\w.*-]*[\w*/])", text)
    folders = re.findall(r"`((?:\w+/)+)`", text)
    named = [*code, *(path for path in others if path.split("/")[0] in FOLDERS), *folders]
    return [path for path in named if path.split("/")[0] not in MADE and not is_there(path)]


def is_there(path: str) -> bool:
    """A path from the project's folder, or a file's bare name from anywhere in it."""
    if "/" in path or "*" in path:
        places = [PROJECT] if path.count("/") else [PROJECT / "tests"]
        pattern = path.rstrip("/") if "/" in path else f"**/{path}"
        return any(True for place in places for _ in place.glob(pattern))
    return path in FILES


FILES = {
    file.name
    for folder in FOLDERS - MADE
    for file in (PROJECT / folder).rglob("*.py")
    if "node_modules" not in file.parts
}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    assert missing_paths(page) == []


def missing_modules(page: Path) -> list[str]:
    modules = re.findall(r"python3? -m ([\w.]+\w)", text_of(page))
    files = {module: PROJECT / module.replace(".", "/") for module in modules}
    return [
        module
        for module, file in files.items()
        if module not in FOREIGN
        and not file.with_suffix(".py").is_file()
        and not (file / "__main__.py").is_file()
    ]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_module_that_is_run_is_there(page: Path) -> None:
    assert missing_modules(page) == []


def test_a_path_that_has_moved_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "accuracy/covers.py, `screens/`, evals/gone/, test_gone.py, test_gone_*.py, tests/gone.txt;"
        " evals/accuracy/covers.py, `evals/screens/`, test_pages.py, test_batch_*.py, var/x.json;"
        " `python -m screens`, `python -m evals.screens`, `python -m evals.rules.noise`"
    )
    assert missing_modules(page) == ["screens"]
    assert sorted(set(missing_paths(page))) == [
        "accuracy/covers.py",
        "evals/gone/",
        "screens/",
        "test_gone.py",
        "test_gone_*.py",
        "tests/gone.txt",
    ]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_make_target_and_command_that_is_named_exists(page: Path) -> None:
    text = text_of(page)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = re.findall(r"`make ([a-z-]+)|^\s*make ([a-z-]+)|(?<=[;&] )make ([a-z-]+)", text, re.M)
    assert {name for found in told for name in found if name} <= targets
    commands = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name in re.findall(r"(?:bin/|`)fundocr ([a-z][a-z-]+)", text):
        assert re.search(rf"^\|.*`{name}[ `]", commands, re.MULTILINE), name


@pytest.mark.parametrize("page", READMES, ids=names(READMES))
def test_the_readme_is_one_page_with_small_pictures_that_are_put_into_words(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_README
    pictures = re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]{40,})">', text)
    assert len(pictures) == text.count("<img") == 2
    for path, _ in pictures:
        assert (PROJECT / path).stat().st_size <= LARGEST_PICTURE


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_every_page_stands_in_the_index(language: str) -> None:
    """In Chinese: every page that there is in Chinese, and of the others the English one."""
    index = text_of(PROJECT / "docs" / f"README{language}.md")
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", index)}
    pages = {page.name for page in (PROJECT / "docs").glob("*.md")}
    chinese = {name for name in pages if name.endswith(".zh-CN.md")}
    english = pages - chinese
    if language:
        # What Chinese readers find in operate.zh-CN.md is summed up there.
        summed_up = {"versions.md", "database.md", "operations.md"}
        translated = {name.replace(".zh-CN", "") for name in chinese}
        assert (chinese | (english - translated - summed_up)) - {"README.zh-CN.md"} <= linked
    else:
        assert english - {"README.md"} <= linked


def rooms() -> list[str]:
    """The folders of the product, from its edges inwards, as import-linter holds them."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if "containers" not in contract
    )
    return [room.strip() for layer in layers for room in layer.split("|")]


@pytest.mark.parametrize("page", READMES, ids=names(READMES))
def test_the_drawing_shows_the_folders_that_a_request_passes(page: Path) -> None:
    (drawing,) = re.findall(r"```mermaid\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    shown = re.findall(r'(\w+)\[\(?"<b>(\w+)/</b><br>', drawing)
    assert all(node == folder for node, folder in shown)
    assert sorted(folder for _, folder in shown) == sorted(set(rooms()) - NOT_ON_THE_WAY)
    assert all((PROJECT / folder / "__init__.py").is_file() for _, folder in shown)


@pytest.mark.parametrize("page", READMES, ids=names(READMES))
def test_the_drawings_arrows_lead_inwards_as_imports_do(page: Path) -> None:
    drawn = arrows(page)
    inwards = [(a, b) for a, b in drawn if a in rooms() and b in rooms() and a != "serving"]
    assert len(inwards) >= 6
    assert [(a, b) for a, b in inwards if rooms().index(a) >= rooms().index(b)] == []


def test_both_languages_draw_the_same_way() -> None:
    english, chinese = (arrows(page) for page in READMES)
    assert english == chinese


def arrows(page: Path) -> list[tuple[str, str]]:
    (drawing,) = re.findall(r"```mermaid\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    bare = re.sub(r'\|"[^"]*"\||[\[(]+"[^"]*"[\])]+', "", drawing)
    return re.findall(r"^\s*(\w+)\s*-\.?-?>\s*(\w+)$", bare, re.MULTILINE)
