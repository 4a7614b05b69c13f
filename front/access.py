"""Decides who a request comes from and what it may do: by key, by page session, or by address.

A key comes as `Authorization: Bearer …`, a session as a cookie that `front.login` sets. Addresses
of FUNDOCR_ANONYMOUS_CIDRS need neither, under a Host that is ours (front.hosts); see front.proxies
for whose address counts.
"""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from hmac import compare_digest
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote, urlsplit

from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from db.access import Keys, Role
from db.column_types import text_sha256
from db.sessions import Sessions
from front.errors import CrossSite, HostNotServed, NoKey, RoleTooLow, WrongKey
from front.hosts import Hosts
from front.lookups import Lookups
from front.proxies import Proxies
from front.threads import Threads
from pipeline.errors import DatabaseUnavailable
from pipeline.settings import Settings

P = ParamSpec("P")
# None: it has sent its answer itself, in pieces.
Handler = Callable[Concatenate[Request, P], Coroutine[Any, Any, HTTPResponse | None]]
# How long (s) a monitor's key that was good is good while the database is away, and how many.
_MONITOR_SECONDS = 3600
_MONITORS = 100
# The cookie that holds a session's token.
COOKIE = "fundocr_session"
# No key is longer; a longer text is not looked up.
_LONGEST_KEY = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whom a request comes from. name: the key's, which is the actor of its corrections."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether its role is this one or a higher one."""
        return self.role.includes(role)


# The names that no key has.
ANONYMOUS = Caller(name="anonymous", role=Role.CORRECTOR)
LOCAL = Caller(name="local", role=Role.CORRECTOR)
RESERVED = frozenset({ANONYMOUS.name, LOCAL.name})


class Access:
    """The keys and sessions of one database, and the addresses let in.

    local_key: sha256 of the key of this run, which `fundocr serve` leaves in a file for whoever may
    read it on this machine; None where there is none.
    """

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        lookups: Lookups,
        sessions: Sessions,
        run: Threads,
        proxies: Proxies,
        hosts: Hosts,
        local_key: bytes | None = None,
    ) -> None:
        self._anonymous = settings.anonymous_cidrs
        self._anonymous_pages = settings.anonymous_pages
        self._hosts = hosts
        self._proxies = proxies
        self._keys = keys
        self._lookups = lookups
        self._sessions = sessions
        self._run = run
        self._local_key = local_key
        self._monitors: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, request: Request) -> Caller | None:
        """Whom the request comes from; None when nothing says it. WrongKey for a key that is none,
        HostNotServed where nothing says it and the Host is not ours, CrossSite when a page of
        another site sent the request; StoreError or DatabaseUnavailable when nobody can say now."""
        if given := request.headers.getall("authorization", []):
            return await self.by_key(_bearer(given))
        token = request.cookies.get(COOKIE)
        if token and (session := await self._by_session(token)):
            require_same_origin(request, strict=True)
            return session
        if not self._hosts.serves(request):
            raise HostNotServed
        if self._is_anonymous(request):
            require_same_origin(request, strict=False)
            return ANONYMOUS
        return None

    async def by_key(self, text: str) -> Caller:
        """Whose key this is; WrongKey when it is nobody's, or was revoked."""
        if not text.isascii() or len(text) > _LONGEST_KEY:
            raise WrongKey
        if self._local_key and compare_digest(text_sha256(text), self._local_key):
            return LOCAL
        try:
            owner = await self._lookups.key(text)
        except DatabaseUnavailable:
            if (monitor := self._remembered(text)) is None:
                raise
            return monitor
        self._monitors.pop(text_sha256(text), None)
        if owner is None:
            raise WrongKey
        name, role = owner
        caller = Caller(name=name, role=Role(role))
        if caller.role is Role.MONITOR and len(self._monitors) < _MONITORS:
            self._monitors[text_sha256(text)] = (time.monotonic(), caller)
        return caller

    def _remembered(self, text: str) -> Caller | None:
        """Whose key this was a while ago, a monitor's: /metrics, which is all that it opens, must
        tell that the database is away just when nobody can look keys up."""
        when, caller = self._monitors.get(text_sha256(text), (float("-inf"), None))
        return caller if time.monotonic() - when < _MONITOR_SECONDS else None

    async def _by_session(self, token: str) -> Caller | None:
        if len(token) > _LONGEST_KEY:
            return None
        name = await self._run(self._sessions.name, token)
        if name is None:
            return None
        # Looked up each time: a key that is revoked ends its sessions too.
        for key in await self._run(self._keys.list):
            if key.name == name and key.revoked_at is None:
                return Caller(name=key.name, role=key.role)
        return None

    def _is_anonymous(self, request: Request) -> bool:
        """Whether a request may go on without a key; to the pages for people only where a setting
        says so: what is done there has a name."""
        if getattr(request.ctx, "is_for_people", False) and not self._anonymous_pages:
            return False
        address = self._proxies.client(request)
        return address is not None and any(address in network for network in self._anonymous)


def needs(role: Role) -> Callable[[Handler[P]], Handler[P]]:
    """For a handler: it is called only for callers of this role or a higher one
    (`request.ctx.caller`), and within their rate; a page that is asked for without leads to the
    log-in."""

    def guard(handler: Handler[P]) -> Handler[P]:
        @wraps(handler)
        async def guarded(
            request: Request, /, *args: P.args, **kwargs: P.kwargs
        ) -> HTTPResponse | None:
            context = request.app.ctx
            try:
                caller = await context.access.caller(request)
                if caller is None:
                    raise NoKey
            except (NoKey, WrongKey, HostNotServed):
                # The log-in itself is open under any Host: it gives nothing without a key.
                if asks_for_page(request):
                    return to_login(request)
                raise
            if not caller.may(role):
                raise RoleTooLow(f"This needs a key with the role {role}; yours has {caller.role}.")
            request.ctx.caller = caller
            is_named = caller is not ANONYMOUS
            # The name under which its requests count: nobody's are held up by another's.
            request.ctx.counts_as = caller.name if is_named else context.proxies.name(request)
            context.limits.take(request.ctx.counts_as)
            return await handler(request, *args, **kwargs)

        return guarded

    return guard


def charge(request: Request, more: int) -> None:
    """Count so many requests more for this one; a caller that has none left now waits longer before
    its next one."""
    request.app.ctx.limits.charge(request.ctx.counts_as, more)


def asks_for_page(request: Request) -> bool:
    """Whether a browser wants a page here: what it gets is shown to a person."""
    if request.method not in ("GET", "HEAD"):
        return False
    return "text/html" in request.headers.get("accept", "")


def to_login(request: Request) -> HTTPResponse:
    """The log-in page, which leads back to what was asked for."""
    target = request.path + (f"?{request.query_string}" if request.query_string else "")
    return redirect(f"/login?next={quote(target, safe='/')}", status=303)


def require_same_origin(request: Request, *, strict: bool) -> None:
    """CrossSite where a page of another site makes a browser send what would change something.

    strict: the browser must tell that it is our page; else what tells nothing is let through, as
    programs' requests are.
    """
    if request.method in ("GET", "HEAD"):
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_ours = site == "same-origin"
    elif origin is not None:
        is_ours = _host(origin) == request.headers.get("host", "").lower() != ""
    else:
        is_ours = not strict
    if not is_ours:
        raise CrossSite


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _bearer(headers: list[Any]) -> str:
    scheme, _, key = str(headers[0]).partition(" ")
    if len(headers) != 1 or scheme.lower() != "bearer" or not key.strip():
        raise WrongKey
    return key.strip()
