"""The routes that the front door has, asked of the application itself: none can be forgotten."""

import tempfile
from functools import cache
from pathlib import Path

from sanic import Sanic

from front.app import create_app
from pipeline.settings import Settings
from serving.torchserve import TorchServeAddress


@cache
def routes() -> tuple[tuple[str, str], ...]:
    """Method and address of every route, as Sanic writes it: `/review/<row_id:row>`."""
    with tempfile.TemporaryDirectory() as home:
        app = create_app(
            Settings(home=Path(home)), TorchServeAddress(inference="http://127.0.0.1:9")
        )
        found = {
            (method, route.uri) for route in app.router.routes for method in route.methods or ()
        }
        app.ctx.lookups.close()
        app.ctx.engine.dispose()
        Sanic.unregister_app(app)
    return tuple(sorted(found))
