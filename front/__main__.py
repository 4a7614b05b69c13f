"""`python -m front --torchserve http://127.0.0.1:8080`: the front door, until SIGTERM."""

import argparse
import gc
import logging
import os
import sys

from sanic import Sanic

from db.errors import StoreError
from front import lines
from front.app import create_app
from pipeline.memory import give_memory_back
from pipeline.settings import SettingsError, load_settings, unknown_names
from serving.database import unusable
from serving.front_address import front_address
from serving.torchserve import TorchServeAddress

log = logging.getLogger("front")


def main() -> None:
    """Serve in this process; what is in flight is answered before it ends."""
    usual = TorchServeAddress()
    parser = argparse.ArgumentParser(prog="front", description="The front door of fundocr.")
    parser.add_argument("--torchserve", required=True, metavar="URL", help="inference address")
    parser.add_argument(
        "--management",
        default=usual.management,
        metavar="URL",
        help="management address, which is asked whether the models are READY",
    )
    parser.add_argument(
        "--metrics",
        default=usual.metrics,
        metavar="URL",
        help="metrics address, whose figures become part of /metrics",
    )
    # A hash: what it is of opens the door, and a command line can be read by everybody.
    parser.add_argument(
        "--local-key", type=bytes.fromhex, metavar="SHA256", help="of the key of this run"
    )
    given = parser.parse_args()
    os.umask(0o077)  # rows and logs are nobody else's to read
    try:
        settings = load_settings()
        host, port = front_address(settings)
        app = create_app(
            settings,
            TorchServeAddress(
                inference=given.torchserve, management=given.management, metrics=given.metrics
            ),
            local_key=given.local_key,
        )
    except StoreError as error:
        sys.exit(unusable(error))
    except SettingsError as error:
        sys.exit(str(error))
    lines.log_as_json()
    for line in unknown_names(settings.home):
        log.warning("%s", line)
    # A thread that is busy (with a batch) hands the interpreter over to the event loop after this
    # time (s); by default ten times as long, at each of the few steps that an answer takes.
    sys.setswitchinterval(0.0005)
    give_memory_back()  # pictures pass through
    # What is there by now stays until the end. To look through it for garbage, now and then, would
    # hold up all answers for a tenth of a second.
    gc.collect()
    gc.freeze()
    app.prepare(host=host, port=port, single_process=True, motd=False)
    Sanic.serve_single(primary=app)


if __name__ == "__main__":
    main()
