"""Checks a new version before it serves: it must read at least as well as the one in service."""

from dataclasses import dataclass

from serving import self_check
from serving.failure import Failure
from serving.say import say
from serving.torchserve_process import TorchServe
from serving.transition import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """stored: how many links that people have judged it must read, besides the samples. fewer: how
    many answers it may give fewer than the one in service."""

    stored: int = 0
    fewer: int = 0


def check(server: TorchServe, transition: Transition, checks: Checks) -> None:
    """Failure unless the new version, loaded but not answering yet, passes. No row is looked at
    or written but those that people have judged, which are read."""
    new, old = transition.new, transition.old
    if not self_check.reads_pictures(new.model):
        self_check.require_sound_answers(server, new.model, new.version)
        return
    sets = {"samples": self_check.samples()}
    if checks.stored:
        sets["judged links"] = _judged(checks.stored)
    for name, pictures in sets.items():
        score = self_check.score(server, new.model, new.version, pictures)
        say(f"{name}: {score}")
        if score.wrong:
            raise Failure(
                f"{new.model} {new.version} reads {score.wrong[0]} wrong, as sure; it was not put "
                "into service."
            )
        if len(score.gone) == len(pictures):
            raise Failure(
                f"None of the {name} can be fetched, so nothing was checked by them; {new.model} "
                f"{new.version} was not put into service (deploy without --stored does)."
            )
        if not score.silent:
            continue
        present = self_check.score(server, old.model, old.version, pictures)
        if len(score.right) < len(present.right) - checks.fewer:
            raise Failure(
                f"{new.model} {new.version} reads {len(score.right)} of the {name} right where "
                f"{old.version} reads {len(present.right)}; it was not put into service "
                "(--fewer N allows for N)."
            )


def _judged(count: int) -> list[self_check.Picture]:
    """The newest links with a person's word on them; uploads cannot be fetched again."""
    from db.statistics import newest_judged_links
    from serving.database import opened_engine

    with opened_engine() as engine:
        rows = newest_judged_links(engine, count)
    if not rows:
        raise Failure("No link has been judged by a person yet; deploy without --stored.")
    return [
        self_check.judged_link(
            row.image_url,
            row.url_type,
            {"fund_code": row.answer_fund_code, "hold_share": row.answer_hold_share}
            if row.answer_flag
            else {"fund_code": "", "hold_share": ""},
        )
        for row in rows
    ]
