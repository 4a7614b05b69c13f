"""Checks that an address can be listened on, before a server is started there."""

import errno
import socket
from contextlib import suppress
from random import SystemRandom
from urllib.parse import urlsplit

from serving.failure import Failure

_OWN_PORTS = range(20_000, 32_000)


def require_free(host: str, port: int, setting: str) -> None:
    """Failure when host:port cannot be listened on; `setting` names what to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise Failure(f"{host}:{port} is no address: change {setting}.") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"is taken: stop what listens there, or change {setting}"
            else:
                why = f"cannot be listened on ({error.strerror}): change {setting}"
            raise Failure(f"{host}:{port} {why}.") from None


def split_address(url: str, setting: str) -> tuple[str, int]:
    """Host and port of `http://host:port`; Failure names the setting when it is none."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise Failure(f"{setting} must be like http://127.0.0.1:8080, not {url}.")


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that nobody listens on now.

    None of those that the system gives to outgoing connections (Linux: from 32,768 on): one of them
    could be gone before a server that is slow to start takes it.
    """
    found: list[int] = []
    for port in SystemRandom().sample(_OWN_PORTS, len(_OWN_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((host, port))
            found.append(port)
        if len(found) == count:
            return found
    raise Failure(f"{host} has not {count} free ports from {_OWN_PORTS[0]} on.")
