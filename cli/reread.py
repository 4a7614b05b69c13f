"""`fundocr reread`: another version on the pictures that can still be fetched."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from cli.comparison import Comparison
from cli.export import Wanted
from cli.failure import Failure, settings_or_failure
from cli.model_api import ModelApi
from cli.store import opened_engine
from cli.torchserve import TorchServe
from db.export import export_rows
from db.rows import Row
from pipeline.replay import Compared, Decision, decision_of

# A batch of the service; more would only wait in its queue, before callers.
_AT_ONCE = 8
_SECONDS = 120
_MODEL = "ocr_handler"
_GONE = ("FETCH_FAILED", "FETCH_TIMEOUT", "HOST_NOT_ALLOWED", "ADDRESS_NOT_ALLOWED", "BAD_URL")


def reread(
    wanted: Wanted, *, version: str, apply: bool, html: Path | None, limit: int | None
) -> int:
    """Print what the version would change; with `apply` let it, each row with one line of history.

    version: as TorchServe has it. Every picture is read with `dry_run` first; with `apply` those
    whose rows would change, and which nobody has judged, are read once more to be stored.
    """
    settings = settings_or_failure()
    server = TorchServe(settings.home)
    known = ModelApi(server).versions(_MODEL)
    if version not in known:
        raise Failure(f"{_MODEL} has no version {version}; there are: {', '.join(sorted(known))}.")
    found = Comparison(title=f"fundocr reread --model {version}")
    replaced = 0
    with opened_engine() as engine, ThreadPoolExecutor(_AT_ONCE) as pool:
        links = (row for row in export_rows(engine, wanted.filter()) if row.url_type != "upload")
        rows = islice(links, limit)

        def read(row: Row) -> tuple[Row, dict[str, Any]]:
            return row, _ask(server, version, row, {"dry_run": True})

        while some := list(islice(rows, _AT_ONCE * 4)):
            changing: list[Row] = []
            for row, answer in pool.map(read, some):
                one = _compared(row, answer)
                if one is not None:
                    found.add(one)
                    if one.may_be_applied:
                        changing.append(row)
                elif answer["code"] in _GONE:
                    found.gone += 1
                else:
                    found.unread += 1
            if apply:
                replaced += sum(pool.map(lambda row: _store(server, version, row), changing))
    found.show(html)
    if apply:
        print(f"{replaced:,} rows were changed; what people have judged stayed as it was.")
    return 0


def _compared(row: Row, answer: dict[str, Any]) -> Compared | None:
    """None where the picture gave no page."""
    if "data" not in answer:
        return None
    after = Decision(**answer["data"], reason=answer["detail"]["reason"])
    return Compared(row=row, before=decision_of(row), after=after)


def _store(server: TorchServe, version: str, row: Row) -> bool:
    answer = _ask(server, version, row, {"refresh": True})
    return bool(answer.get("detail", {}).get("row_version", 0) > row.row_version)


def _ask(server: TorchServe, version: str, row: Row, how: dict[str, bool]) -> dict[str, Any]:
    """Our own answer or error; Failure where TorchServe gives none, twice."""
    body = {"image_url": row.image_url, "url_type": row.url_type, **how}
    url = f"{server.address.inference}/predictions/{_MODEL}/{version}"
    said = ""
    for _ in range(2):  # a token may be renewed, or a worker end, in between
        try:
            with requests.Session() as session:
                session.trust_env = False
                headers = server.management.authorization("inference")
                response = session.post(url, json=body, headers=headers, timeout=_SECONDS)
            answer: dict[str, Any] = response.json()
        except (requests.RequestException, ValueError) as error:
            said = type(error).__name__
            continue
        if "detail" in answer or "request_id" in answer:
            return answer
        said = f"status {response.status_code}"
    raise Failure(f"TorchServe did not answer ({said}); what was changed so far is stored.")
