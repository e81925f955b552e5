import pytest

from mailhub.people.networks import are_within, is_within, parse_network


@pytest.mark.parametrize("text", ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/0"])
def test_networks_and_addresses_are_networks(text: str) -> None:
    assert parse_network(text).num_addresses >= 1


@pytest.mark.parametrize(
    "text", ["", "example.com", "192.0.2.1/24", "192.0.2.0/33", "192.0.2", "fe80::1%eth0", "1"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the library's sentences are not ours
        parse_network(text)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::7", True),
        ("2001:db8::7%eth0", True),
        ("2001:db9::7", False),
        ("", False),
        ("not an address", False),
    ],
)
def test_a_client_is_within_or_not(address: str, expected: bool) -> None:
    assert is_within(address, ["192.0.2.0/24", "2001:db8::/32"]) is expected


def test_nobody_is_within_no_network() -> None:
    assert not is_within("192.0.2.7", [])


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        (["10.1.0.0/16"], True),
        (["10.0.0.0/8", "10.2.3.4"], True),
        (["10.0.0.0/7"], False),
        (["10.1.0.0/16", "192.0.2.0/24"], False),
        (["::/0"], False),
        ([], True),
    ],
)
def test_networks_lie_in_others_or_not(networks: list[str], expected: bool) -> None:
    assert are_within(networks, ["10.0.0.0/8"]) is expected
