"""A fetcher whose two ways out of the process are watched; both do the real thing in the end."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from pipeline.fetch.address import addresses_in
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.link import Address
from pipeline.fetch.transport import open_socket
from pipeline.settings import Settings


@dataclass(slots=True, kw_only=True)
class Watch:
    """names: what the name server answers, None for an unknown name. connects: where to."""

    names: Callable[[str], Sequence[str] | None] = lambda name: None
    looked_up: list[str] = field(default_factory=list)
    connects: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str) -> tuple[Address, ...]:
        self.looked_up.append(host)
        answers = self.names(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return addresses_in(answers)

    def connect(self, address: Address, port: int, timeout: float) -> socket.socket:
        self.connects.append((str(address), port))
        return open_socket(address, port, timeout)

    def fetcher(self, **settings: Any) -> Fetcher:
        return Fetcher(settings_of(**settings), resolve=self.resolve, connect=self.connect)


def settings_of(**values: Any) -> Settings:
    """Settings from exactly these values; local_cidrs as texts."""
    networks = tuple(ip_network(text) for text in values.pop("local_cidrs", ()))
    return Settings(local_cidrs=networks, **values)
