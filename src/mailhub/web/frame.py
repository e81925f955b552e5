"""What is around every page: where one is, where one can go, and what is to be said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailhub.contract.texts import Text
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission

from .notices import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class NavEntry:
    """A place in the navigation. ``permissions``: one of them is enough to see it. ``icon``: of the sprite."""

    title: Text
    url: str
    icon: str
    permissions: frozenset[Permission]
    group: Text = ""

    def is_for(self, identity: Identity) -> bool:
        return any(identity.may(each) for each in self.permissions)


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place as it is shown; ``is_current``: one is there, or below it."""

    title: str
    url: str
    icon: str
    is_current: bool
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Everything the layout shows around a page. Texts are in the reader's language.

    ``theme``: light, dark or system. ``user_name``: None for somebody who is not signed in. ``path``: where one is.
    """

    title: str = ""
    crumbs: Sequence[tuple[str, str]] = ()
    nav: Sequence[NavItem] = ()
    notices: Sequence[Notice] = ()
    user_name: str | None = None
    login: str | None = None
    locale: str = "en"
    theme: str = "system"
    csrf_token: str = ""
    path: str = "/"
    version: str = ""
    environment: str = "production"
    languages: Sequence[str] = field(default=("en",))


def nav_items(entries: Iterable[NavEntry], identity: Identity, path: str) -> list[tuple[NavEntry, bool]]:
    """The places this person may see, each with whether he is there."""
    return [(each, _is_at(each.url, path)) for each in entries if each.is_for(identity)]


def _is_at(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(f"{url}/"))
