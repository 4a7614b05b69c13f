"""All that happened to one row."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from front.access import needs
from front.body import add_bodyless
from front.pages.changes import steps
from front.pages.query import query_of
from front.pages.render import page


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/review/<row_id:row>/history", "history")


@needs(Role.CORRECTOR)
async def show(request: Request, row_id: int) -> HTTPResponse:
    """The row's lines of history, newest first."""
    context = request.app.ctx
    row = await context.run(context.store.get, id=row_id)
    history = await context.run(context.store.history, row_id)
    return page(
        request, "history.html", row=row, steps=steps(history), query=query_of(request.args)
    )
