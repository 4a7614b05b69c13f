"""The kinds of links that callers send, and from where each of them may be fetched.

A kind is a line of this table, and a setting or two: what callers may say, what the pages filter
by, what is told of it, all follow from here. What has no line here is fetched from nowhere.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """From where one kind of links may be fetched: host and address must both be allowed.

    hosts: the setting that names its hosts. any_host: whether an empty one opens every host, at the
        ports 80 and 443; else it opens none. any_port: whether a host that is named without a port
        is open at all of its ports, or at those two alone.
    networks: the setting that names its addresses; None: those of the public Internet, no others.
    """

    hosts: str
    any_host: bool
    any_port: bool
    networks: str | None


FETCH_POLICIES: dict[str, FetchPolicy] = {
    "oss": FetchPolicy(hosts="oss_hosts", any_host=True, any_port=False, networks=None),
    # Picture hosts inside a company's net answer on ports of all kinds, and each of them was named
    # by the operator.
    "7min_local": FetchPolicy(
        hosts="local_hosts", any_host=False, any_port=True, networks="local_cidrs"
    ),
}
URL_TYPES = tuple(FETCH_POLICIES)
HOST_SETTINGS = tuple(policy.hosts for policy in FETCH_POLICIES.values())
"""The settings that list the hosts of the kinds, in their order."""
