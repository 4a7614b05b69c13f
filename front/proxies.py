"""Finds the address that a request comes from, also behind proxies of ours.

What a header says of the client's address or of TLS is believed from the proxies of
FUNDOCR_PROXY_CIDRS alone, and of a list of addresses only the part that they have added themselves:
whatever a client wrote there stands further left.
"""

import ipaddress
import re

from sanic.request import Request

from pipeline.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_WITH_PORT = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


class Proxies:
    """networks: the proxies' own addresses; none: no header is ever believed."""

    def __init__(self, networks: tuple[Network, ...]) -> None:
        self._networks = networks

    def client(self, request: Request) -> Address | None:
        """The client's address; None where a proxy does not tell it, or tells what is none."""
        address = _address(request.ip)
        if not self._is_proxy(address):
            return address
        forwarded = ",".join(map(str, request.headers.getall("x-forwarded-for", [])))
        for text in reversed(forwarded.split(",")):
            address = _address(_without_port(text.strip()))
            if not self._is_proxy(address):
                break
        return address

    def name(self, request: Request) -> str:
        """By which requests without a key are counted: the client, or the proxy that hides it."""
        return str(self.client(request) or request.ip)

    def is_https(self, request: Request) -> bool:
        """Whether the client speaks TLS with the proxy."""
        is_told = request.headers.get("x-forwarded-proto", "").lower() == "https"
        return is_told and self._is_proxy(_address(request.ip))

    def _is_proxy(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _without_port(text: str) -> str:
    """Some proxies (Azure's gateways, IIS) write `203.0.113.7:4711` and `[2001:db8::1]:4711`."""
    match = _WITH_PORT.fullmatch(text)
    return text if match is None else match[1] or match[2]


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # how a socket of both families names an IPv4 peer
    return address
