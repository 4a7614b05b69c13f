"""A temporary service on free ports in a private folder, for the demo, tests and benches."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from pipeline.settings import PROJECT
from serving.failure import Failure
from serving.front_process import authorization_file
from serving.ports import free_ports
from serving.properties import changed_properties, read_properties
from serving.torchserve import Api, address_of, authorization
from serving.torchserve_process import CONFIG


class Trial:
    """`fundocr serve` with `home` as FUNDOCR_HOME; a context manager that is READY inside.

    settings: FUNDOCR_* variables; those of the caller's own environment do not count. Without
    FUNDOCR_ANONYMOUS_CIDRS among them the front door asks nobody on this machine for a key.
    config: keys of config.properties that differ from the project's.
    python: the interpreter of all its Python processes.
    inside: a command that runs another one in some place, as `nsenter` and its options do.
    Failure, with the service's own sentence, when it does not come up.
    """

    def __init__(
        self,
        home: Path,
        settings: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        python: str = sys.executable,
        inside: Sequence[str] = (),
    ) -> None:
        front, inference, management, metrics, *grpc = free_ports(6)
        self.home = home
        self._command = [*inside, python, "-m", "cli", "serve"]
        self.front = f"http://127.0.0.1:{front}"
        changes = {
            "inference_address": f"http://127.0.0.1:{inference}",
            "management_address": f"http://127.0.0.1:{management}",
            "metrics_address": f"http://127.0.0.1:{metrics}",
            "grpc_inference_port": str(grpc[0]),
            "grpc_management_port": str(grpc[1]),
            "model_store": str(PROJECT / "model_store"),
            "metrics_config": str(PROJECT / "metrics.yaml"),
            **(config or {}),
        }
        home.mkdir(parents=True, exist_ok=True)
        text = changed_properties(PROJECT / CONFIG, changes)
        (home / CONFIG).write_text(text, encoding="utf-8")
        self.address = address_of(read_properties(home / CONFIG))
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("FUNDOCR_")},
            "FUNDOCR_HOME": str(home),
            "FUNDOCR_FRONT_ADDRESS": f"127.0.0.1:{front}",
            "FUNDOCR_ANONYMOUS_CIDRS": "127.0.0.1/32",
            **(settings or {}),
        }
        self.database_url = self._environment.get(
            "FUNDOCR_DATABASE_URL", f"sqlite:///{home}/var/fundocr.db"
        )
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Trial":
        self._process = subprocess.Popen(
            self._command,
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        said: list[str] = []
        try:
            for line in self._process.stdout:
                if line.strip() == "READY":
                    return self
                said.append(line)
        except BaseException:  # somebody has interrupted this: nothing is left behind
            self.stop()
            raise
        self._process.wait()
        self._process.stdout.close()
        raise Failure("".join(said).strip())

    def welcome(self) -> str:
        """What it says after READY, up to the line to paste; to be asked for once."""
        assert self._process is not None and self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if line.lstrip().startswith("curl "):
                break
        return "".join(said)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Ask it to stop as an operator would; its exit code; asking twice is asking once."""
        assert self._process is not None and self._process.stdout is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        if not self._process.stdout.closed:
            self._process.communicate()
        return self._process.returncode

    def authorization(self, api: Api = "inference") -> dict[str, str]:
        """The header that opens one of TorchServe's APIs."""
        return authorization(self.home, api)

    def front_authorization(self) -> dict[str, str]:
        """The header that opens the front door."""
        name, _, value = authorization_file(self.home).read_text(encoding="ascii").partition(":")
        return {name: value.strip()}
