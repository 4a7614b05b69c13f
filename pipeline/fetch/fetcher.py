"""Fetches a link's picture, only from where links of its url_type may be fetched."""

from dataclasses import dataclass

from pipeline.errors import AddressNotAllowed, FetchFailed, FetchTimeout, HostNotAllowed
from pipeline.fetch.address import is_listed, is_public
from pipeline.fetch.host_list import HostList, parse_host_list
from pipeline.fetch.link import DEFAULT_PORTS, Address, Link
from pipeline.fetch.transport import (
    Connect,
    Deadline,
    Resolve,
    TimedLookup,
    connect_any,
    get,
    look_up,
    open_socket,
    tls_context,
    why_not,
)
from pipeline.settings import Network, Settings
from pipeline.url_types import FETCH_POLICIES, FetchPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A FetchPolicy with what the settings say. networks: None: public addresses alone."""

    hosts: HostList
    any_host: bool
    networks: tuple[Network, ...] | None

    def require_host(self, link: Link) -> None:
        """HostNotAllowed, which names the port where that is all that is wrong."""
        if self.any_host and not self.hosts.rules:
            is_named, is_open = True, link.port in DEFAULT_PORTS.values()
        else:
            is_named, is_open = self.hosts.names(link.host), self.hosts.allows(link)
        if is_named and not is_open:
            raise HostNotAllowed(
                f"Pictures may not be fetched from port {link.port} of this host for this url_type."
            )
        if not is_named:
            raise HostNotAllowed

    def allows_address(self, address: Address) -> bool:
        if self.networks is None:
            return is_public(address)
        return is_listed(address, self.networks)


def listed_hosts(settings: Settings) -> frozenset[str]:
    """The hosts that settings name in full: strangers choose all others, and could fill a memory
    with names."""
    lists = (_host_list(settings, policy) for policy in FETCH_POLICIES.values())
    return frozenset(rule.host for hosts in lists for rule in hosts.rules if not rule.subdomains)


def _host_list(settings: Settings, policy: FetchPolicy) -> HostList:
    return parse_host_list(getattr(settings, policy.hosts), any_port=policy.any_port)


class Fetcher:
    """Fetches pictures within the policy of the settings; any number of threads may share one.

    From where each url_type may fetch, pipeline.url_types says; a link of any other is refused. A
    name is resolved once; one forbidden answer refuses it; the connection goes to the address that
    was checked.

    resolve, connect: the only two ways out of the process, given so that they can be watched.
    """

    def __init__(
        self, settings: Settings, *, resolve: Resolve = look_up, connect: Connect = open_socket
    ) -> None:
        self._rules = {
            url_type: _Rule(
                hosts=_host_list(settings, policy),
                any_host=policy.any_host,
                networks=getattr(settings, policy.networks) if policy.networks else None,
            )
            for url_type, policy in FETCH_POLICIES.items()
        }
        self._max_bytes = settings.max_bytes
        self._seconds = settings.fetch_seconds
        self._look_up = TimedLookup(resolve)
        self._connect = connect
        self._tls = tls_context()

    def fetch(self, link: Link, url_type: str) -> bytes:
        """Fetch one picture, at most `max_bytes` long, within `fetch_seconds` in all.

        Raises HostNotAllowed, AddressNotAllowed, FetchFailed, FetchTimeout or
        PictureTooLarge.
        """
        rule = self._rules.get(url_type)
        if rule is None:
            raise HostNotAllowed
        rule.require_host(link)
        deadline = Deadline(self._seconds)
        try:
            addresses = self._checked_addresses(link, rule, deadline)
            sock = connect_any(self._connect, addresses, link.port, deadline)
            return get(link, sock, self._tls, deadline, self._max_bytes)
        except TimeoutError as error:
            raise FetchTimeout from error
        except OSError as error:
            raise FetchFailed(why_not(error)) from error

    def _checked_addresses(
        self, link: Link, rule: _Rule, deadline: Deadline
    ) -> tuple[Address, ...]:
        addresses = (link.address,) if link.address else self._look_up(link.host, deadline)
        if not all(rule.allows_address(address) for address in addresses):
            raise AddressNotAllowed
        return addresses
