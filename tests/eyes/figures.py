"""What a service's /metrics says, when all that was asked so far is counted."""

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias
from uuid import uuid4

import requests
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from db.access import Role
from tests.running_service import SECONDS, RunningService
from tests.serve.waiting import wait_until

MODELS = ("ocr_handler", "ocr_info_update")
Counts: TypeAlias = Counter[tuple[str, ...]]


def samples(service: RunningService) -> Iterator[Sample]:
    """All that the front door tells now."""
    answer = service.front("GET", "/metrics", Role.MONITOR)
    assert answer.status_code == 200, answer.text
    for family in text_string_to_metric_families(answer.text):
        yield from family.samples


class Figures:
    """All of them at one moment, with everything counted that was answered before."""

    def __init__(self, service: RunningService) -> None:
        for model in MODELS:
            _wait_for_counts(service, model)
        self._samples = list(samples(service))

    def counted(self, name: str, *by: str, **only: str) -> Counts:
        """A counter's values summed over all labels but these; what is 0 is left out."""
        found: Counts = Counter()
        for sample in self._samples:
            if sample.name == name and only.items() <= sample.labels.items():
                found[tuple(sample.labels[label] for label in by)] += int(sample.value)
        return +found

    def since(self, before: "Figures", name: str, *by: str, **only: str) -> Counts:
        """What has come to it since then."""
        return self.counted(name, *by, **only) - before.counted(name, *by, **only)


def _wait_for_counts(service: RunningService, model: str) -> None:
    """Until TorchServe has read all that the model's worker has told it: it reads the worker's
    lines in their order, and logs this one. A question what a version is counts nowhere."""
    name = f"figures-{uuid4().hex}"
    told = requests.get(
        f"{service.trial.address.management}/models/{model}",
        params={"customized": "true"},
        headers={**service.trial.authorization("management"), "X-Request-Id": name},
        timeout=SECONDS,
    )
    assert told.status_code == 200, told.text
    log = service.home / "var" / "log" / "model_log.log"
    wait_until(lambda: name in log.read_text(encoding="utf-8"))
