"""The statistics page: what came in each day, and how good the answers were."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from db.statistics import Accuracy, Day
from front.access import needs
from front.body import add_bodyless
from front.pages.render import language_of, page
from front.pages.texts import has_text, text

SPANS = (7, 30, 90)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/numbers", "numbers")


@needs(Role.CORRECTOR)
async def show(request: Request) -> HTTPResponse:
    """The last days, today included."""
    asked = request.args.get("days", "")
    span = int(asked) if asked in map(str, SPANS) else SPANS[1]
    context = request.app.ctx
    zone = context.settings.zone
    today = datetime.now(zone).date()
    since = today - timedelta(days=span - 1)
    days = await context.run(context.numbers.per_day, since, today, zone)
    judged = await context.run(
        context.numbers.accuracy, datetime.combine(since, time(), zone), None
    )
    return page(
        request,
        "numbers.html",
        span=span,
        spans=SPANS,
        days=days,
        reasons=reasons_of(days),
        judged=judged,
        charts=charts_of(days, judged, language_of(request)),
    )


def reasons_of(days: Sequence[Day]) -> list[tuple[str, int]]:
    """Each reason that occurs and how often, the most frequent first."""
    total: Counter[str] = Counter()
    for day in days:
        total.update(day.refused)
    return total.most_common()


def charts_of(days: Sequence[Day], judged: Sequence[Accuracy], language: str) -> dict[str, Any]:
    """What the charts draw, JSON-ready: labels, and for each series its name, tone and values."""

    def t(key: str) -> str:
        return text(language, key) if has_text(key) else key

    def series(key: str, tone: str, values: list[int]) -> dict[str, Any]:
        return {"name": t(key), "tone": tone, "values": values}

    reasons = reasons_of(days)
    return {
        "came": {
            "labels": [f"{day.day:%m-%d}" for day in days],
            "series": [
                series("answered", "good", [day.answered for day in days]),
                series("refused", "doubt", [sum(day.refused.values()) for day in days]),
            ],
        },
        "reviewed": {
            "labels": [f"{day.day:%m-%d}" for day in days],
            "series": [
                series("confirmed", "good", [day.confirmed for day in days]),
                series("corrected", "doubt", [day.corrected for day in days]),
                series("dismissed", "plain", [day.dismissed for day in days]),
            ],
        },
        "reasons": {
            "labels": [t(f"reason_{reason}") for reason, _ in reasons],
            "series": [series("refused", "doubt", [count for _, count in reasons])],
        },
        "accuracy": {
            "labels": [[one.model_version, one.rules_version] for one in judged],
            "series": [
                series("right", "good", [one.right for one in judged]),
                series("missed", "doubt", [one.missed for one in judged]),
                series("wrong", "bad", [one.wrong for one in judged]),
            ],
        },
    }
