"""What can be done with users, groups, tokens and sessions, what everybody does himself, and finding out who calls."""

from .authenticator import Authenticator
from .groups import GroupsService
from .me import Me, MeService
from .sessions import NewSession, PageSessions, SessionLimits, SessionsService
from .signing_in import SignedIn, SignInService, record_failed_sign_in
from .tokens import NewToken, TokensService
from .users import AddressCheck, NewUser, UsersService

__all__ = [
    "AddressCheck",
    "Authenticator",
    "GroupsService",
    "Me",
    "MeService",
    "NewSession",
    "NewToken",
    "NewUser",
    "PageSessions",
    "SessionLimits",
    "SessionsService",
    "SignInService",
    "SignedIn",
    "TokensService",
    "UsersService",
    "record_failed_sign_in",
]
