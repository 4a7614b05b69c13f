"""Which hosts and which addresses a picture may be fetched from.

An address is judged by where packets to it end: an IPv6 address that carries an IPv4 address
is judged by both.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network

from pipeline.errors import BadUrl
from pipeline.fetch.link import DEFAULT_PORTS, Address, Link, split_authority
from pipeline.settings import Network, Settings, SettingsError
from pipeline.url_types import FETCH_POLICIES, FetchPolicy

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """One entry of a host list: `bucket.example.com`, `*.example.com`, each with `:port` or not.

    subdomains: names below `host`, at any depth, and not `host` itself.
    """

    host: str
    subdomains: bool
    port: int | None

    def names(self, host: str) -> bool:
        return host.endswith("." + self.host) if self.subdomains else host == self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class HostList:
    """The hosts of one url_type.

    any_port: what an entry without a port means: every port of that host, or only the scheme's
    own (80 or 443).
    """

    rules: tuple[HostRule, ...]
    any_port: bool

    def names(self, host: str) -> bool:
        """Whether it has the host, at whatever port."""
        return any(rule.names(host) for rule in self.rules)

    def allows(self, link: Link) -> bool:
        return any(rule.names(link.host) and self._opens(rule.port, link) for rule in self.rules)

    def _opens(self, port: int | None, link: Link) -> bool:
        if port is None:
            return self.any_port or link.port == DEFAULT_PORTS[link.scheme]
        return link.port == port


def parse_host_list(entries: Iterable[str], *, setting: str, any_port: bool) -> HostList:
    """Read a setting's entries; SettingsError names the setting and each wrong entry."""
    rules, wrong = [], []
    for entry in entries:
        try:
            rules.append(_rule(entry.strip()))
        except BadUrl:
            wrong.append(entry)
    if wrong:
        raise SettingsError(
            "\n".join(
                f"{setting}: {entry!r} is not a host such as bucket.example.com, *.example.com "
                "or 10.0.0.5:8080"
                for entry in wrong
            )
        )
    return HostList(rules=tuple(rules), any_port=any_port)


def listed_hosts(settings: Settings) -> frozenset[str]:
    """The hosts that settings name in full: strangers choose all others, and could fill a memory
    with names."""
    lists = (host_list(settings, policy) for policy in FETCH_POLICIES.values())
    return frozenset(rule.host for one in lists for rule in one.rules if not rule.subdomains)


def host_list(settings: Settings, policy: FetchPolicy) -> HostList:
    """The hosts that settings name for one kind of links; SettingsError where one is none."""
    return parse_host_list(
        getattr(settings, policy.hosts),
        setting=f"FUNDOCR_{policy.hosts.upper()}",
        any_port=policy.any_port,
    )


def _rule(entry: str) -> HostRule:
    subdomains = entry.startswith("*.")
    text = entry.removeprefix("*.")
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    host, address, port = split_authority(text)
    if subdomains and address is not None:
        raise BadUrl
    return HostRule(host=host, subdomains=subdomains, port=port)


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
