"""The navigation of the pages: every place there is, in the order it is shown."""

from mailhub.contract.texts import Text, _, in_context
from mailhub.people.permissions import Permission
from mailhub.web.frame import NavEntry


def _entry(title: Text, url: str, icon: str, *permissions: Permission, group: Text = "") -> NavEntry:
    return NavEntry(title=title, url=url, icon=icon, permissions=frozenset(permissions), group=group)


_MAIL = _("Mail")
_SETUP = _("Set-up")

NAVIGATION: tuple[NavEntry, ...] = (
    _entry(_("Home"), "/", "house", Permission.SELF),
    _entry(_("Write"), "/compose", "pencil-square", Permission.MESSAGES_WRITE, group=_MAIL),
    _entry(_("Outbox"), "/outbox", "inbox", Permission.MESSAGES_READ, group=_MAIL),
    _entry(in_context("box", "Sent"), "/sent", "send-check", Permission.MESSAGES_READ, group=_MAIL),
    _entry(_("Drafts"), "/drafts", "pencil", Permission.MESSAGES_READ, group=_MAIL),
    _entry(_("E-mail accounts"), "/accounts", "plug", Permission.ACCOUNTS_STATE_READ, group=_SETUP),
    _entry(_("Scenarios"), "/scenarios", "diagram-3", Permission.SETUP_READ, group=_SETUP),
)
