"""A picture's link → its bytes, from nowhere but where this url_type may fetch from."""

import httpcore

from pipeline.address import is_listed, is_public, parse_host_list
from pipeline.errors import AddressNotAllowed, FetchFailed, FetchTimeout, HostNotAllowed
from pipeline.link import DEFAULT_PORTS, Address, Link, parse_link
from pipeline.settings import Settings
from pipeline.transport import (
    Connect,
    Deadline,
    Resolve,
    TimedLookup,
    connect_any,
    get,
    look_up,
    open_socket,
    tls_context,
)


class Fetcher:
    """Fetches pictures within the policy of the settings; any number of threads may share one.

    `oss`: the hosts of FUNDOCR_OSS_HOSTS (none listed: any host, ports 80 and 443), at public
    addresses only. `7min_local`: host and address must both be listed. A name is resolved once;
    one forbidden answer refuses it; the connection goes to the address that was checked.

    resolve, connect: the only two ways out of the process, given so that they can be watched.
    Raises SettingsError when an entry of a host list is no host.
    """

    def __init__(
        self, settings: Settings, *, resolve: Resolve = look_up, connect: Connect = open_socket
    ) -> None:
        self._oss_hosts = parse_host_list(
            settings.oss_hosts, setting="FUNDOCR_OSS_HOSTS", any_port=False
        )
        # Picture hosts inside a company's net answer on ports of all kinds, and each of them
        # was named by the operator.
        self._local_hosts = parse_host_list(
            settings.local_hosts, setting="FUNDOCR_LOCAL_HOSTS", any_port=True
        )
        self._local_networks = settings.local_cidrs
        self._max_bytes = settings.max_bytes
        self._seconds = settings.fetch_seconds
        self._look_up = TimedLookup(resolve)
        self._connect = connect
        self._tls = tls_context()

    def fetch(self, image_url: str, url_type: str) -> bytes:
        """Fetch one picture, at most `max_bytes` long, within `fetch_seconds` in all.

        Raises BadUrl, HostNotAllowed, AddressNotAllowed, FetchFailed, FetchTimeout or
        PictureTooLarge. The cause of a FetchFailed, for a log, is its `__cause__`.
        """
        link = parse_link(image_url)
        if not self._host_allowed(link, url_type):
            raise HostNotAllowed
        deadline = Deadline(self._seconds)
        try:
            addresses = self._checked_addresses(link, url_type, deadline)
            sock = connect_any(self._connect, addresses, link.port, deadline)
            return get(link, sock, self._tls, deadline, self._max_bytes)
        except TimeoutError as error:
            raise FetchTimeout from error
        except (OSError, httpcore.ProtocolError) as error:
            raise FetchFailed from error

    def _host_allowed(self, link: Link, url_type: str) -> bool:
        if url_type == "7min_local":
            return self._local_hosts.allows(link)
        if url_type != "oss":
            return False
        if self._oss_hosts.rules:
            return self._oss_hosts.allows(link)
        return link.port in DEFAULT_PORTS.values()

    def _checked_addresses(
        self, link: Link, url_type: str, deadline: Deadline
    ) -> tuple[Address, ...]:
        addresses = (link.address,) if link.address else self._look_up(link.host, deadline)
        if not all(self._address_allowed(address, url_type) for address in addresses):
            raise AddressNotAllowed
        return addresses

    def _address_allowed(self, address: Address, url_type: str) -> bool:
        if url_type == "oss":
            return is_public(address)
        return is_listed(address, self._local_networks)
