"""How accounts are told what is an address: by a function, for the strict reader of addresses stands above them."""

from collections.abc import Callable

from mailhub.contract.texts import Text

AddressCheck = Callable[[str], Text | None]
"""Says what is wrong with an e-mail address; None when nothing is."""
