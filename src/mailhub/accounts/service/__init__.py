"""Use cases of accounts and connectors."""

from .accounts import AccountsService
from .connectors import ConnectorsService

__all__ = ["AccountsService", "ConnectorsService"]
