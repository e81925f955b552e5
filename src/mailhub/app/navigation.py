"""The navigation of the pages: every place there is, in the order it is shown."""

from mailhub.contract.texts import Text, _
from mailhub.people.permissions import Permission
from mailhub.web.frame import NavEntry


def _entry(title: Text, url: str, icon: str, *permissions: Permission, group: Text = "") -> NavEntry:
    return NavEntry(title=title, url=url, icon=icon, permissions=frozenset(permissions), group=group)


NAVIGATION: tuple[NavEntry, ...] = (_entry(_("Home"), "/", "house", Permission.SELF),)
