"""Checks the Host header of requests without a key, against DNS rebinding.

A page of another site can let its own name lead to this machine (DNS rebinding): its reader's
browser then takes the front door for a part of that site, and an address that needs no key would
give it everything. What gives it away is the Host, which the browser fills in by itself.
"""

import re
from ipaddress import ip_address

from sanic.request import Request

from pipeline.settings import Settings
from serving.front_address import front_address

_HOST = re.compile(r"(\[.*\]|[^:\[\]]*)(?::[0-9]*)?", re.DOTALL)
# Browsers find them on their own machine, whatever a name server says.
_LOOPBACK = frozenset({"localhost"})


class Hosts:
    """The names of FUNDOCR_HOSTS, that of FUNDOCR_FRONT_ADDRESS, `localhost`, and every address."""

    def __init__(self, settings: Settings) -> None:
        listening, _ = front_address(settings)
        self._names = _LOOPBACK | {listening.lower(), *settings.hosts}

    def serves(self, request: Request) -> bool:
        """Whether its Host is a name of ours, or an address. What proxies say of the Host that they
        were asked by is not looked at."""
        headers = request.headers.getall("host", [])
        return len(headers) == 1 and self._is_ours(headers[0])

    def _is_ours(self, host: str) -> bool:
        match = _HOST.fullmatch(host.strip())
        if match is None:
            return False
        name = match[1].strip("[]").lower().removesuffix(".")
        return name in self._names or _is_address(name)


def _is_address(text: str) -> bool:
    """An address leads where it says: only of a name can somebody say where it leads."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
