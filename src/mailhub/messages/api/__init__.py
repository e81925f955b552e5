"""Calls about messages (api.md, "Messages")."""

from . import batch, changing, drafts, reading, sending

MODULES = (sending, batch, reading, drafts, changing)
"""Where they are declared, in the order of the reference."""
