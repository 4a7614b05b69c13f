"""Counts what other rules or another reading would change, and shows it as a table and a page."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cli.compare import Compared, Effect
from cli.evaluation_page import rendered
from cli.judge import JUDGEMENTS
from pipeline.plain import escaped
from serving.failure import USAGE, Failure
from serving.process import files_to_hand_on
from serving.say import counted

_SHOWN = 20
_KEPT = 1000


@dataclass(slots=True, kw_only=True)
class Comparison:
    """Counts of all rows that were added; of those that would change the first 1,000 are kept.

    gone: rows whose page or picture is not there any more. unread: whose picture is refused.
    """

    title: str
    outcomes: Counter[Effect] = field(default_factory=Counter)
    reasons: Counter[tuple[Effect, str, str]] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    different: list[Compared] = field(default_factory=list)
    gone: int = 0
    unread: int = 0

    def add(self, compared: Compared) -> None:
        """Count one row."""
        self.outcomes[compared.outcome] += 1
        if compared.verdict is not None:
            self.verdicts[compared.verdict] += 1
        if compared.outcome is Effect.SAME:
            return
        before, after = (d.reason or "answered" for d in (compared.before, compared.after))
        self.reasons[compared.outcome, before, after] += 1
        if len(self.different) < _KEPT:
            self.different.append(compared)

    @property
    def sentence(self) -> str:
        """`1,000 rows: 995 same, 3 gained, …`"""
        parts = ", ".join(f"{self.outcomes[effect]:,} {effect}" for effect in Effect)
        more = [(self.gone, "with nothing to go by"), (self.unread, "whose picture is refused")]
        left = "".join(f"; {count:,} {what}" for count, what in more if count)
        return f"{counted(self.outcomes.total(), 'row')}: {parts}{left}"

    @property
    def judged(self) -> str:
        """How the other decisions compare with what people said; empty where nobody said any."""
        if not self.verdicts:
            return ""
        parts = ", ".join(f"{self.verdicts[verdict]:,} {verdict}" for verdict in JUDGEMENTS)
        return f"of {self.verdicts.total():,} that people have judged: {parts}"

    def show(self, html: Path | None) -> None:
        """Print it, and write the page where one is wanted; Failure when that cannot be."""
        from rich.console import Console
        from rich.table import Table

        console = Console(soft_wrap=True, markup=False)
        table = Table("was", "would be", "", "rows", box=None, pad_edge=False)
        for (outcome, before, after), count in self._by_reason():
            table.add_row(escaped(before), escaped(after), str(outcome), f"{count:,}")
        if self.reasons:
            console.print(table)
        for compared in self.different[:_SHOWN]:
            said = escaped(f"row {compared.row.id}: {compared.before} → {compared.after}")
            console.print(said, highlight=False)
        if self.reasons.total() > _SHOWN:
            console.print(f"… {self.reasons.total() - _SHOWN:,} more; --html FILE has them")
        console.print(self.sentence, highlight=False)
        if self.judged:
            console.print(self.judged, highlight=False)
        if html is not None:
            try:
                with files_to_hand_on():
                    html.write_text(self._page(), encoding="utf-8")
            except OSError as error:
                raise Failure(f"{html} cannot be written: {error.strerror}.", USAGE) from None

    def _by_reason(self) -> list[tuple[tuple[Effect, str, str], int]]:
        order = list(Effect)
        return sorted(self.reasons.items(), key=lambda item: (order.index(item[0][0]), -item[1]))

    def _page(self) -> str:
        return rendered(
            "comparison.html",
            title=self.title,
            sentence=self.sentence,
            judged=self.judged,
            reasons=[(b, a, str(o), f"{n:,}") for (o, b, a), n in self._by_reason()],
            rows=[
                (
                    str(compared.row.id),
                    str(compared.outcome),
                    str(compared.before),
                    str(compared.after),
                    f"{compared.row.review_state} {compared.verdict or ''}",
                    compared.row.image_url.partition("?")[0],
                )
                for compared in self.different
            ],
        )
