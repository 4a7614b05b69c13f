"""`python -m evals.bench.worker FOLDER BATCH`: CPU time of TorchServe's worker, part by part.

The worker's own code, from the unpacked archive FOLDER, behind TorchServe's own: messages as the
front door's requests make them go in, answers come out, rows are stored. One thread, every
inference waited for where it begins, so that each moment belongs to one part and all parts
together are the whole. For each JSON list of links on standard input one line: s of CPU by part.
"""

import contextlib
import json
import logging
import os
import struct
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PROTOCOL = "TorchServe's protocol"
STAGES = {
    "look_up": "rows",
    "save": "rows",
    "detect": "boxes and crops",
    "recognise": "texts",
    "rules": "rules",
    "confirm": "looking over what decides",
}
"""What the pipeline calls its steps (pipeline.timings) → what they take beside the models and the
rules."""


class Meter:
    """CPU time of this process, each moment for the innermost part that has begun."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._clock = clock
        self._parts: list[str] = []
        self._since = 0.0

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is inside belongs to `name`, but for other parts in it. In any thread, while no
        other thread is at work."""
        self._turn()
        self._parts.append(name)
        try:
            yield
        finally:
            self._turn()
            self._parts.pop()

    @contextlib.contextmanager
    def beside(self, name: str) -> Iterator[None]:
        """The same in a thread beside others that do so: its own CPU time goes over from the
        outermost part to `name`."""
        begun = time.thread_time()
        try:
            yield
        finally:
            taken = time.thread_time() - begun
            self.seconds[name] += taken
            self.seconds[self._parts[0]] -= taken

    def _turn(self) -> None:
        now = self._clock()
        if self._parts:
            self.seconds[self._parts[-1]] += now - self._since
        self._since = now


class _Graphs:
    """Has each inference waited for where it begins, and measured by what its graph is for."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._kinds: list[str] = []

    def compiled(self, model: Any, config: dict[str, Any], kind: str) -> int:
        """See evals.bench.watch.Watcher."""
        self._kinds.append(kind)
        return len(self._kinds) - 1

    def run(self, number: int, request: Any, tensor: Any, go: Callable[[], None]) -> None:
        """See evals.bench.watch.Watcher."""
        with self._meter.part(self._kinds[number]):
            go()
            request.wait()


def _measured(meter: Meter) -> None:
    """Let the pipeline's steps, its rules and its models be measured; before it is opened."""
    from evals.bench.watch import watch
    from pipeline import extractor, open_reader
    from pipeline.timings import BatchTimings

    watch(_Graphs(meter))
    timed = BatchTimings.timed

    @contextlib.contextmanager
    def measuring(self: Any, stage: str) -> Iterator[None]:
        part = meter.beside(stage) if stage == "decode" else meter.part(STAGES[stage])
        with timed(self, stage), part:
            yield

    def within(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def working(*arguments: Any) -> Any:
            with meter.part(name):
                return work(*arguments)

        return working

    open_rules, doubtful = vars(open_reader)["open_rules"], vars(extractor)["doubtful_lines"]
    for module, name, measured in (
        (BatchTimings, "timed", measuring),
        (open_reader, "open_rules", lambda settings: within("rules", open_rules(settings))),
        (extractor, "doubtful_lines", within("doubts", doubtful)),
    ):
        setattr(module, name, measured)


class Worker:
    """TorchServe's worker with our handler, loaded in this process as TorchServe loads it."""

    def __init__(self, folder: Path, batch: int, meter: Meter) -> None:
        from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
        from ts.model_loader import TsModelLoader

        metrics = MetricsCacheYamlImpl(config_file_path=os.environ["TS_METRICS_CONFIG"])
        metrics.initialize_cache()
        metrics.model_name = "ocr_handler"
        handler = "ocr_handler.py"
        loader = TsModelLoader()
        self._service = loader.load(
            "ocr_handler", str(folder), handler, None, batch, None, True, metrics
        )
        self._service.set_cl_socket(None)
        self._meter = meter

    def answer(self, message: bytes, screens: int) -> None:
        """One batch; RuntimeError unless all of it is answered."""
        from ts.protocol.otf_message_handler import retrieve_msg

        with tempfile.TemporaryFile() as file:
            file.write(message)
            file.seek(0)
            with self._meter.part(PROTOCOL):
                _, asked = retrieve_msg(_Sent(file.fileno()))
                answer = self._service.predict(asked)
                with Path(os.devnull).open("wb", buffering=0) as caller:
                    caller.write(answer)
        context = self._service.context
        found = [context.get_response_status(k)[0] for k in range(screens)]
        if found != [200] * screens:
            raise RuntimeError(f"answered with {found}: {bytes(answer)[-2000:]!r}")


class _Sent:
    """A message that has come, read as from a socket."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def recv(self, most: int) -> bytes:
        return os.read(self._descriptor, most)


def message_of(bodies: Sequence[bytes], content_type: str) -> bytes:
    """What TorchServe sends its worker for a batch of such bodies (its OTF protocol)."""

    def field(content: bytes) -> bytes:
        return struct.pack("!i", len(content)) + content

    end, kind = struct.pack("!i", -1), content_type.encode()
    requests = [
        field(b"request-%d" % number)
        + (field(b"content-type") + field(kind) + end)
        + (field(b"body") + field(kind) + field(body) + end)
        for number, body in enumerate(bodies)
    ]
    return b"I" + b"".join(requests) + end


def main(folder: Path, batch: int) -> None:
    """Answer links until they end."""
    # What the worker says goes where nobody hears it, as into a log.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    meter = Meter()
    _measured(meter)
    worker = Worker(folder, batch, meter)

    from pipeline import fetched, parse
    from pipeline.fetch.fetcher import Fetcher
    from pipeline.request import Url
    from pipeline.settings import load_settings

    fetcher = Fetcher(load_settings())
    print("ready", file=told, flush=True)
    for line in sys.stdin:
        meter.seconds.clear()
        links = json.loads(line)
        bodies = []
        for number, url in enumerate(links):
            asked = parse.recognise_fields(
                {"image_url": url, "url_type": "7min_local"}, f"request-{number}"
            )
            assert isinstance(asked.source, Url)
            with meter.part("fetch"):
                content = fetcher.fetch(asked.source.link, asked.url_type)
            bodies.append(fetched.pack(asked, content))
        for start in range(0, len(bodies), batch):
            some = bodies[start : start + batch]
            worker.answer(message_of(some, fetched.CONTENT_TYPE), len(some))
        print(json.dumps(meter.seconds), file=told, flush=True)


if __name__ == "__main__":
    # The archive's code, and not that which lies around: the handler looks whether it is.
    sys.path.insert(0, sys.argv[1])
    main(Path(sys.argv[1]), int(sys.argv[2]))
