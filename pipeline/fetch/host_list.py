"""Lists of hosts that pictures may be fetched from, as settings write them."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.errors import BadUrl
from pipeline.fetch.link import DEFAULT_PORTS, Link, split_authority


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


def parse_host_list(entries: Iterable[str], *, any_port: bool) -> HostList:
    """Parse a setting's entries; ValueError names the first that is no host."""
    return HostList(rules=tuple(map(parse_host_rule, entries)), any_port=any_port)


def parse_host_rule(entry: str) -> HostRule:
    """Parse one entry; ValueError says that it is no host."""
    subdomains = entry.startswith("*.")
    text = entry.removeprefix("*.")
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    try:
        host, address, port = split_authority(text)
        if subdomains and address is not None:
            raise BadUrl
    except BadUrl:
        raise ValueError(
            f"{entry!r} is not a host such as bucket.example.com, *.example.com or 10.0.0.5:8080"
        ) from None
    return HostRule(host=host, subdomains=subdomains, port=port)
