"""People as they are stored: thin objects of plain values, each kind in its folder."""

from typing import Final, cast

from mailhub.store.root import HubRoot, sessions_root

from .groups import Group, Groups
from .places import Place
from .sessions import Session, Sessions
from .tokens import Token, Tokens
from .users import ADMINISTRATORS_SET, Administrators, User, Users

__all__ = [
    "ADMINISTRATORS_SET",
    "Administrators",
    "Group",
    "Groups",
    "Place",
    "Session",
    "Sessions",
    "Token",
    "Tokens",
    "User",
    "Users",
    "groups_of",
    "install",
    "sessions_of",
    "tokens_of",
    "users_of",
]


_SESSIONS: Final = "sessions"


def install(hub: HubRoot) -> None:
    """Make the folders of people, each once."""
    for name, folder in (("users", Users), ("tokens", Tokens), ("groups", Groups)):
        if getattr(hub, name, None) is None:
            setattr(hub, name, folder())
    if hub._p_jar is not None:
        # so that no reader has to make it; a hub that is made in this transaction gets it with its first session
        sessions_of(hub)


def users_of(hub: HubRoot) -> Users:
    """The folder of users."""
    return cast(Users, hub.users)


def tokens_of(hub: HubRoot) -> Tokens:
    """The folder of tokens."""
    return cast(Tokens, hub.tokens)


def groups_of(hub: HubRoot) -> Groups:
    """The folder of groups."""
    return cast(Groups, hub.groups)


def sessions_of(hub: HubRoot) -> Sessions:
    """The folder of sessions at the pages, in a storage of their own; made when it is not there, or no longer there."""
    root = sessions_root(hub)
    found = root.get(_SESSIONS)
    if found is None:
        found = root[_SESSIONS] = Sessions()
    return cast(Sessions, found)
