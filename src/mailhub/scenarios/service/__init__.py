"""Use cases of scenarios and of their files."""

from .attachments import AttachmentsService
from .scenarios import ScenariosService

__all__ = ["AttachmentsService", "ScenariosService"]
