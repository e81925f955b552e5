"""Who an account may say its mail is from (SM10): what settings allow, and whom they show when nobody asks."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mailhub.contract.message import Address


def is_allowed_sender(settings: Mapping[str, Any], address: str) -> bool:
    """May a scenario or a message name this sender: the account's switch, then its list of addresses and domains."""
    if not settings.get("allow_sender_override"):
        return False
    wanted = address.casefold()
    domain = wanted.rpartition("@")[2]
    return any(
        each.casefold().lstrip("@") in (wanted, domain) for each in settings.get("allowed_senders", ())
    )


class ShownSender(NamedTuple):
    """The headers From and, where it is sent on behalf of somebody, Sender."""

    from_: Address
    sender: Address | None = None


def own_sender(settings: Mapping[str, Any], address: str, person: Address) -> ShownSender:
    """What the account's settings alone say; ``person`` is who sends, for accounts that send in the user's name."""
    is_person = settings.get("sender_type") == "current_user" and bool(person.address)
    own = person if is_person else Address(address, settings.get("sender_name") or "")
    substitute = settings.get("substitute_sender")
    if not substitute or substitute == own.address:
        return ShownSender(own)
    on_behalf = settings.get("substitute_mode") == "on_behalf"
    return ShownSender(Address(substitute, own.name), own if on_behalf else None)
