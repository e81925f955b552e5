"""Lists of addresses as people type them: separated by "," or ";"."""

from collections.abc import Iterable

from mailhub.composing.addresses import AddressInvalid, parse_address_list
from mailhub.contract.texts import plain

from .exits import WRONG_USE, CommandEnded


def addresses(texts: Iterable[str]) -> list[dict[str, str]]:
    """The addresses of all these lists, for the API. Raises ``CommandEnded`` naming each list that is wrong."""
    found: list[dict[str, str]] = []
    wrong: list[str] = []
    for text in texts:
        try:
            found += [{"name": each.name, "address": each.address} for each in parse_address_list(text)]
        except AddressInvalid as error:
            wrong.append(plain(error.message))
    if wrong:
        raise CommandEnded("\n".join(wrong), WRONG_USE)
    return found
