"""Log-in to the pages: with a link that works once, or with a key; and log-out."""

from urllib.parse import parse_qs

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from db.sessions import SESSION
from front.access import COOKIE, LOCAL, require_same_origin
from front.body import add_bodyless, read_body
from front.errors import WrongKey
from front.pages.render import add_headers, page

blueprint = Blueprint("login")
_LONGEST_FORM = 8192
_LONGEST_TOKEN = 128
_HOME = "/"
# An address with a token is told to nobody, and kept nowhere.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@blueprint.get("/login", name="login")
async def show(request: Request) -> HTTPResponse:
    """The form; with `token`, that of a log-in link, it logs in at once."""
    token = request.args.get("token")
    if token is None:
        return _form(request, _target(request.args.get("next")))
    context = request.app.ctx
    context.limits.take(context.proxies.name(request))
    name = await context.run(context.sessions.use_link, token[:_LONGEST_TOKEN])
    if name is None:
        return _form(request, _HOME, "login_used", 403)
    return await _logged_in(request, name, _HOME)


@blueprint.post("/login", name="login_with_key", stream=True)
async def log_in(request: Request) -> HTTPResponse:
    """The form's fields `key` and `next`."""
    require_same_origin(request, strict=False)
    request.app.ctx.limits.take(request.app.ctx.proxies.name(request))
    body = await read_body(request, _LONGEST_FORM)
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=8)
    except ValueError:
        fields = {}
    target = _target(fields.get("next", [None])[0])
    try:
        caller = await request.app.ctx.access.by_key(fields.get("key", [""])[0].strip())
        if caller is LOCAL:  # for programs: nobody's name stands behind it
            raise WrongKey
    except WrongKey:
        if "text/html" in request.headers.get("accept", ""):
            return _form(request, target, "login_wrong", WrongKey.status)
        raise
    return await _logged_in(request, caller.name, target)


async def log_out(request: Request) -> HTTPResponse:
    """End the session, here and in the browser."""
    require_same_origin(request, strict=True)
    if token := request.cookies.get(COOKIE):
        await request.app.ctx.run(request.app.ctx.sessions.close, token)
    answer = redirect("/login", status=303, headers=_HEADERS)
    _set_cookie(request, answer, "", 0)
    return answer


add_bodyless(blueprint, log_out, "/logout", "logout", methods=("POST",))


async def _logged_in(request: Request, name: str, target: str) -> HTTPResponse:
    token = await request.app.ctx.run(request.app.ctx.sessions.open, name)
    answer = redirect(target, status=303, headers=_HEADERS)
    _set_cookie(request, answer, token, int(SESSION.total_seconds()))
    return answer


def _set_cookie(request: Request, answer: HTTPResponse, value: str, seconds: int) -> None:
    answer.add_cookie(
        COOKIE,
        value,
        path="/",
        httponly=True,
        samesite="Strict",
        # The front door itself speaks plain HTTP; a proxy before it may speak TLS.
        secure=request.app.ctx.proxies.is_https(request),
        max_age=seconds,
    )


def _form(request: Request, target: str, said: str = "", status: int = 200) -> HTTPResponse:
    """said: the text of what went wrong before."""
    answer = page(request, "login.html", status, next=target, said=said)
    # With no-referrer a form's Origin is `null`, and over plain HTTP nothing else tells whose page
    # it was.
    answer.headers["Referrer-Policy"] = "same-origin"
    add_headers(request, answer)
    return answer


def _target(text: str | None) -> str:
    """A path of this site; anything else is the first page."""
    is_path = text is not None and text.startswith("/") and text.isascii() and text.isprintable()
    if text is None or not is_path or text.startswith(("//", "/\\")) or "\\" in text:
        return _HOME
    return text
