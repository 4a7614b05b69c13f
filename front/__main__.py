"""`python -m front --torchserve http://127.0.0.1:8080`: the front door, until SIGTERM."""

import argparse
import sys

from sanic import Sanic

from front.address import front_address
from front.app import create_app
from pipeline.settings import SettingsError, load_settings


def main() -> None:
    """Serve in this process; what is in flight is answered before it ends."""
    parser = argparse.ArgumentParser(prog="front", description="The front door of fundocr.")
    parser.add_argument("--torchserve", required=True, metavar="URL", help="inference address")
    torchserve = parser.parse_args().torchserve
    try:
        settings = load_settings()
        host, port = front_address(settings)
    except SettingsError as error:
        sys.exit(str(error))
    app = create_app(settings, torchserve)
    app.prepare(host=host, port=port, single_process=True, motd=False)
    Sanic.serve_single(primary=app)


if __name__ == "__main__":
    main()
