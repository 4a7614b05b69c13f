"""What `python -m evals.house` counts, on a house of a few lines."""

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from evals.house.calls import Call, Function, NotCounted, Way, placed, way
from evals.house.modules import arrows, is_measuring, modules, sizes
from evals.house.recorder import recorder

NOBODY = "\t\t\t\n"
"""The end of a line for a function that none of ours has called."""
BAKE = '''"""How to bake."""

from functools import cache


def bake(loaves):
    """Bake."""
    return [weighed(loaf) for loaf in loaves]


@cache
def weighed(loaf):
    return loaf


def unasked():
    return None
'''
SELL = '''"""How to sell."""

from copy import copy


class Shop:
    price = 2

    def sell(self, loaves, bake):
        pay = lambda loaf: self.price  # noqa: E731
        return sum(map(pay, bake(copy(loaves))))
'''


def loaded(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / "house").mkdir(exist_ok=True, parents=True)
        (folder / "house" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def journal_of_a_sale(repo: Path, bake: str, sell: str) -> str:
    """What the recorder writes: period 1 sells two loaves, period 2 one, between them none asks."""
    baking, selling = (
        loaded(repo / "house" / f"{name}.py", f"toy_{name}") for name in (bake, sell)
    )
    period, lines = bytearray(1), list[bytes]()
    record = recorder(period, "front door", lines.append)

    def sales() -> None:
        sys.setprofile(record)
        baking.unasked()
        period[0] = 1
        selling.Shop().sell((1, 1), baking.bake)
        period[0] = 0
        baking.unasked()
        period[0] = 2
        selling.Shop().sell((1,), baking.bake)
        period[0] = 0
        sys.setprofile(None)

    # In a thread of its own: coverage and debuggers watch this one.
    thread = threading.Thread(target=sales)
    thread.start()
    thread.join()
    return b"".join(lines).decode()


def sale(repo: Path, bake: str, sell: str) -> Way:
    journal = journal_of_a_sale(repo, bake, sell)
    files = [f"house/{file.name}" for file in (repo / "house").glob("*.py")]
    return way("a sale", placed(journal, files)[1], set(), repo, files)


def test_functions_called_are_counted_with_all_their_lines(tmp_path: Path) -> None:
    counted = sale(written(tmp_path, bake=BAKE, sell=SELL), "bake", "sell")
    assert counted.lines_of == {"house/bake.py": 17, "house/sell.py": 11}
    # bake with its comprehension 3, weighed with its decorator 3; sell with its lambda 3
    assert counted.lines_called == {"house/bake.py": 6, "house/sell.py": 3}
    assert counted.functions == 3
    assert counted.processes == "front door"


def test_two_files_made_one_change_the_files_and_not_the_lines_called(tmp_path: Path) -> None:
    apart = sale(written(tmp_path / "apart", bake=BAKE, sell=SELL), "bake", "sell")
    together = sale(written(tmp_path / "one", shop=BAKE + "\n\n" + SELL), "shop", "shop")
    assert (len(apart.lines_of), len(together.lines_of)) == (2, 1)
    assert sum(together.lines_called.values()) == sum(apart.lines_called.values())
    assert together.functions == apart.functions


def test_files_of_which_a_function_called_uses_a_name_are_named(tmp_path: Path) -> None:
    repo = written(tmp_path, bake=BAKE, tins="TIN = 1\n", oven="HOT = 1\n", bags="BAG = 1\n")
    written(repo, __init__="")
    slice_ = """from house import oven
from house.bags import BAG
from house.tins import TIN as tin


def slice(loaf: oven.HOT):
    return tin


def wrap():
    return BAG
"""
    written(repo, slice=slice_)
    files = [f"house/{name}.py" for name in ("__init__", "bags", "bake", "oven", "slice", "tins")]
    calls = placed(f"1\tworker\t/models/house/slice.py\t6\tslice{NOBODY}", files)[1]
    assert way("a slice", calls, set(), repo, files).named == {
        "house/oven.py": 1,
        "house/tins.py": 1,
    }


def test_each_period_has_what_was_called_in_it(tmp_path: Path) -> None:
    repo = written(tmp_path, bake=BAKE, sell=SELL)
    journal = journal_of_a_sale(repo, "bake", "sell")
    calls = placed(journal, ["house/bake.py"])
    # what is kept (`cache`) is called the first time only
    assert {call.function.name for call in calls[1] - calls[2]} == {"weighed"}
    callers = {call.function.name: call.caller for call in calls[1] if call.caller}
    assert {name: one.name for name, one in callers.items()} == {
        "<listcomp>": "bake",
        "weighed": "<listcomp>",
    }
    # by a function of another file, through the built-in `sum` and `map`
    both = placed(journal, ["house/bake.py", "house/sell.py"])[2]
    (bake,) = (call for call in both if call.function.name == "bake")
    assert bake.caller is not None and bake.caller.name == "sell"
    assert "unasked" not in journal
    assert "copy.py" not in journal


def test_what_an_idle_service_calls_too_is_told_by_its_caller(tmp_path: Path) -> None:
    repo = written(tmp_path, bake=BAKE, sell=SELL)
    bake, weighed, sell, main = (
        Function(file=f"house/{file}.py", line=line, name=name)
        for file, line, name in (
            *(("bake", 6, "bake"), ("bake", 11, "weighed"), ("sell", 9, "sell")),
            *(("bake", 16, "unasked"),),
        )
    )

    def call(function: Function, caller: Function | None) -> Call:
        return Call(process="front door", function=function, caller=caller)

    idle = {call(bake, main), call(weighed, bake)}
    files = ["house/bake.py", "house/sell.py"]
    # `main` runs since the start and `weighed` is called by `bake` as ever.
    counted = way("a sale", {call(sell, main), call(bake, sell), *idle}, idle, repo, files)
    assert counted.lines_called == {"house/bake.py": 3, "house/sell.py": 3}


def test_files_of_an_unpacked_archive_are_the_checkouts() -> None:
    files = ["pipeline/batch.py", "handlers/ocr_handler.py"]
    paths = ["/tmp/x/models/0a/pipeline/batch.py", "/tmp/x/models/0a/ocr_handler.py"]
    journal = "".join(f"1\tworker\t{path}\t1\trun{NOBODY}" for path in [*paths, "/tmp/x/other.py"])
    assert {call.function.file for call in placed(journal, files)[1]} == set(files)


def test_an_archive_of_other_code_is_told(tmp_path: Path) -> None:
    repo = written(tmp_path, bake=BAKE)
    calls = placed(f"1\tworker\t/models/house/bake.py\t7\tbake{NOBODY}", ["house/bake.py"])[1]
    with pytest.raises(NotCounted, match="has no bake in line 7"):
        way("a sale", calls, set(), repo, ["house/bake.py"])


def test_sizes_and_arrows(tmp_path: Path) -> None:
    texts = {
        "bakery/oven.py": "import json\nfrom mill import flour\n",
        "bakery/lazy.py": "def later():\n    import shop.till\n",
        "mill/flour.py": "import typing\nif typing.TYPE_CHECKING:\n    import shop.till\n",
        "shop/till.py": "try:\n    from bakery import oven\nexcept ImportError:\n    pass\n" * 13,
        "evals/taste.py": "import bakery.oven\n" * 251,
        "tests/test_oven.py": "import bakery.oven\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    files = modules(tmp_path)
    assert files == sorted(set(texts) - {"tests/test_oven.py"})
    assert arrows(tmp_path, files) == {
        ("bakery", "mill"),
        ("shop", "bakery"),
        ("evals", "bakery"),
    }
    assert [file for file in files if is_measuring(file)] == ["evals/taste.py"]
    counted = sizes([text.count("\n") for text in texts.values()])
    assert (counted.modules, counted.small, counted.large) == (6, 4, 1)
