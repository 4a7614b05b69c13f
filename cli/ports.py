"""Whether an address can be listened on, said in one sentence before a server is started."""

import errno
import socket

from cli.failure import Failure


def require_free(host: str, port: int, setting: str) -> None:
    """Failure when host:port cannot be listened on; `setting` names what to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken: stop what listens there" if taken else f"fails ({error.strerror})"
            raise Failure(f"{host}:{port} {why}, or change {setting}.") from None


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
