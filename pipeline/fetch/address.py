"""Which addresses a picture may be fetched from.

An address is judged by where packets to it end: an IPv6 address that carries an IPv4 address
is judged by both.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network

from pipeline.fetch.link import Address
from pipeline.settings import Network

# IANA's special-purpose registries. `is_global` knows most of them, but what it says has
# changed between the Python versions that we run on.
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's host, which answers from inside every virtual machine
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")

# Never a picture's host, whatever is listed.
_NEVER = tuple(ip_network(n) for n in ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::", "ff00::/8"))
# Clouds hand out credentials here: only an entry for that single address opens one of them.
_ONLY_BY_ITSELF = tuple(
    ip_network(text)
    for text in (
        *("169.254.0.0/16", "fe80::/10", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        "fd00:ec2::254",
    )
)


def is_public(address: Address) -> bool:
    """Whether the address lies in the public Internet, whatever way it is written."""
    return all(_is_public(end) for end in _ends(address))


def is_listed(address: Address, networks: Iterable[Network]) -> bool:
    """Whether a private address may be used because the operator listed it."""
    networks = tuple(networks)
    return all(_is_listed(end, networks) for end in _ends(address))


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _is_listed(address: Address, networks: tuple[Network, ...]) -> bool:
    if any(address in network for network in _NEVER):
        return False
    by_itself = any(address in network for network in _ONLY_BY_ITSELF)
    return any(
        address in network and not (by_itself and network.num_addresses > 1) for network in networks
    )


def _ends(address: Address) -> Iterator[Address]:
    """The addresses at which packets to this one may arrive."""
    if isinstance(address, IPv4Address):
        yield address
        return
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        yield last
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    isatap = (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE
    if isatap or (address in _COMPATIBLE and int(address) > 1):
        yield last


def addresses_in(answers: Iterable[str]) -> tuple[Address, ...]:
    """Textual addresses as `getaddrinfo` gives them, without zone, each once, in order."""
    plain = (ipaddress.ip_address(text.partition("%")[0]) for text in answers)
    return tuple(dict.fromkeys(plain))
