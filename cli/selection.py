"""The filter options with which commands select rows; each is defined here once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.failure import USAGE, Failure, settings_or_failure

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from db.filters import Filter
    from db.rows import ReviewState, Row


TIME_HELP = "(2026-11-22, 2026-11-22T08:30; by the clock of FUNDOCR_TIMEZONE)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilters:
    """The filters, as they were typed; None: all. Times are ISO 8601, of FUNDOCR_TIMEZONE unless
    they say otherwise.
    """

    state: Annotated[
        str | None, typer.Option(help="open, confirmed, corrected, dismissed; several with commas.")
    ] = None
    reason: Annotated[str | None, typer.Option(help="Why there is no answer.")] = None
    url_type: Annotated[str | None, typer.Option()] = None
    label: Annotated[str | None, typer.Option(help="Of the share, as it was read.")] = None
    model_version: Annotated[str | None, typer.Option(help="That read them.")] = None
    host: Annotated[str | None, typer.Option(help="Of the link.")] = None
    fund_code: Annotated[str | None, typer.Option()] = None
    url_prefix: Annotated[str | None, typer.Option(help="How the link begins.")] = None
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"Made at or after {TIME_HELP}.")
    ] = None
    for_reread: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL_VERSION,RULES",
            help="Rows that other versions than these have refused and nobody has judged.",
        ),
    ] = None

    def filter(self) -> "Filter":
        """Failure (exit 2) for a state, a time or versions that are none."""
        from db.filters import Filter

        return Filter(
            state=None if self.state is None else tuple(map(_state, self.state.split(","))),
            reason=self.reason,
            url_type=self.url_type,
            label=self.label,
            model_version=self.model_version,
            host=self.host,
            fund_code=self.fund_code,
            url_prefix=self.url_prefix,
            since=when(self.since),
            older_than_versions=_versions(self.for_reread),
        )

    def rows(self, engine: "Engine") -> "Iterator[Row]":
        """The rows in the order of their ids."""
        from db.export import export_rows

        return export_rows(engine, self.filter())


def chooses_rows(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command of ours all these options; it gets them as `filters`."""
    own = [p for p in signature(command).parameters.values() if p.name != "filters"]
    ours = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=None, annotation=field.type)
        for field in fields(RowFilters)
    ]
    parameters = [*(p.replace(kind=Parameter.KEYWORD_ONLY) for p in own), *ours]

    @wraps(command)
    def with_filters(**given: Any) -> None:  # noqa: ANN401 — whatever the command's options are
        filters = RowFilters(**{option.name: given.pop(option.name) for option in ours})
        command(filters=filters, **given)

    with_filters.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    with_filters.__annotations__ = {p.name: p.annotation for p in parameters}
    return with_filters


def when(text: str | None) -> datetime | None:
    """An aware time from ISO 8601, by the clock of FUNDOCR_TIMEZONE where it names no other;
    Failure (exit 2)."""
    if text is None:
        return None
    zone = settings_or_failure().zone
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: at the ends of the calendar
        raise Failure(
            f"{text!r} is no time such as 2026-11-22 or 2026-11-22T08:30.", USAGE
        ) from None


def _versions(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    model, comma, rules = text.partition(",")
    if not (model and comma and rules):
        raise Failure(
            f"{text!r} is not like PP-OCRv6_small@290fae3c77ec,layout@1: the versions in use.",
            USAGE,
        )
    return model, rules


def _state(text: str) -> "ReviewState":
    from db.rows import ReviewState

    try:
        return ReviewState(text.strip())
    except ValueError:
        states = ", ".join(ReviewState)
        raise Failure(f"There is no review state {text!r}; there are: {states}.", USAGE) from None
