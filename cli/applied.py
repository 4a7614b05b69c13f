"""What `--apply` of `replay` and `reread` came to, row by row."""

from dataclasses import dataclass, field

CHANGED_SINCE = "has changed since it was looked at, and stays as it is"
GONE = "is gone, and stays away"


@dataclass(slots=True, kw_only=True)
class Applied:
    """changed: rows that took their new reading. doubted: rows whose answer stays and now stands
    in the review queue beside another; trusted: that do so no longer. left: id of each other row,
    and what became of it. failed: how many of these should have taken theirs.
    """

    changed: int = 0
    doubted: int = 0
    trusted: int = 0
    left: list[tuple[int, str]] = field(default_factory=list)
    failed: int = 0

    def show(self) -> int:
        """Name every row that was left, count the others; 1 where one failed."""
        for id, why in sorted(self.left):
            print(f"row {id} {why}")
        print(f"{self.changed:,} rows were changed; what people have judged stayed as it was.")
        if self.doubted:
            print(
                f"{self.doubted:,} rows go on answering what they did; the review queue shows them "
                "first, with both answers (存疑)."
            )
        if self.trusted:
            print(f"{self.trusted:,} rows are no longer doubted: these rules say what they answer.")
        if self.failed:
            print(f"{self.failed:,} rows could not be stored; run the same command again for them.")
        return 1 if self.failed else 0

    def show_what_was_done(self) -> None:
        """Where the command ends early: what it has changed by then is stored."""
        if self.changed or self.doubted or self.trusted or self.left:
            self.show()
