"""TorchServe's worker starts without torch, and with it wherever something of it is used."""

import marshal
import shutil
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from pipeline.settings import PROJECT

IS_LOADED = "print(any('libtorch' in line for line in open('/proc/self/maps')))"


def python(code: str, folder: Path = PROJECT / "handlers") -> str:
    """What Python says that has our sitecustomize in its path, as a worker has."""
    environment = {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_torchserves_worker_answers_texts_without_torch() -> None:
    answer = (
        "import ts.model_service_worker, ts.protocol.otf_message_handler as protocol\n"
        "given = protocol.create_predict_response(['text'], {0: 'id'}, '', 200)\n"
        "assert b'text' in given\n"
    )
    assert python(answer + IS_LOADED) == "False"


@pytest.mark.parametrize(
    "use",
    [
        "import torch.nn; assert torch.nn.Linear(1, 1)(torch.zeros(1)).shape == (1,)",
        "import torch.nn.functional as F, torch; assert F.relu(torch.ones(1)) == 1",
        "from torch import Tensor; assert Tensor([1.0]) == 1",
        "import torch; before = torch; torch.zeros(1)\n"
        "import torch; assert isinstance(torch.zeros(1), before.Tensor)",
    ],
)
def test_whoever_uses_torch_has_the_whole_of_it(use: str) -> None:
    assert python(f"{use}\n{IS_LOADED}") == "True"


def test_torchserve_still_answers_tensors() -> None:
    answer = (
        "import io, ts.protocol.otf_message_handler as protocol\n"
        "given = protocol.create_predict_response([{'no': 'tensor'}], {0: 'id'}, '', 200)\n"
        'assert b\'"no": "tensor"\' in given\n'
        "import torch\n"
        "given = protocol.create_predict_response([torch.ones(2)], {0: 'id'}, '', 200)\n"
        "print(torch.load(io.BytesIO(given[given.index(b'PK'):])).tolist())"
    )
    assert python(answer) == "[1.0, 1.0]"


def test_torch_is_found_as_before_and_what_is_not_installed_is_not() -> None:
    assert python("from importlib.util import find_spec; print(find_spec('torch').name)") == "torch"
    later = "import sitecustomize, sys; sitecustomize.import_later('no_such'); "
    assert python(later + "print('no_such' in sys.modules)") == "False"


def planted(folder: Path, name: str) -> None:
    """Compiled code that Python would take for this source's, whatever stands there."""
    (folder / "__pycache__").mkdir(exist_ok=True)
    code = compile(f"print('PLANTED {name}')", name, "exec")
    unchecked = (1).to_bytes(4, "little")
    content = MAGIC_NUMBER + unchecked + bytes(8) + marshal.dumps(code)
    cached = Path(cache_from_source(str(folder / f"{name}.py")))
    cached.write_bytes(content)


def test_of_an_archive_nothing_runs_but_its_source_files(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "handlers" / "sitecustomize.py", tmp_path)
    package = tmp_path / "ours"
    package.mkdir()
    (package / "__init__.py").write_text("print('source of the package')")
    (package / "part.py").write_text("print('source of the part')")
    (tmp_path / "handler.py").write_text("print('source of the handler')")
    for folder, name in ((package, "__init__"), (package, "part"), (tmp_path, "handler")):
        planted(folder, name)
    planted(tmp_path, "sourceless")
    Path(cache_from_source(str(tmp_path / "sourceless.py"))).rename(tmp_path / "sourceless.pyc")
    before = set(tmp_path.rglob("*"))
    said = python(
        "import handler, ours.part, importlib.util\n"
        "print(importlib.util.find_spec('sourceless'))\n"
        # What is not the archive's is loaded as ever.
        "import json; print(json.__spec__.loader.get_code('json').co_name)",
        tmp_path,
    )
    assert said.splitlines() == [
        *("source of the handler", "source of the package", "source of the part"),
        *("None", "<module>"),
    ]
    left = {path.name.partition(".")[0] for path in set(tmp_path.rglob("*")) - before}
    assert left <= {"sitecustomize"}


def test_what_a_worker_writes_is_private(tmp_path: Path) -> None:
    python(f"open({str(tmp_path / 'row')!r}, 'w')")
    assert (tmp_path / "row").stat().st_mode & 0o777 == 0o600
