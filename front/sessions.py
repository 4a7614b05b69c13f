"""Who is logged in to the pages, in this process: a restart asks everybody to log in again."""

import secrets
import time
from dataclasses import dataclass
from hashlib import sha256

COOKIE = "fundocr_session"
# A session ends this long (s) after its last request.
SESSION_SECONDS = 12 * 3600
# The log-in link of the first start can be used once, and no longer than this (s).
LINK_SECONDS = 24 * 3600
_MOST = 10_000


@dataclass(slots=True, kw_only=True)
class _Entry:
    name: str
    ends: float


class Sessions:
    """Session tokens and log-in links; only their sha256 are kept.

    link: sha256 of the token of the one log-in link, and whose it is.
    """

    def __init__(self, link: tuple[bytes, str] | None = None) -> None:
        self._entries: dict[bytes, _Entry] = {}
        self._links: dict[bytes, _Entry] = {}
        if link is not None:
            token, name = link
            self._links[token] = _Entry(name=name, ends=time.monotonic() + LINK_SECONDS)

    def open(self, name: str) -> str:
        """A new session of the key of this name; the token for its cookie."""
        now = time.monotonic()
        self._entries = {key: one for key, one in self._entries.items() if one.ends > now}
        while len(self._entries) >= _MOST:
            self._entries.pop(next(iter(self._entries)))
        token = secrets.token_urlsafe(32)
        self._entries[_digest(token)] = _Entry(name=name, ends=now + SESSION_SECONDS)
        return token

    def name(self, token: str) -> str | None:
        """Whose session this is; None when it is none, or has ended."""
        entry = self._entries.get(_digest(token))
        now = time.monotonic()
        if entry is None or entry.ends <= now:
            return None
        entry.ends = now + SESSION_SECONDS
        return entry.name

    def close(self, token: str) -> None:
        """End a session."""
        self._entries.pop(_digest(token), None)

    def use_link(self, token: str) -> str | None:
        """Whose log-in link this is; it is of no use from then on. None: used, too old, or none."""
        entry = self._links.pop(_digest(token), None)
        return None if entry is None or entry.ends <= time.monotonic() else entry.name


def _digest(token: str) -> bytes:
    # Found by the hash: how long that takes tells nothing of the token.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
