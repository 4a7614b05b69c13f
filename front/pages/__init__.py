"""The review pages, on which people check what was read: queue, card, history, upload,
statistics."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from front.pages import actions, card, changes, export, queue, static, statistics, upload
from front.pages.failed import failed
from front.pages.render import add_headers


def _mark(request: Request) -> None:
    """For front.access: these pages are for people."""
    request.ctx.is_for_people = True


blueprint = Blueprint("pages")
for module in (queue, card, actions, changes, upload, statistics, export, static):
    module.add_to(blueprint)
blueprint.exception(Exception)(failed)
blueprint.middleware(_mark, "request")
blueprint.middleware(add_headers, "response")


@blueprint.get("/", name="home")
async def home(_: Request) -> HTTPResponse:
    """Leads to the queue."""
    return redirect("/review", status=303)
