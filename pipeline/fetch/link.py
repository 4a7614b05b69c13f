"""Parses a picture's link so strictly that every parser reads it alike.

Whoever sends a link chooses every byte of it, and two programs that read it differently make a
hole: one checks a host, the other connects to another. So the grammar is narrower than any
standard's, and two independent parsers must read the same host and port as we do.
"""

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import httpx2

from pipeline.errors import BadUrl

MAX_URL_BYTES = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}
Address: TypeAlias = IPv4Address | IPv6Address

_SHAPE = re.compile(
    r"(https?)://([^/?#]+)(/[^?#]*)?(\?[^#]*)?(?:#.*)?", re.ASCII | re.IGNORECASE | re.DOTALL
)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([1-9][0-9]{0,4}))?", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# What some parsers take for an IPv4 address in another notation: 0x7f.1, 017700000001, 127.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to fetch from, and what to ask for there.

    text: the link as its caller wrote it. scheme: `http` or `https`. host: a name in lower case, an
    IPv4 address, or an IPv6 address in its shortest form and without brackets. address: the host
    when it is an address.
    target: path and query for the request line, printable ASCII.
    """

    text: str
    scheme: str
    host: str
    address: Address | None
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_link(image_url: str) -> Link:
    """Take a link apart; BadUrl says what is wrong with it.

    Other characters than ASCII, spaces and the like are percent-encoded (UTF-8) in path and
    query, where callers send them; in the host they are refused.
    """
    if len(image_url.encode("utf-8", "surrogatepass")) > MAX_URL_BYTES:
        raise BadUrl(f"The image_url is longer than {MAX_URL_BYTES} bytes.")
    if _FORBIDDEN.search(image_url) or image_url != image_url.strip():
        raise BadUrl("The image_url has a control character, a backslash or a space at its ends.")
    shape = _SHAPE.fullmatch(image_url)
    if shape is None:
        raise BadUrl()
    scheme, authority, path, query = shape.groups(default="")
    scheme = scheme.lower()
    host, address, port = split_authority(authority)
    link = Link(
        text=image_url,
        scheme=scheme,
        host=host,
        address=address,
        port=port or DEFAULT_PORTS[scheme],
        target=_encode(path or "/") + _encode(query),
    )
    if not _others_agree(image_url, link):
        raise BadUrl("The image_url can be read in more than one way.")
    return link


def split_authority(authority: str) -> tuple[str, Address | None, int | None]:
    """Host, the host when it is an address, and port when there is one; BadUrl otherwise."""
    if "@" in authority:
        raise BadUrl("The image_url must not carry a user name or password.")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise BadUrl("The image_url has no valid host and port.")
    port = int(match[2]) if match[2] else None
    if port is not None and port > 65535:
        raise BadUrl("The image_url has no valid host and port.")
    host, address = _parse_host(match[1])
    return host, address, port


def _parse_host(text: str) -> tuple[str, Address | None]:
    wrong = BadUrl("The image_url's host is neither a plain name nor a plain address.")
    host = text.lower()
    if host.startswith("["):
        try:
            address = IPv6Address(host[1:-1])
        except ValueError:
            raise wrong from None
        return address.compressed, address
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise wrong
    if not _NUMBER.fullmatch(labels[-1]):
        return host, None
    try:
        return host, ipaddress.IPv4Address(host)
    except ValueError:
        raise wrong from None


def _encode(text: str) -> str:
    # What is legal stays byte for byte as the caller wrote it: links are signed.
    return quote(_LONE_PERCENT.sub("%25", text), safe="!$&'()*+,;=:@/?%[]~")


def _others_agree(image_url: str, link: Link) -> bool:
    default = DEFAULT_PORTS[link.scheme]
    try:
        first, second = urlsplit(image_url), httpx2.URL(image_url)
        hosts = (first.hostname, second.raw_host.decode("ascii").strip("[]"))
        ports = (first.port or default, second.port or default)
    except (ValueError, httpx2.InvalidURL):
        return False
    same_hosts = all(host and _same_host(host, link) for host in hosts)
    users = (first.username, first.password, second.userinfo)
    return same_hosts and ports == (link.port, link.port) and not any(users)


def _same_host(host: str, link: Link) -> bool:
    if link.address is None:
        return host == link.host
    try:
        return ipaddress.ip_address(host) == link.address
    except ValueError:
        return False
