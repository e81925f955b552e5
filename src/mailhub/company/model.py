"""The company that this hub sends for: one object."""

from typing import NamedTuple, cast

from persistent import Persistent

from mailhub.store.content import StoredContent
from mailhub.store.root import HubRoot


class Logo(NamedTuple):
    """A picture. ``id``: of the upload that brought it."""

    id: str
    content_type: str
    content: StoredContent


class Company(Persistent):
    """Name, logo, and what a message is sent with where neither it nor its account says otherwise.

    ``sender_name``: shown beside an account's address; ``reply_to``: an address. "" is none.
    """

    def __init__(self) -> None:
        self.name = ""
        self.logo: Logo | None = None
        self.sender_name = ""
        self.reply_to = ""
        self._changes = 1

    @property
    def revision(self) -> str:
        """Another text after every change."""
        return str(self._changes)

    def count_change(self) -> None:
        """To be called with every change, for ``revision``."""
        self._changes += 1


def install(hub: HubRoot) -> None:
    """Make the company, once."""
    if getattr(hub, "company", None) is None:
        hub.company = Company()


def company_of(hub: HubRoot) -> Company:
    """The company of this hub."""
    return cast(Company, hub.company)
