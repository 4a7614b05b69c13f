"""The log-in link that the first start prints: known to the front door of that start alone."""

import time
from hashlib import sha256

# It can be used once, and no longer than this (s).
LINK_SECONDS = 24 * 3600


class LoginLink:
    """given: sha256 of its token, and whose it is; None where there is none."""

    def __init__(self, given: tuple[bytes, str] | None) -> None:
        self._given = given
        self._ends = time.monotonic() + LINK_SECONDS

    def use(self, token: str) -> str | None:
        """Whose it is; it is of no use from then on. None: used, too old, or another token."""
        # Found by the hash: how long that takes tells nothing of the token.
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        if self._given is None or self._given[0] != digest:
            return None
        name, self._given = self._given[1], None
        return name if time.monotonic() < self._ends else None
