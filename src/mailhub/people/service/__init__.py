"""What can be done with users and tokens, and finding out who calls."""

from .authenticator import Authenticator
from .tokens import NewToken, TokensService
from .users import AddressCheck, Me, NewUser, UsersService

__all__ = ["AddressCheck", "Authenticator", "Me", "NewToken", "NewUser", "TokensService", "UsersService"]
