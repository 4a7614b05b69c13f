"""Roles of keys: what each may be used for, from the least to the most."""

from enum import StrEnum


class Role(StrEnum):
    """What a key is for. Each may do what those before it may."""

    MONITOR = "monitor"
    CALLER = "caller"
    CORRECTOR = "corrector"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do all that the other one may."""
        return _RANK[self] >= _RANK[other]


MAY: dict[Role, str] = {
    Role.MONITOR: "reads /metrics",
    Role.CALLER: "has pictures read, and asks for results, too",
    Role.CORRECTOR: "corrects, reviews and exports rows, too",
    Role.ADMIN: "everything",
}
"""What the command line and the API's page say of each."""
_RANK = {role: rank for rank, role in enumerate(MAY)}


def summary() -> str:
    """All roles in one line."""
    return "; ".join(f"{role}: {what}" for role, what in MAY.items())
