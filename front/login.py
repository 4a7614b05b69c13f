"""Logging in to the pages: with the link of the first start, or with a key; and logging out."""

from html import escape
from urllib.parse import parse_qs

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, redirect

from front.access import require_same_origin
from front.body import read_body
from front.errors import WrongKey
from front.sessions import COOKIE, SESSION_SECONDS

blueprint = Blueprint("login")
_LONGEST_FORM = 8192
_HOME = "/"
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
}
_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>登录 · fundocr</title>
<style>
  :root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
  main {{ max-width: 22rem; margin: 12vh auto; padding: 0 1rem; }}
  input, button {{ box-sizing: border-box; width: 100%; font: inherit; padding: .6rem; }}
  label, button {{ display: block; margin-top: 1rem; }}
</style>
<main>
  <h1>登录</h1>
  {said}
  <form method="post" action="/login">
    <input type="hidden" name="next" value="{next}">
    <label for="key">访问密钥 <span lang="en">(access key)</span></label>
    <input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
    <button>登录 <span lang="en">(log in)</span></button>
  </form>
</main>
"""
_LINK_USED = (
    "这个登录链接已使用过或已过期，请用密钥登录。"
    '<span lang="en">This log-in link was used or is too old; log in with a key.</span>'
)
_WRONG_KEY = '密钥无效。<span lang="en">This key is not known here, or was revoked.</span>'


@blueprint.get("/login", name="login")
async def show(request: Request) -> HTTPResponse:
    """The form; with `token`, the log-in link of the first start, it logs in at once."""
    token = request.args.get("token")
    if token is None:
        return _form(_target(request.args.get("next")))
    name = request.app.ctx.sessions.use_link(token)
    return _form(_HOME, _LINK_USED, 403) if name is None else _logged_in(request, name, _HOME)


@blueprint.post("/login", name="login_with_key", stream=True)
async def log_in(request: Request) -> HTTPResponse:
    """The form's fields `key` and `next`."""
    require_same_origin(request, strict=False)
    body = await read_body(request, _LONGEST_FORM)
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=8)
    except ValueError:
        fields = {}
    target = _target(fields.get("next", [None])[0])
    try:
        caller = await request.app.ctx.access.by_key(fields.get("key", [""])[0].strip())
    except WrongKey:
        if "text/html" in request.headers.get("accept", ""):
            return _form(target, _WRONG_KEY, WrongKey.status)
        raise
    return _logged_in(request, caller.name, target)


@blueprint.post("/logout", name="logout")
async def log_out(request: Request) -> HTTPResponse:
    """End the session, here and in the browser."""
    require_same_origin(request, strict=True)
    if token := request.cookies.get(COOKIE):
        request.app.ctx.sessions.close(token)
    answer = redirect("/login", status=303, headers=_HEADERS)
    _set_cookie(answer, "", 0)
    return answer


def _logged_in(request: Request, name: str, target: str) -> HTTPResponse:
    answer = redirect(target, status=303, headers=_HEADERS)
    _set_cookie(answer, request.app.ctx.sessions.open(name), SESSION_SECONDS)
    return answer


def _set_cookie(answer: HTTPResponse, value: str, seconds: int) -> None:
    answer.add_cookie(
        COOKIE,
        value,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=False,  # the front door speaks plain HTTP
        max_age=seconds,
    )


def _form(target: str, said: str = "", status: int = 200) -> HTTPResponse:
    told = f'<p role="alert">{said}</p>' if said else ""
    page = _PAGE.format(said=told, next=escape(target))
    return html(page, status=status, headers=_HEADERS)


def _target(text: str | None) -> str:
    """A path of this site; anything else is the first page."""
    is_path = text is not None and text.startswith("/") and text.isascii() and text.isprintable()
    if text is None or not is_path or text.startswith(("//", "/\\")) or "\\" in text:
        return _HOME
    return text
