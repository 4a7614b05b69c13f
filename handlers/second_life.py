"""`python -m handlers.second_life LIFE …`: the program that a worker's process runs after its
restart.

Run by handlers/restart.py in the worker's own process and working folder, the unpacked archive.
LIFE: what that worker knew, as JSON; then the arguments that TorchServe had started it with.
"""

import json
import logging
import os
import socket
import sys
import time

from ts.arg_parser import ArgParser
from ts.model_service_worker import TorchModelServiceWorker
from ts.protocol.otf_message_handler import retrieve_msg


def main() -> None:
    """Load the model, then answer TorchServe over the connection that stayed open."""
    begun = time.monotonic()
    # As TorchServe's own worker does.
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    life = json.loads(sys.argv.pop(1))
    given = ArgParser.model_service_worker_args().parse_args()
    worker = TorchModelServiceWorker(
        given.sock_type, given.sock_name, given.host, given.port, given.metrics_config
    )
    worker.sock.close()  # nobody else will connect
    connection = socket.socket(fileno=life["connection"])
    connection.set_inheritable(False)
    service, said, code = worker.load_model(_load_message(life))
    if code != 200:
        sys.exit(said)
    service.set_cl_socket(connection)
    os.close(life["lock"])
    facts = {"model": life["model"], "seconds": round(time.monotonic() - begun, 1)}
    logging.getLogger("handlers.second_life").info("started afresh", extra={"fields": facts})
    while True:
        _, batch = retrieve_msg(connection)  # by this name handlers.restart watches it
        connection.sendall(service.predict(batch))


def _load_message(life):
    """What TorchServe had told the worker to load, in TorchServe's form."""
    message = {
        "modelName": life["model"].encode(),
        "modelPath": life["folder"].encode(),
        "handler": life["handler"].encode(),
        "batchSize": life["batch"],
        "limitMaxImagePixels": life["limit_pixels"],
    }
    return message if life["gpu"] is None else message | {"gpu": life["gpu"]}


if __name__ == "__main__":
    main()
