"""Where connections may go: judged by the address that a name stands for, in whatever form it is written."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from mailhub.contract.errors import Misconfigured, Transient
from mailhub.delivery.network import SystemNetwork

PUBLIC = ("203.0.114.7", "2a00:1450:4001:82a::1b")
PRIVATE = (
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "::1",
    "fd12:3456::1",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
)
NEVER = ("169.254.169.254", "::ffff:169.254.169.254", "224.0.0.1", "ff02::1", "0.0.0.0", "::")


def network(*addresses: str, allow_private: bool = False) -> SystemNetwork:
    """A network on which every name stands for these addresses."""

    def look_up(_host: str, port: int) -> Sequence[tuple[Any, ...]]:
        return [(family(each), socket.SOCK_STREAM, 6, "", sockaddr(each, port)) for each in addresses]

    return SystemNetwork(allow_private_hosts=allow_private, resolver=look_up)


def family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def sockaddr(address: str, port: int) -> tuple[Any, ...]:
    return (address, port, 0, 0) if ":" in address else (address, port)


def refusal(*addresses: str, allow_private: bool = False) -> str:
    with pytest.raises(Misconfigured) as refused:
        network(*addresses, allow_private=allow_private).resolve("mail.example.com", 25)
    return refused.value.code


def test_public_addresses_are_found_in_their_order() -> None:
    found = network(*PUBLIC).resolve("mail.example.com", 25)
    assert [str(each) for each in found] == list(PUBLIC)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_the_operators_word(address: str) -> None:
    assert refusal(address) == "network.address_not_allowed"
    assert [str(each) for each in network(address, allow_private=True).resolve("mail", 25)] == [address]


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_what_is_no_machine_are_never_connected_to(address: str) -> None:
    assert refusal(address, allow_private=True) == "network.address_not_allowed"


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    assert refusal(PUBLIC[0], "127.0.0.1") == "network.address_not_allowed"


def test_a_name_that_nobody_knows_is_tried_again_later() -> None:
    def look_up(_host: str, _port: int) -> Sequence[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Transient) as failed:
        SystemNetwork(allow_private_hosts=True, resolver=look_up).resolve("mail.example.com", 25)
    assert failed.value.code == "network.unknown_host"
