"""Calls about scenarios (api.md, "Scenarios")."""

from . import attachments, scenarios

MODULES = (scenarios, attachments)
"""Where they are declared, in the order of the reference."""
