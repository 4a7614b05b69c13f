"""`python -m front --torchserve http://127.0.0.1:8080`: the front door, until SIGTERM."""

import argparse

from sanic import Sanic

from front.app import create_app
from pipeline.settings import load_settings


def main() -> None:
    """Serve in this process; what is in flight is answered before it ends."""
    parser = argparse.ArgumentParser(prog="front", description="The front door of fundocr.")
    parser.add_argument("--torchserve", required=True, metavar="URL", help="inference address")
    torchserve = parser.parse_args().torchserve
    settings = load_settings()
    app = create_app(settings, torchserve)
    host, _, port = settings.front_address.rpartition(":")
    app.prepare(host=host.strip("[]"), port=int(port), single_process=True, motd=False)
    Sanic.serve_single(primary=app)


if __name__ == "__main__":
    main()
