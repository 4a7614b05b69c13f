"""Which addresses count as public, and which ones a list of networks opens."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fetch.address import addresses_in, is_listed, is_public


@pytest.mark.parametrize(
    "text",
    [
        *("1.1.1.1", "8.8.8.8", "93.184.216.34", "223.5.5.5", "100.63.255.255", "100.128.0.0"),
        *("172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "198.20.0.0"),
        *("223.255.255.255", "11.0.0.0", "169.253.255.255", "168.63.129.17"),
        *("2606:4700:4700::1111", "2400:3200::1", "2a00:1450::1", "::ffff:8.8.8.8"),
        "64:ff9b::8.8.8.8",
    ],
)
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4, network="0.0.0.0/0"))
def test_an_ipv6_form_of_an_ipv4_address_is_no_more_public_than_that(address: object) -> None:
    for form in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(ip_address(form)) == is_public(ip_address(str(address)))
    for form in (f"::{address}", f"64:ff9b:1::{address}"):
        assert not is_public(ip_address(form))


@pytest.mark.parametrize(
    "network",
    [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "224.0.0.0/3",
        "0.0.0.0/8",
    ],
)
def test_special_networks_are_not_public_from_end_to_end(network: str) -> None:
    first, last = ip_network(network)[0], ip_network(network)[-1]
    assert not is_public(first)
    assert not is_public(last)


@given(st.ip_addresses(v=6))
def test_only_global_unicast_ipv6_can_be_public(address: IPv6Address) -> None:
    carries_ipv4 = address.ipv4_mapped is not None or address in ip_network("64:ff9b::/96")
    if is_public(address) and not carries_ipv4:
        assert address in ip_network("2000::/3")


@pytest.mark.parametrize(
    ("address", "networks", "listed"),
    [
        ("10.20.0.5", ["10.20.0.0/16"], True),
        ("10.21.0.5", ["10.20.0.0/16"], False),
        ("10.20.0.5", [], False),
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("::1", ["::1/128"], True),
        ("::1", ["127.0.0.0/8"], False),
        ("127.0.0.1", ["::1/128"], False),
        ("::ffff:10.20.0.5", ["10.20.0.0/16"], True),
        ("::ffff:10.20.0.5", ["::ffff:0:0/96"], False),
        ("::ffff:10.21.0.5", ["10.20.0.0/16", "::/0"], False),
        ("64:ff9b::10.21.0.5", ["::/0"], False),
        ("2002:a14:5::", ["::/0"], False),
        ("fd00::5", ["fd00::/8"], True),
        ("8.8.8.8", ["8.8.8.0/24"], True),
        ("169.254.169.254", ["0.0.0.0/0"], False),
        ("169.254.169.254", ["169.254.0.0/16"], False),
        ("169.254.169.254", ["169.254.169.254/32"], True),
        ("169.254.169.254", ["169.254.169.253/32", "0.0.0.0/0"], False),
        ("::ffff:169.254.169.254", ["0.0.0.0/0", "::/0"], False),
        ("100.100.100.200", ["100.64.0.0/10"], False),
        ("100.100.100.201", ["100.64.0.0/10"], True),
        ("fd00:ec2::254", ["fd00::/8"], False),
        ("fe80::1", ["fe80::/10"], False),
        ("0.0.0.0", ["0.0.0.0/0"], False),
        ("0.0.0.0", ["0.0.0.0/32"], False),
        ("::", ["::/0"], False),
        ("224.0.0.1", ["224.0.0.1/32"], False),
        ("255.255.255.255", ["0.0.0.0/0"], False),
        ("ff02::1", ["ff02::1/128"], False),
    ],
)
def test_a_list_opens_only_what_an_operator_can_mean(
    address: str, networks: list[str], listed: bool
) -> None:
    given_networks = tuple(ip_network(network) for network in networks)
    assert is_listed(ip_address(address), given_networks) is listed


def test_answers_are_taken_without_zone_and_double_ones_once() -> None:
    answers = addresses_in(["fe80::1%eth0", "10.0.0.1", "10.0.0.1", "::1"])
    assert [str(answer) for answer in answers] == ["fe80::1", "10.0.0.1", "::1"]
