"""Loads PaddleOCR's graphs into OpenVINO, so that they take pictures as they are."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openvino
from openvino import properties
from openvino.preprocess import PrePostProcessor

from ocr.errors import ModelError
from ocr.models import Channels

_PREPARED = 300
"""Steps of a graph that OpenVINO keeps prepared for shapes it has met, in each stream; its own
5,000 let a worker grow by 200 MB for 3 % less time (docs/adr/0012).
"""


def open_core(cache_dir: Path | None) -> openvino.Core:
    """OpenVINO, keeping what it compiles in `cache_dir`; None: nothing is kept."""
    core = openvino.Core()
    core.set_property("CPU", {"CPU_RUNTIME_CACHE_CAPACITY": _PREPARED})
    if cache_dir is not None:
        core.set_property({properties.cache_dir(): str(cache_dir)})
    return core


def load(core: openvino.Core, path: Path) -> openvino.Model:
    """Read a graph from a file; ModelError says why it cannot be."""
    try:
        return core.read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ModelError(f"{path} cannot be loaded by OpenVINO: {reason}") from None


def from_bytes(graph: openvino.Model, mean: Channels, std: Channels) -> openvino.Model:
    """Let a graph that takes normalised NCHW floats take uint8 NHWC pictures."""
    steps = PrePostProcessor(graph)
    tensor, model = steps.input().tensor(), steps.input().model()
    tensor.set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    model.set_layout(openvino.Layout("NCHW"))
    floats = steps.input().preprocess().convert_element_type(openvino.Type.f32)
    floats.mean([255 * value for value in mean]).scale([255 * value for value in std])
    built = steps.build()
    # OpenVINO looks for what it compiled by the graph's content and names. Left alone, it numbers
    # the output by how many nodes the process has made before, and finds nothing.
    built.output(0).get_tensor().set_names({"found"})
    return built


def calculates_in_bfloat16(core: openvino.Core) -> bool:
    """Whether OpenVINO calculates in bfloat16 on this processor, which it does where it can."""
    return "BF16" in core.get_property("CPU", properties.device.capabilities())


# The folder where an engine keeps what it compiled, shared by all processes of one home.


@contextmanager
def alone_in(folder: Path | None) -> Iterator[None]:
    """Let one process after the other compile into `folder`; None: nothing is kept, none waits.

    OpenVINO takes a file that another process is still writing for a broken one and removes it,
    and the writer then fails ("cannot set permissions").
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "compiling").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
