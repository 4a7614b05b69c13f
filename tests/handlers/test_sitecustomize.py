"""TorchServe's worker starts without torch, and with it wherever something of it is used."""

import subprocess
import sys

import pytest

from pipeline.settings import PROJECT

IS_LOADED = "print(any('libtorch' in line for line in open('/proc/self/maps')))"


def python(code: str) -> str:
    """What Python says that has our sitecustomize in its path, as a worker has."""
    environment = {"PYTHONPATH": str(PROJECT / "handlers")}
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
