"""`fundocr reread`: another version on the pictures that can still be fetched."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from cli.compare import CHANGED_SINCE, GONE, Applied, Compared, Decision, decision_of
from cli.comparison import Comparison
from cli.selection import RowFilters
from db.rows import UPLOAD, Row
from serving.client import NoAnswer
from serving.database import opened_engine
from serving.failure import Failure, settings_or_failure
from serving.model_api import ModelApi
from serving.torchserve_process import TorchServe

# A batch of the service; more would only wait in its queue, before callers.
_AT_ONCE = 8
_MODEL = "ocr_handler"
_GONE = ("FETCH_FAILED", "FETCH_TIMEOUT", "HOST_NOT_ALLOWED", "ADDRESS_NOT_ALLOWED", "BAD_URL")
_LEFT = {"ROW_CHANGED": CHANGED_SINCE, "UNKNOWN_IMAGE": GONE}


def reread(
    filters: RowFilters, *, version: str, apply: bool, html: Path | None, limit: int | None
) -> int:
    """Print what the version would change; with `apply` let it, each row with one line of history.

    version: as TorchServe has it. Every picture is read with `dry_run` first; with `apply` those
    whose rows would change, and which nobody has judged, are read once more to be stored. A row
    that has changed in between stays as it is. 1 where a row could not be stored.
    """
    settings = settings_or_failure()
    reader = Reader(server=TorchServe(settings.home), version=version)
    known = ModelApi(reader.server).versions(_MODEL)
    if version not in known:
        raise Failure(f"{_MODEL} has no version {version}; there are: {', '.join(sorted(known))}.")
    comparison, applied = Comparison(title=f"fundocr reread --model {version}"), Applied()
    try:
        with opened_engine() as engine, ThreadPoolExecutor(_AT_ONCE) as pool:
            links = (row for row in filters.rows(engine) if row.url_type != UPLOAD)
            rows = islice(links, limit)
            while some := list(islice(rows, _AT_ONCE * 4)):
                changing = _looked_at(some, pool.map(reader.look, some), comparison)
                if apply:
                    for row, why in zip(changing, pool.map(reader.store, changing), strict=True):
                        _note(applied, row, why)
    except Failure:
        applied.show_what_was_done()
        raise
    comparison.show(html)
    return applied.show() if apply else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One version of the model, asked for pictures at TorchServe itself."""

    server: TorchServe
    version: str

    def look(self, row: Row) -> dict[str, Any]:
        """Its answer or error for a row's picture, by which nothing changes; Failure where none
        comes, twice."""
        try:
            return self._ask(row, {"dry_run": True}, again=True)
        except NoAnswer as error:
            raise Failure(f"{error}.") from None

    def store(self, row: Row) -> str | None:
        """Let a row take this version's reading, if it is still as it was looked at; why it did
        not, as the end of a sentence that begins with the row. None: it did."""
        try:
            answer = self._ask(row, {"refresh": True, "row_version": row.row_version})
        except NoAnswer as error:
            return f"was asked for, and no answer came ({error}): it may have been stored"
        if "data" in answer:
            return None
        return _LEFT.get(answer["code"], f"was not stored: {answer['code']}")

    def _ask(self, row: Row, how: dict[str, object], *, again: bool = False) -> dict[str, Any]:
        body = {"image_url": row.image_url, "url_type": row.url_type, **how}
        return self.server.client.predict(_MODEL, self.version, again=again, json=body)


def _looked_at(
    rows: list[Row], answers: Iterable[dict[str, Any]], comparison: Comparison
) -> list[Row]:
    """The rows that would change and may."""
    changing = []
    for row, answer in zip(rows, answers, strict=True):
        if "data" in answer:
            after = Decision(**answer["data"], reason=answer["detail"]["reason"])
            compared = Compared(row=row, before=decision_of(row), after=after)
            comparison.add(compared)
            if compared.may_be_applied:
                changing.append(row)
        elif answer["code"] in _GONE:
            comparison.gone += 1
        else:
            comparison.unread += 1
    return changing


def _note(applied: Applied, row: Row, why: str | None) -> None:
    if why is None:
        applied.changed += 1
        return
    applied.left.append((row.id, why))
    applied.failed += why not in _LEFT.values()
