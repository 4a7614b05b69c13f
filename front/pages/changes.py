"""Describes a row's history for people: what happened, and how two of its states differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from db.rows import HistoryLine
from db.tables import IN_HISTORY
from front.access import needs
from front.body import add_bodyless
from front.pages.query import query_of
from front.pages.render import page

_READ = {"update_fund_code": "ocr_fund_code", "update_hold_share": "ocr_hold_share"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One column; before and after as a snapshot holds them, None for nothing.

    read_before, read_after: of a person's value what was read in its place; None for nothing, and
    of all other columns.
    """

    name: str
    before: Any
    after: Any
    read_before: str | None = None
    read_after: str | None = None

    @property
    def is_persons(self) -> bool:
        """Whether it is a value that people give: without one the reading counts."""
        return self.name in _READ


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of history. copied_from: the row of the same picture, where it began as a copy."""

    action: str
    actor: str
    note: str
    at: datetime
    differences: tuple[Difference, ...]
    copied_from: int | None = None


def steps(history: Sequence[HistoryLine], *, since_version: int = 0) -> list[Step]:
    """Newest first; only what made the row newer than `since_version`."""
    return [
        Step(
            action=line.action,
            actor=line.actor,
            note=line.note,
            at=line.created_at,
            differences=differences(line.before, line.after),
            copied_from=(line.after or {}).get("copied_from"),
        )
        for line in reversed(history)
        if (line.after or {}).get("row_version", since_version + 1) > since_version
    ]


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[Difference, ...]:
    """The columns that differ; nothing where one side is not there."""
    if before is None or after is None:
        return ()
    pairs = ((name, before.get(name), after.get(name)) for name in IN_HISTORY)
    return tuple(
        Difference(
            name=name,
            before=old,
            after=new,
            read_before=before.get(_READ.get(name, "")) or None,
            read_after=after.get(_READ.get(name, "")) or None,
        )
        for name, old, new in pairs
        if (old or None) != (new or None)
    )


def state_at(history: Sequence[HistoryLine], row_version: int) -> dict[str, Any] | None:
    """The snapshot of the row when it had this version; None where no line tells."""
    for line in history:
        if line.before is not None and line.before.get("row_version") == row_version:
            return line.before
        if line.after is not None and line.after.get("row_version") == row_version:
            return line.after
    return None


# All that happened to one row.


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/review/<row_id:row>/history", "history")


@needs(Role.CORRECTOR)
async def show(request: Request, row_id: int) -> HTTPResponse:
    """The row's lines of history, newest first."""
    context = request.app.ctx
    row = await context.run(context.store.get, id=row_id)
    history = await context.run(context.store.history, row_id)
    return page(
        request, "history.html", row=row, steps=steps(history), query=query_of(request.args)
    )
