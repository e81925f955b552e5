import socket

import pytest

from mailhub.contract import HostAddress, Misconfigured, Transient
from mailhub.testing import FakeNetwork, LoopbackNetwork


def test_a_fake_network_knows_the_hosts_it_was_given() -> None:
    network = FakeNetwork({"mail.example": ["192.0.2.1", "2001:db8::1"]})
    found = network.resolve("mail.example", 25)
    assert [(each.family, str(each)) for each in found] == [
        (socket.AF_INET, "192.0.2.1"),
        (socket.AF_INET6, "2001:db8::1"),
    ]
    assert network.resolved == [("mail.example", 25)]
    with pytest.raises(Transient):
        network.resolve("other.example", 25)


def test_a_fake_network_refuses_connections_unless_somebody_accepts() -> None:
    network = FakeNetwork({"mail.example": ["192.0.2.1"]})
    [address] = network.resolve("mail.example", 25)
    with pytest.raises(ConnectionRefusedError):
        network.connect(address, 1)
    assert network.connected == [address]


def test_a_fake_network_gives_the_server_s_end_to_whoever_accepts() -> None:
    ends: list[tuple[HostAddress, socket.socket]] = []
    network = FakeNetwork({"mail.example": ["192.0.2.1"]}, lambda *accepted: ends.append(accepted))
    [address] = network.resolve("mail.example", 25)
    with network.connect(address, 1) as ours:
        [(accepted, theirs)] = ends
        theirs.sendall(b"220 ready\r\n")
        assert ours.recv(100) == b"220 ready\r\n"
        theirs.close()
    assert accepted == address


def test_a_loopback_network_leads_to_this_machine_only() -> None:
    network = LoopbackNetwork({"mail.example": "127.0.0.1"})
    assert [str(each) for each in network.resolve("localhost", 25)] == ["127.0.0.1"]
    assert [str(each) for each in network.resolve("mail.example", 25)] == ["127.0.0.1"]
    assert [str(each) for each in network.resolve("::1", 25)] == ["::1"]
    with pytest.raises(Misconfigured):
        network.resolve("192.0.2.1", 25)
    with pytest.raises(Transient):
        network.resolve("example.com", 25)


@pytest.mark.enable_socket
def test_a_loopback_network_connects() -> None:
    network = LoopbackNetwork()
    with socket.create_server(("127.0.0.1", 0)) as server:
        [address] = network.resolve("localhost", server.getsockname()[1])
        with network.connect(address, 5) as ours, server.accept()[0] as theirs:
            assert ours.getpeername() == theirs.getsockname()
