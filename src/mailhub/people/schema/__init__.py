"""What may be said of people: users, groups, tokens, sessions, oneself (api.md). Pure colander."""

from .groups import GroupFields, GroupList, GroupReply
from .me import MeFields, MeReply, PasswordChange
from .sessions import SessionList, SessionReply
from .tokens import NewTokenReply, TokenFields, TokenList, TokenReply
from .users import (
    KINDS,
    NewUserReply,
    OneTimePasswordReply,
    UserCreation,
    UserFields,
    UserList,
    UserReply,
)

__all__ = [
    "KINDS",
    "GroupFields",
    "GroupList",
    "GroupReply",
    "MeFields",
    "MeReply",
    "NewTokenReply",
    "NewUserReply",
    "OneTimePasswordReply",
    "PasswordChange",
    "SessionList",
    "SessionReply",
    "TokenFields",
    "TokenList",
    "TokenReply",
    "UserCreation",
    "UserFields",
    "UserList",
    "UserReply",
]
